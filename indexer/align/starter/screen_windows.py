"""Windows and dialogs of desktop programs. Each draws itself on a board and returns a sketch."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from indexer.align.starter import screen_parts as parts
from indexer.align.starter.screen_parts import Board


@dataclass(frozen=True)
class Sketch:
    """A drawn screen: its kind and title in words, HTML, and the size of its box in CSS pixels."""

    kind: str
    title: str
    html: str
    width: int
    height: int


def settings_dialog(board: Board) -> Sketch:
    topic, dice = board.topic, board.dice
    tabs = topic.terms(dice.randint(2, 5))
    now = dice.randrange(len(tabs))
    title = topic.pick(topic.labels.settings)
    strip = "".join(
        f'<span class="{"now" if place == now else ""}{board.mark()}>{board.say(name)}</span>'
        for place, name in enumerate(tabs)
    )
    body = parts.controls(board, dice.randint(4, 9))
    inner = f'<div class="tabs">{strip}</div><div class="body">{body}</div>{parts.buttons(board)}'
    html = parts.frame(board, title, inner)
    return Sketch(
        f"{title} dialog", f"{tabs[now]} tab", html, dice.randint(460, 820), dice.randint(380, 640)
    )


def preferences_window(board: Board) -> Sketch:
    topic, dice = board.topic, board.dice
    pages = topic.terms(dice.randint(5, 10))
    now = dice.randrange(len(pages))
    title = topic.pick(topic.labels.settings)
    side = parts.listed(pages, now, board, icons=board.chance(0.6))
    head = f'<div class="big">{board.say(pages[now])}</div>'
    body = head + parts.controls(board, dice.randint(5, 10))
    inner = f'<div class="row"><div class="side">{side}</div><div class="body">{body}</div></div>'
    if board.chance(0.4):
        inner += parts.buttons(board)
    html = parts.frame(board, title, inner)
    return Sketch(
        f"{title} window", pages[now], html, dice.randint(700, 1200), dice.randint(480, 760)
    )


def property_sheet(board: Board) -> Sketch:
    topic, dice = board.topic, board.dice
    title = topic.term()
    rows = []
    for _ in range(dice.randint(6, 14)):
        name = board.say(topic.term())
        rows.append(
            f'<tr><td class="dim{board.mark()}>{name}</td><td>{escape(topic.value())}</td></tr>'
        )
    grid = dice.choice(("", "grid", "alt"))
    body = f'<div class="body"><table class="{grid}">{"".join(rows)}</table></div>'
    inner = body + (parts.buttons(board) if board.chance(0.5) else "")
    html = parts.frame(board, title, inner)
    return Sketch("Properties panel", title, html, dice.randint(320, 600), dice.randint(380, 640))


MOODS = (
    ("Error dialog", "✖", "bad"),
    ("Error dialog", "⊗", "bad"),
    ("Warning dialog", "⚠", "warn"),
    ("Information dialog", "ℹ", "acc"),
    ("Confirmation dialog", "?", "acc"),
    ("Success message", "✔", "good"),
)


def message_dialog(board: Board) -> Sketch:
    topic, dice, labels = board.topic, board.dice, board.topic.labels
    kind, sign, look = dice.choice(MOODS)
    templates = labels.questions if kind.startswith("Conf") else labels.failures
    if kind.startswith(("Info", "Succ")):
        templates = labels.notes
    message = topic.sentence if topic.sentence and board.chance(0.6) else topic.fill(templates)
    more = f'<div class="dim">{parts.paragraph(board, dice.randint(1, 2))}</div>'
    code = f'<div class="mono small dim">0x{dice.randrange(2**32):08X}</div>'
    size = dice.choice((2.2, 2.8, 3.6))
    inner = (
        '<div class="row body" style="gap:20px;align-items:flex-start">'
        f'<span class="ico {look}" style="--i:currentColor;font-size:{size}em">{sign}</span>'
        f'<div class="col" style="gap:10px"><div class="{dice.choice(("b", "big", ""))}">'
        f"{board.say(message)}</div>{more if board.chance(0.6) else ''}"
        f"{code if 'Error' in kind and board.chance(0.4) else ''}</div></div>"
        f"{parts.buttons(board, refuse=board.chance(0.7))}"
    )
    title = topic.term()
    html = parts.frame(board, title, inner)
    return Sketch(kind, title, html, dice.randint(380, 640), dice.randint(210, 330))


def progress_dialog(board: Board) -> Sketch:
    topic, dice = board.topic, board.dice
    title = topic.term()
    done = dice.randint(3, 98)
    bar = (
        '<div style="height:18px;background:var(--panel);border:1px solid var(--line);'
        'border-radius:var(--r2);overflow:hidden;margin:14px 0">'
        f'<div style="height:100%;width:{done}%;background:var(--acc)"></div></div>'
    )
    line = board.say(topic.message())
    left = f"{dice.randint(1, 59)}:{dice.randint(0, 59):02}"
    inner = (
        f'<div class="body"><div>{line}</div>{bar}<div class="dim">{done} % · {left}</div></div>'
        f"{parts.buttons(board, refuse=False)}"
    )
    html = parts.frame(board, title, inner)
    kind = f"Progress dialog at {done} percent"
    return Sketch(kind, title, html, dice.randint(400, 640), dice.randint(200, 280))


def wizard(board: Board) -> Sketch:
    topic, dice = board.topic, board.dice
    steps = list(topic.labels.steps)
    now = dice.randrange(len(steps))
    side = "".join(
        f'<div class="{"b acc" if place == now else "dim"}">{place + 1}. {escape(step)}</div>'
        for place, step in enumerate(steps)
    )
    title = topic.term()
    intro = f'<div class="big">{board.say(steps[now])}</div><p>{board.say(topic.message())}</p>'
    body = intro + parts.controls(board, dice.randint(2, 5))
    inner = (
        f'<div class="row"><div class="side">{side}</div><div class="body">{body}</div></div>'
        f"{parts.buttons(board)}"
    )
    html = parts.frame(board, title, inner)
    return Sketch("Setup wizard", title, html, dice.randint(560, 860), dice.randint(380, 560))


def main_window(board: Board) -> Sketch:
    """A program's window: menus, tools, a side list, a table or cards, a status line."""
    topic, dice = board.topic, board.dice
    title = topic.term()
    head = parts.menu_bar(board) if board.chance(0.7) else ""
    head += parts.tool_bar(board, dice.randint(6, 16))
    names = topic.terms(dice.randint(5, 11))
    side = parts.listed(names, dice.randrange(len(names)), board, board.chance(0.4))
    table = parts.table(board, dice.randint(7, 22), dice.randint(3, 6))
    state = f'<div class="tools dim small">{escape(topic.message())}</div>'
    body = f'<div class="body" style="padding:0">{table}</div>'
    if board.chance(0.35):
        panel = parts.controls(board, dice.randint(4, 7))
        body += f'<div class="side pad" style="width:30%;--lw:45%">{panel}</div>'
    inner = f'{head}<div class="row"><div class="side">{side}</div>{body}</div>{state}'
    html = parts.frame(board, title, inner)
    return Sketch(
        "Application window", title, html, dice.randint(900, 1440), dice.randint(560, 900)
    )


def file_manager(board: Board) -> Sketch:
    topic, dice = board.topic, board.dice
    places = topic.terms(dice.randint(4, 8))
    title = topic.pick(places)
    side = parts.listed(places, places.index(title), board, icons=True)
    ends = (".pdf", ".png", ".txt", ".docx", ".zip", ".mp3", ".csv", "", "", "")
    tiles = []
    for _ in range(dice.randint(8, 24)):
        end = dice.choice(ends)
        name = topic.term() + end
        colour = "#e8b84a" if not end else f"hsl({dice.randint(0, 359)} 45% 55%)"
        tiles.append(
            '<div class="c" style="width:104px;overflow:hidden">'
            f'<div class="pic" style="height:62px;width:{76 if not end else 52}px;margin:auto;'
            f'background:{colour}">{"" if not end else dice.choice("▤♪❏✎")}</div>'
            f'<div class="small{board.mark()}>{board.say(name)}</div></div>'
        )
    path = (
        f'<div class="tools">← → ↑ <span class="in" style="flex:1">/ {escape(title)}</span></div>'
    )
    inner = (
        f'{path}<div class="row"><div class="side">{side}</div>'
        f'<div class="body gap" style="align-content:flex-start">{"".join(tiles)}</div></div>'
    )
    html = parts.frame(board, title, inner)
    return Sketch("File manager", title, html, dice.randint(720, 1200), dice.randint(420, 720))


def open_menu(board: Board) -> Sketch:
    """A context menu or a pulled-down menu over part of a window."""
    topic, dice = board.topic, board.dice
    title = topic.term()
    names = topic.terms(dice.randint(5, 12))
    chosen = dice.randrange(len(names))
    lines = []
    for place, name in enumerate(names):
        key = f'<span class="dim">Ctrl+{dice.choice("ABCDEFGHKLNOPRSTVXZ")}</span>'
        line = " style='border-top:1px solid var(--line)'" if board.chance(0.15) else ""
        look = "on" if place == chosen else ""
        lines.append(
            f'<tr class="{look}{board.mark()}{line}><td>{board.say(name)}</td>'
            f"<td>{key if board.chance(0.5) else '▸' if board.chance(0.2) else ''}</td></tr>"
        )
    width, height = dice.randint(420, 760), dice.randint(420, 620)
    left, top = dice.randint(20, 200), dice.randint(40, 100)
    menu = (
        f'<div class="float" style="left:{left}px;top:{top}px">'
        f"<table>{''.join(lines)}</table></div>"
    )
    under = parts.menu_bar(board) + parts.tool_bar(board, 8)
    html = parts.frame(board, title, f"{under}{menu}")
    return Sketch(f"Menu with {names[chosen]} selected", title, html, width, height)
