"""Screens of lines and cells: terminals, code editors, spreadsheets, calendars."""

from __future__ import annotations

from html import escape

from indexer.align.starter import screen_parts as parts
from indexer.align.starter.screen_parts import Board
from indexer.align.starter.screen_windows import Sketch

GROUNDS = (
    ("#000", "#ddd"),
    ("#1e1e1e", "#d4d4d4"),
    ("#300a24", "#fff"),
    ("#0c0c0c", "#33ff66"),
    ("#002b36", "#93a1a1"),
    ("#282a36", "#f8f8f2"),
    ("#fdf6e3", "#586e75"),
    ("#fff", "#222"),
)


def _word(term: str) -> str:
    """A term as an identifier or an option would spell it."""
    return "_".join(term.lower().replace("-", " ").split())


def terminal(board: Board) -> Sketch:
    topic, dice = board.topic, board.dice
    back, front = dice.choice(GROUNDS[:6])
    prompt = dice.choice(("$ ", "user@host:~$ ", "# ", "C:\\> ", "PS C:\\> ", "❯ "))
    lines = []
    error = topic.message()
    for _ in range(dice.randint(2, 5)):
        command = board.say(f"{_word(topic.term())} --{_word(topic.term())}")
        lines.append(f'<span style="color:#5fd75f">{prompt}</span>{command}')
        for _ in range(dice.randint(1, 4)):
            lines.append(escape(f"{topic.date()} {_word(topic.term())}: {topic.value()}"))
    lines.append(f'<span style="color:#ff6b6b">error: {board.say(error)}</span>')
    lines += [escape(f"  {topic.fill(topic.labels.notes)}"), f"{prompt}▮"]
    text = "\n".join(lines)
    inner = (
        f'<div class="body mono" style="background:{back};color:{front};white-space:pre-wrap;'
        f'padding:12px">{text}</div>'
    )
    html = parts.frame(board, "终端" if topic.chinese else dice.choice(("Terminal", "bash")), inner)
    return Sketch("Terminal window", "", html, dice.randint(560, 1100), dice.randint(320, 640))


def code_editor(board: Board) -> Sketch:
    topic, dice = board.topic, board.dice
    back, front = dice.choice(GROUNDS)
    name = _word(topic.term()) + dice.choice((".py", ".js", ".c", ".java", ".rs", ".yaml", ".html"))
    lines = []
    for number in range(1, dice.randint(14, 30)):
        left, right = _word(topic.term()), _word(topic.term())
        indent = "    " * dice.choice((0, 1, 1, 1, 2, 2, 3))
        value = escape(topic.value())
        line = dice.choice((
            f'<i style="color:#c678dd">def</i> <i style="color:#61afef">{left}</i>({right}):',
            f'{left} = <i style="color:#98c379">"{value}"</i>',
            f'<i style="color:#c678dd">if</i> {left} == {right}:',
            f'<i style="color:#c678dd">return</i> {left}.{right}()',
            f'<i style="color:#7f8c98"># {escape(topic.fill(topic.labels.notes))}</i>',
            "",
            f'<i style="color:#61afef">{left}</i>({right}, <i style="color:#d19a66">{number}</i>)',
        ))  # fmt: skip
        lines.append(f'<span style="color:#888">{number:>3}  </span>{indent}{line}')
    code = "\n".join(lines)
    look = f"background:{back};color:{front};line-height:1.5"
    body = f'<div class="body mono" style="{look}">{code}</div>'
    files = parts.listed([_word(term) for term in topic.terms(dice.randint(4, 9))], 1, board)
    side = f'<div class="side mono small">{files}</div>' if board.chance(0.6) else ""
    tabs = f'<div class="tabs"><span class="now">{board.say(name)}</span><span>README</span></div>'
    below = ""
    if board.chance(0.5):
        below = f'<div class="tools bad">✖ {board.say(topic.message())}</div>'
    html = parts.frame(board, name, f'{tabs}<div class="row">{side}{body}</div>{below}')
    return Sketch("Code editor", name, html, dice.randint(720, 1440), dice.randint(440, 860))


def spreadsheet(board: Board) -> Sketch:
    topic, dice = board.topic, board.dice
    columns, rows = dice.randint(5, 10), dice.randint(12, 24)
    heads = topic.terms(columns)
    letters = "".join(f"<th>{chr(65 + place)}</th>" for place in range(columns))
    names = "".join(f'<td class="b">{board.say(name)}</td>' for name in heads)
    lines = [f"<tr><th></th>{letters}</tr><tr><th>1</th>{names}</tr>"]
    for row in range(2, rows):
        cells = "".join(
            f"<td>{dice.randint(0, 9999) if place else escape(topic.term())}</td>"
            for place in range(columns)
        )
        lines.append(f"<tr><th>{row}</th>{cells}</tr>")
    formula = f"=SUM({dice.choice('BCDE')}2:{dice.choice('BCDE')}{rows})"
    title = topic.term()
    inner = (
        f'{parts.menu_bar(board)}{parts.tool_bar(board, 14)}<div class="tools">fx '
        f'<span class="in" style="flex:1">{formula}</span></div><div class="body" '
        f'style="padding:0"><table class="grid">{"".join(lines)}</table></div>'
    )
    html = parts.frame(board, title, inner)
    return Sketch("Spreadsheet", title, html, dice.randint(840, 1440), dice.randint(480, 820))


def calendar(board: Board) -> Sketch:
    topic, dice = board.topic, board.dice
    days = "一二三四五六日" if topic.chinese else ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
    month = dice.choice(("January", "March", "April", "June", "July", "September", "December"))
    title = f"{dice.randint(1, 12)}月" if topic.chinese else month
    year = dice.randint(2018, 2026)
    head = "".join(f"<th>{day}</th>" for day in days)
    first, weeks = dice.randint(0, 6), []
    for week in range(5):
        cells = []
        for day in range(7):
            number = week * 7 + day - first + 1
            event = ""
            if 0 < number <= 30 and board.chance(0.22):
                hue = dice.randint(0, 359)
                event = (
                    f'<div class="small" style="background:hsl({hue} 65% 45%);color:#fff;'
                    f'border-radius:4px;padding:1px 6px">{board.say(topic.term())}</div>'
                )
            shown = number if 0 < number <= 30 else ""
            cells.append(f'<td style="vertical-align:top;height:84px">{shown}{event}</td>')
        weeks.append(f"<tr>{''.join(cells)}</tr>")
    inner = (
        f'<div class="tools"><span class="big">{board.say(title)} {year}</span> ‹ › '
        f"{parts.button(board, topic.pick(topic.labels.actions), go=True)}</div>"
        f'<table class="grid" style="table-layout:fixed">'
        f"<tr>{head}</tr>{''.join(weeks)}</table>"
    )
    html = parts.frame(board, topic.term(), inner)
    kind = "Calendar in month view"
    return Sketch(kind, f"{title} {year}", html, dice.randint(760, 1200), dice.randint(520, 620))


def plain_table(board: Board) -> Sketch:
    """A table without a window, as a manual or a web page shows it."""
    topic, dice = board.topic, board.dice
    title = topic.term()
    heads = topic.terms(dice.randint(2, 5))
    grid = parts.table(board, dice.randint(4, 12), len(heads), heads)
    html = (
        '<div class="body" style="background:var(--bg)">'
        f'<div class="big">{board.say(title)}</div><br>{grid}</div>'
    )
    return Sketch("Table", title, html, dice.randint(480, 1000), dice.randint(300, 520))
