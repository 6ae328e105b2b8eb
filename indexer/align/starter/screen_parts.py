"""The parts interfaces are made of, as HTML: buttons, fields, tables, frames, marks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from html import escape
from random import Random

from indexer.align.starter.screen_style import Theme
from indexer.align.starter.screen_text import Topic


@dataclass
class Board:
    """One screen being drawn. `words` collects what a reader would name, in reading order."""

    topic: Topic
    theme: Theme
    dice: Random
    words: list[str] = field(default_factory=list)
    marks: int = -1  # numbers given to marked elements so far; -1 on a screen without marks

    def say(self, text: str) -> str:
        """`text` escaped for HTML, and remembered as a word of the screen."""
        if text not in self.words:
            self.words.append(text)
        return escape(text)

    def chance(self, share: float) -> bool:
        return self.dice.random() < share

    def mark(self, kind: str = "hl") -> str:
        """The end of an open class attribute: with an author's mark on the element, or plain."""
        if not 0 <= self.marks < 5 or not self.chance(0.3):
            return '"'
        self.marks += 1
        number = f' data-n="{self.marks}"' if self.dice.random() < 0.6 or kind == "nb" else ""
        return f' {kind}"{number}'


ARROW = (
    '<svg class="arrow" width="110" height="80"><path d="M104 74 22 18 M8 8l30 2-18 22z"'
    ' stroke="var(--hc)" stroke-width="6" fill="var(--hc)"/></svg>'
)


def button(board: Board, label: str, go: bool = False) -> str:
    look = "btn go" if go else "btn"
    return f'<span class="{look}{board.mark()}>{board.say(label)}</span>'


def buttons(board: Board, refuse: bool = True) -> str:
    """A row of closing buttons, the main one first or last as the platform has it."""
    labels = board.topic.labels
    both = [button(board, board.topic.pick(labels.confirm), go=True)]
    if refuse:
        both.append(button(board, board.topic.pick(labels.refuse)))
    if board.chance(0.25):
        both.append(button(board, board.topic.pick(labels.actions)))
    if board.chance(0.5):
        both.reverse()
    return f'<div class="feet">{"".join(both)}</div>'


def icon(board: Board, size: float = 1.25) -> str:
    colour = f"hsl({board.dice.randint(0, 359)} 65% {60 if board.theme.dark else 42}%)"
    tint = f"--i:{colour};" if board.chance(0.5) else ""
    mark = board.mark("nb")
    return f'<span class="ico{mark} style="{tint}font-size:{size}em">{board.topic.glyph()}</span>'


def choice(board: Board, shape: str) -> str:
    """A check box (`""`) or a radio button (`"o"`) with its label."""
    chosen = board.chance(0.5)
    tick = ("●" if shape else "✓") if chosen else ""
    look = f"bx {shape}{' y' if chosen else ''}"
    label = board.say(board.topic.term())
    return (
        f'<div class="f{board.mark()}><span class="{look}">{tick}</span><span>{label}</span></div>'
    )


def slider(board: Board) -> str:
    place = board.dice.randint(5, 95)
    return f'<span class="sl"><b style="width:{place}%"></b></span><span class="dim">{place}</span>'


def entry(board: Board, value: str, drop: bool = False) -> str:
    width = board.dice.choice(("", "", "width:16em", "width:7em;min-width:0"))
    arrow = f"<i>{board.dice.choice('▾⌄▼')}</i>" if drop else ""
    return f'<span class="in" style="{width}"><span>{escape(value)}</span>{arrow}</span>'


def labelled(board: Board, above: bool = False) -> str:
    """One line of a form: a label, and a field, a menu, a slider or a switch."""
    draw = board.dice.random()
    label = board.say(board.topic.term())
    if draw < 0.35:
        control = entry(board, board.topic.value())
    elif draw < 0.65:
        control = entry(board, board.topic.value(), drop=True)
    elif draw < 0.8:
        control = slider(board)
    else:
        control = f'<span class="sw{" y" if board.chance(0.5) else ""}"></span>'
    side = " up" if above else board.dice.choice(("", "", " r"))
    colon = board.dice.choice(("", ":"))
    return f'<div class="f{side}{board.mark()}><span class="l">{label}{colon}</span>{control}</div>'


def controls(board: Board, count: int) -> str:
    """`count` lines of settings of mixed kinds, some in a titled group."""
    lines: list[str] = []
    while len(lines) < count:
        draw = board.dice.random()
        if draw < 0.5:
            lines.append(labelled(board))
        elif draw < 0.75:
            lines.append(choice(board, ""))
        elif draw < 0.88:
            lines += [choice(board, "o") for _ in range(2)]
        else:
            title = board.say(board.topic.term())
            inner = labelled(board) + choice(board, "")
            lines.append(f'<div class="grp"><div class="b">{title}</div>{inner}</div>')
    return "".join(lines)


def table(board: Board, rows: int, columns: int, heads: Sequence[str] = ()) -> str:
    """A table with terms in its first column, values elsewhere, sometimes one row chosen."""
    topic = board.topic
    heads = heads or topic.some(topic.labels.columns, columns)
    head = "".join(f"<th>{board.say(name)}</th>" for name in heads)
    chosen = board.dice.randrange(rows) if board.chance(0.4) else -1
    lines = []
    for row in range(rows):
        first = f"{board.say(topic.term())}" if row < 12 else escape(topic.term())
        cells = "".join(f"<td>{escape(topic.value())}</td>" for _ in heads[1:])
        look = ' class="on"' if row == chosen else ""
        lines.append(f"<tr{look}><td>{first}</td>{cells}</tr>")
    kind = board.dice.choice(("", "alt", "grid", "grid alt"))
    return f'<table class="{kind}"><tr>{head}</tr>{"".join(lines)}</table>'


def paragraph(board: Board, sentences: int) -> str:
    topic = board.topic
    return " ".join(escape(topic.fill(topic.labels.notes)) for _ in range(sentences))


def listed(names: Iterable[str], chosen: int, board: Board, icons: bool = False) -> str:
    """The lines of a side list or a menu, one of them chosen."""
    lines = []
    for place, name in enumerate(names):
        look = "on" if place == chosen else ""
        glyph = icon(board, 1) if icons else ""
        lines.append(f'<div class="{look}{board.mark()}>{glyph}{board.say(name)}</div>')
    return "".join(lines)


def menu_bar(board: Board) -> str:
    topic = board.topic
    names = topic.some(topic.labels.menus, board.dice.randint(4, 8))
    return f'<div class="menu">{"".join(f"<span>{escape(name)}</span>" for name in names)}</div>'


def tool_bar(board: Board, count: int) -> str:
    labels = board.chance(0.3)
    tools = []
    for _ in range(count):
        name = f'<div class="small">{board.say(board.topic.term())}</div>' if labels else ""
        tools.append(f'<div class="c">{icon(board)}{name}</div>')
    return f'<div class="tools">{"".join(tools)}</div>'


def frame(board: Board, title: str, inner: str) -> str:
    """A window around `inner`, with the title bar of the screen's platform."""
    name = f'<span class="t">{board.say(title)}</span>'
    look = board.theme.titlebar
    if look == "dots":
        dots = "".join(
            f'<i class="dot" style="background:{colour}"></i>'
            for colour in ("#ff5f57", "#febc2e", "#28c840")
        )
        bar = f'<div class="title mid"><span>{dots}</span>{name}</div>'
    elif look == "close":
        bar = f'<div class="title">{name}<span class="cap">✕</span></div>'
    else:
        middle = " mid" if look == "capsmid" else ""
        caps = "".join(f'<span class="cap">{sign}</span>' for sign in "—☐✕")
        bar = f'<div class="title{middle}">{icon(board, 1)}{name}{caps}</div>'
    return f'<div class="win">{bar}{inner}</div>'
