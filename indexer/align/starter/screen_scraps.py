"""Parts of windows as a manual cuts them out, dialogs over windows, diagrams, failed pages."""

from __future__ import annotations

from html import escape

from indexer.align.starter import screen_parts as parts
from indexer.align.starter import screen_windows as windows
from indexer.align.starter.screen_pages import site
from indexer.align.starter.screen_parts import Board
from indexer.align.starter.screen_windows import Sketch

GROUND = '<div class="col" style="background:var(--bg);flex:1;min-height:0;position:relative">'


def tool_strip(board: Board) -> Sketch:
    """A tool bar alone, with or without names below its icons."""
    topic, dice = board.topic, board.dice
    named = board.chance(0.6)
    count = dice.randint(3, 7) if named else dice.randint(5, 12)
    tools = []
    for name in topic.terms(count):
        below = f'<div class="small">{board.say(name)}</div>' if named else ""
        tools.append(
            f'<div class="c pad">{parts.icon(board, dice.choice((1.8, 2.4)))}{below}</div>'
        )
    if not named:
        board.words.append(topic.name)
    html = f'{GROUND}<div class="tools" style="flex:1">{"".join(tools)}</div></div>'
    return Sketch("Toolbar", "", html, dice.randint(360, 720), dice.randint(70, 120))


def option_group(board: Board) -> Sketch:
    """A few settings cut out of a dialog."""
    title = board.topic.term()
    lines = parts.controls(board, board.dice.randint(2, 5))
    html = f'{GROUND}<div class="body"><div class="b">{board.say(title)}</div>{lines}</div></div>'
    return Sketch("Group of options", title, html, board.dice.randint(300, 520), 60 + 52 * 4)


def side_panel(board: Board) -> Sketch:
    """A docked panel: a heading, small tools, a list or settings."""
    topic, dice = board.topic, board.dice
    title = topic.term()
    tree = "".join(
        f'<div style="padding-left:{dice.choice((8, 8, 28, 48))}px;white-space:nowrap"'
        f' class="x{board.mark()}>{dice.choice("▾▸▸")} {parts.icon(board, 1)}'
        f"{board.say(name)}</div>"
        for name in topic.terms(dice.randint(5, 12))
    )
    body = tree if board.chance(0.6) else parts.controls(board, dice.randint(4, 8))
    html = (
        f'{GROUND}<div class="title"><span class="t">{board.say(title)}</span>'
        f'<span class="cap">✕</span></div>{parts.tool_bar(board, 5)}'
        f'<div class="body">{body}</div></div>'
    )
    return Sketch("Docked panel", title, html, dice.randint(260, 400), dice.randint(320, 620))


def hint(board: Board) -> Sketch:
    """A control with the tooltip that explains it."""
    topic, dice = board.topic, board.dice
    name, text = topic.term(), topic.message()
    control = parts.button(board, name) if board.chance(0.5) else parts.icon(board, 2.4)
    html = (
        f'{GROUND}<div class="body"><div class="gap">{control}{parts.icon(board, 2)}'
        f'{parts.icon(board, 2)}</div><div class="float pad" style="position:static;'
        f"margin:14px 40px;display:inline-block;background:#ffffdc;"
        f'color:#222"><b>{board.say(name)}</b><br>'
        f"{board.say(text)}</div></div></div>"
    )
    return Sketch("Tooltip", name, html, dice.randint(340, 520), dice.randint(150, 220))


def dialog_over_window(board: Board) -> Sketch:
    """A message in front of the window that caused it."""
    front = windows.message_dialog(board)
    said = list(board.words)
    behind = windows.main_window(board)
    board.words[:] = said
    left, top = (behind.width - front.width) // 2, (behind.height - front.height) // 3
    veil = board.dice.choice(("#0000", "#0006", "#fff6"))
    html = (
        f'{behind.html}<div style="position:absolute;inset:0;background:{veil}"></div>'
        f'<div class="row" style="position:absolute;left:{left}px;top:{top}px;'
        f'width:{front.width}px;height:{front.height}px">{front.html}</div>'
    )
    kind = f"{front.kind} over the {behind.title} window"
    return Sketch(kind, front.title, html, behind.width, behind.height)


def flow_chart(board: Board) -> Sketch:
    """Boxes of steps joined by arrows, in rows."""
    topic, dice = board.topic, board.dice
    hue, rounded = dice.randint(0, 359), dice.choice((0, 8, 26))
    across = dice.randint(2, 4)
    rows = []
    for row in range(dice.randint(1, 4)):
        boxes = []
        for place in range(across):
            ground = f"hsl({hue + 40 * dice.randint(0, 2)} 60% 80%)"
            join = "" if place == across - 1 else '<span class="ico big">→</span>'
            boxes.append(
                f'<div class="c" style="flex:1;background:{ground};color:#222;padding:14px 6px;'
                f'border:2px solid #555;border-radius:{rounded}px">{board.say(topic.term())}</div>'
                f"{join}"
            )
        down = '<div class="ico big">↓</div>' if row else ""
        rows.append(f'{down}<div class="gap" style="flex-wrap:nowrap">{"".join(boxes)}</div>')
    html = f'{GROUND}<div class="body">{"".join(rows)}</div></div>'
    return Sketch("Flow chart", "", html, across * dice.randint(170, 240), 60 + 120 * len(rows))


def failed_page(board: Board) -> Sketch:
    """A browser that cannot show the page, with the reason."""
    topic, dice = board.topic, board.dice
    code = dice.choice((400, 401, 403, 404, 408, 429, 500, 502, 503, 504))
    said = {
        401: "Unauthorized",
        403: "Forbidden",
        404: "Page not found",
        429: "Too many requests",
        500: "Internal server error",
        502: "Bad gateway",
        503: "Service unavailable",
        504: "Gateway timeout",
    }.get(code, "This page is not working")
    reason = "找不到页面" if topic.chinese else said
    inner = (
        f'<div class="body c" style="padding-top:60px"><div style="font-size:5em" class="dim b">'
        f'{code}</div><div class="huge">{board.say(reason)}</div>'
        f"<p>{board.say(topic.message())}</p>"
        f"{parts.button(board, topic.pick(topic.labels.confirm), go=True)}</div>"
    )
    return Sketch("Browser error page", str(code), site(board, inner), dice.randint(640, 1280), 600)


def shortcut_list(board: Board) -> Sketch:
    """Actions and the keys that run them."""
    topic, dice = board.topic, board.dice
    title = "快捷键" if topic.chinese else dice.choice(("Keyboard shortcuts", "Shortcuts", "Keys"))
    lines = []
    for name in topic.terms(dice.randint(6, 14)):
        held = dice.choice((("Ctrl",), ("Ctrl", "Shift"), ("Alt",), ("⌘",), ()))
        keys = " + ".join(
            f'<span class="btn small mono">{key}</span>'
            for key in (*held, dice.choice(("A", "C", "S", "F5", "Tab", "Del", "Space", "↑", "V")))
        )
        lines.append(f'<tr><td class="x{board.mark()}>{board.say(name)}</td><td>{keys}</td></tr>')
    body = f'<div class="body"><table>{"".join(lines)}</table></div>'
    html = parts.frame(board, title, body)
    return Sketch(
        "Keyboard shortcuts window", title, html, dice.randint(420, 760), dice.randint(400, 640)
    )


def comparison(board: Board) -> Sketch:
    """Plans or options side by side, each with its points."""
    topic, dice = board.topic, board.dice
    title, cards = topic.term(), []
    for name in topic.terms(dice.randint(2, 4)):
        points = "".join(
            f'<div class="f"><span class="good ico">✓</span>{escape(point)}</div>'
            for point in topic.terms(dice.randint(3, 5))
        )
        price = f'<div class="huge">{dice.choice("$€£¥")}{dice.randint(0, 99)}</div>'
        enter = parts.button(board, topic.pick(topic.labels.confirm), go=True)
        cards.append(
            f'<div class="card c" style="flex:1"><div class="big">{board.say(name)}</div>'
            f"{price}{points}{enter}</div>"
        )
    inner = (
        f'<div class="body"><div class="huge c">{board.say(title)}</div>'
        f'<div class="row" style="gap:18px;margin-top:18px;flex:none">{"".join(cards)}</div></div>'
    )
    return Sketch("Page of plans", title, site(board, inner), dice.randint(760, 1280), 640)
