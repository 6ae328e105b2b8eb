"""Random screens of software as HTML, each with the sentence that says what it shows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

from indexer.align.starter import screen_consoles as consoles
from indexer.align.starter import screen_pages as pages
from indexer.align.starter import screen_phones as phones
from indexer.align.starter import screen_pictures as pictures
from indexer.align.starter import screen_scraps as scraps
from indexer.align.starter import screen_windows as windows
from indexer.align.starter.screen_parts import ARROW, Board
from indexer.align.starter.screen_style import Theme, draw_theme
from indexer.align.starter.screen_text import draw_topic

MOST_WORDS = 60
MARKED = 0.2  # share of screens with an author's boxes and numbers
CROPPED = 0.3  # share of screens cut to a part

# A kind of screen, how often it is drawn, and the topics it mostly shows (empty: any).
KINDS: tuple[tuple[Callable[[Board], windows.Sketch], int, str], ...] = (
    (windows.settings_dialog, 8, ""),
    (windows.preferences_window, 8, ""),
    (windows.property_sheet, 4, ""),
    (windows.message_dialog, 9, ""),
    (windows.progress_dialog, 3, "updates backup storage files"),
    (windows.wizard, 4, ""),
    (windows.main_window, 8, ""),
    (windows.file_manager, 4, "files photos documents backup storage"),
    (windows.open_menu, 5, ""),
    (pages.web_form, 6, ""),
    (pages.login_page, 4, "accounts security mail"),
    (pages.products, 3, "shopping orders photos games"),
    (pages.article, 5, ""),
    (pages.ticket_list, 3, ""),
    (pages.mail_window, 3, "mail contacts chat"),
    (pages.dashboard, 3, "server payments science learning"),
    (pages.toasts, 4, ""),
    (phones.phone_settings, 4, ""),
    (phones.phone_chat, 3, "chat orders payments cards travel"),
    (phones.phone_payment, 4, "payments cards transfers"),
    (phones.phone_alert, 4, ""),
    (pictures.map_window, 4, "maps travel"),
    (pictures.audio_editor, 5, "audio"),
    (pictures.chart, 4, "spreadsheet science payments server power"),
    (pictures.canvas_editor, 4, "drawing modelling photos"),
    (pictures.player, 3, "video audio"),
    (consoles.terminal, 5, "server network programming database storage updates"),
    (consoles.code_editor, 5, "programming database server extensions"),
    (consoles.spreadsheet, 3, "spreadsheet payments orders"),
    (consoles.calendar, 3, "calendar travel learning"),
    (consoles.plain_table, 3, ""),
    (scraps.tool_strip, 4, ""),
    (scraps.option_group, 5, ""),
    (scraps.side_panel, 4, ""),
    (scraps.hint, 2, ""),
    (scraps.dialog_over_window, 5, ""),
    (scraps.flow_chart, 2, ""),
    (scraps.failed_page, 2, "browser network server accounts"),
    (scraps.shortcut_list, 3, ""),
    (scraps.comparison, 2, "payments accounts updates travel"),
)


@dataclass(frozen=True)
class Draft:
    """A screen before it is rendered: HTML of a box of `width` × `height` CSS pixels."""

    html: str
    width: int
    height: int
    says: str


def draw_screen(texts: Sequence[str], seed: int, number: int) -> Draft:
    """Screen `number` of a series. The same arguments give the same draft.

    Args:
        texts: sentences to use as messages, titles and entries; may be empty.
        seed: of the series.
        number: of the screen within its series, from 0.
    """
    dice = Random(f"{seed}/{number}")
    kind, _, fitting = dice.choices(KINDS, [weight for _, weight, _ in KINDS])[0]
    theme = draw_theme(dice)
    topic = draw_topic(texts, dice, fitting.split())
    board = Board(topic, theme, dice, marks=0 if dice.random() < MARKED else -1)
    return _finish(board, theme, kind(board))


def _finish(board: Board, theme: Theme, sketch: windows.Sketch) -> Draft:
    """Put a sketch into its box: with a margin of desktop, cut to a part, or as it is."""
    dice = board.dice
    width, height, zoom = sketch.width, sketch.height, 1.0
    words = board.words
    if dice.random() < CROPPED and width != phones.WIDTH:
        zoom = dice.uniform(1.1, 1.9)
        words = words[: max(6, round(len(words) / zoom))]
    margin = dice.choice((0, 0, 0, 12, 24)) if 'class="win"' in sketch.html else 0
    arrow = ARROW if board.marks > 0 and dice.random() < 0.3 else ""
    inner = (
        f'<div class="z" style="width:{width}px;height:{height}px;padding:{margin}px;'
        f'transform:scale({zoom:.2f})">{sketch.html}{arrow}</div>'
    )
    html = (
        f'<div class="scr {theme.classes}" style="{theme.css};width:{width}px;height:{height}px">'
        f"{inner}</div>"
    )
    return Draft(html, width, height, describe(board, sketch, words))


def describe(board: Board, sketch: windows.Sketch, words: Sequence[str]) -> str:
    """The kind of screen, its title, then its words; at most about `MOST_WORDS` words."""
    kind = (
        f"{sketch.kind} in Chinese about {board.topic.name}" if board.topic.chinese else sketch.kind
    )
    head = f"{kind}, {sketch.title}" if sketch.title else kind
    said, left = [], MOST_WORDS - len(head.split())
    for text in words:
        cost = (len(text) + 1) // 2 if board.topic.chinese else len(text.split())
        if text == sketch.title or head.startswith(text) or cost > left:
            continue
        said.append(text)
        left -= cost
    return f"{head}: {', '.join(said)}" if said else head
