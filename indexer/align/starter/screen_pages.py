"""Web pages, phone screens and boards of figures."""

from __future__ import annotations

from html import escape

from indexer.align.starter import screen_parts as parts
from indexer.align.starter.screen_parts import Board
from indexer.align.starter.screen_windows import Sketch


def site(board: Board, inner: str) -> str:
    """A web page: often a browser's frame, a header with links, then `inner`."""
    topic = board.topic
    links = "".join(f"<span>{escape(name)}</span>" for name in topic.terms(4))
    head = (
        '<div class="tools" style="gap:26px;padding:12px 24px;background:var(--bar);'
        f'color:var(--barfg)"><b>{topic.glyph()} {escape(topic.term())}</b>{links}</div>'
    )
    page = f'<div class="col" style="flex:1;min-height:0;background:var(--bg)">{head}{inner}</div>'
    if board.chance(0.4):
        host = "".join(char for char in topic.name if char.isalpha())
        bar = (
            '<div class="tools">← → ⟳ <span class="in" style="flex:1;border-radius:1em">'
            f"https://www.{host}.example/{board.dice.randint(1, 999)}</span></div>"
        )
        return f"{bar}{page}"
    return page


def web_form(board: Board) -> Sketch:
    topic, dice = board.topic, board.dice
    title = topic.term()
    above = board.chance(0.6)
    lines = "".join(parts.labelled(board, above) for _ in range(dice.randint(4, 8)))
    error = f'<div class="bad">{board.say(topic.fill(topic.labels.failures))}</div>'
    inner = (
        f'<div class="body"><div style="max-width:620px;margin:{dice.choice(("0", "0 auto"))}">'
        f'<div class="huge">{board.say(title)}</div><p class="dim">{board.say(topic.message())}</p>'
        f"{error if board.chance(0.3) else ''}{lines}{parts.buttons(board)}</div></div>"
    )
    return Sketch(
        "Web form", title, site(board, inner), dice.randint(700, 1280), dice.randint(560, 860)
    )


def login_page(board: Board) -> Sketch:
    topic, dice = board.topic, board.dice
    names = ("用户名", "密码", "登录", "忘记密码?", "注册") if topic.chinese else (
        dice.choice(("Email address", "Username", "Phone number")), "Password",
        dice.choice(("Sign in", "Log in", "Continue")), "Forgot password?", "Create account",
    )  # fmt: skip
    title = topic.term()
    user, password, enter, forgot, create = (board.say(name) for name in names)
    wrong = f'<div class="bad">{board.say(topic.message())}</div>'
    card = (
        f'<div class="card" style="width:{dice.randint(320, 440)}px;margin:auto;padding:30px">'
        f'<div class="c huge acc">{topic.glyph()}</div><div class="c big">{board.say(title)}</div>'
        f"{wrong if board.chance(0.4) else ''}"
        f'<div class="f up"><span class="l">{user}</span><span class="in">&nbsp;</span></div>'
        f'<div class="f up"><span class="l">{password}</span><span class="in">••••••••</span></div>'
        f'<div class="btn go" style="width:100%">{enter}</div>'
        f'<p class="small acc">{forgot} &nbsp; {create}</p></div>'
    )
    html = f'<div class="row" style="background:var(--{dice.choice(("bg", "desk"))})">{card}</div>'
    return Sketch("Log-in page", title, html, dice.randint(480, 1100), dice.randint(480, 720))


def products(board: Board) -> Sketch:
    topic, dice = board.topic, board.dice
    title = topic.term()
    cards = []
    currency = dice.choice("$€£¥")
    add = board.say("加入购物车" if topic.chinese else dice.choice(("Add to cart", "Buy", "View")))
    for _ in range(dice.randint(6, 12)):
        hue = dice.randint(0, 359)
        cards.append(
            f'<div class="card" style="width:210px"><div class="pic" style="height:130px;'
            f"background:linear-gradient({dice.randint(0, 180)}deg,hsl({hue} 50% 60%),"
            f'hsl({hue + 50} 55% 40%))">{topic.glyph()}</div>'
            f'<div class="b">{board.say(topic.term())}</div>'
            f'<div class="warn">{"★" * dice.randint(2, 5)}</div>'
            f'<div class="gap"><span class="big">{currency}{dice.randint(3, 900)}.99</span>'
            f'<span class="btn go small">{add}</span></div></div>'
        )
    inner = (
        f'<div class="body"><div class="huge">{board.say(title)}</div>'
        f'<div class="gap" style="margin-top:14px">{"".join(cards)}</div></div>'
    )
    return Sketch(
        "Shop page with a product list",
        title,
        site(board, inner),
        dice.randint(960, 1440),
        dice.randint(640, 900),
    )


def article(board: Board) -> Sketch:
    """A help page: headings, paragraphs, numbered steps, a note."""
    topic, dice = board.topic, board.dice
    title = topic.message()
    steps = "".join(
        f"<li>{escape(topic.fill(topic.labels.notes))}</li>" for _ in range(dice.randint(3, 6))
    )
    note = board.say(topic.fill(topic.labels.notes))
    inner = (
        f'<div class="body" style="padding:24px 40px"><div class="huge">{board.say(title)}</div>'
        f'<p>{parts.paragraph(board, 4)}</p><div class="big">{board.say(topic.term())}</div>'
        f"<ol>{steps}</ol><div class='card' style='border-left:5px solid var(--acc)'>{note}</div>"
        f'<div class="big">{board.say(topic.term())}</div><p>{parts.paragraph(board, 5)}</p></div>'
    )
    return Sketch(
        "Help article", "", site(board, inner), dice.randint(760, 1280), dice.randint(560, 900)
    )


def ticket_list(board: Board) -> Sketch:
    topic, dice = board.topic, board.dice
    rows = [topic.message()] + [topic.fill(topic.labels.failures) for _ in range(9)]
    dice.shuffle(rows)
    lines = []
    for text in rows[: dice.randint(6, 10)] if not topic.sentence else rows:
        hue = dice.randint(0, 359)
        lines.append(
            f'<tr><td class="dim">#{dice.randint(10, 9999)}</td>'
            f'<td class="b">{board.say(text)}</td>'
            f'<td><span class="badge" style="background:hsl({hue} 60% 80%);color:#222">'
            f"{escape(topic.pick(topic.labels.values))}</span></td>"
            f'<td class="dim">{escape(topic.pick(topic.labels.accounts))}</td>'
            f'<td class="dim">{topic.date()}</td></tr>'
        )
    title = topic.term()
    inner = (
        f'<div class="body"><div class="gap"><span class="big">{board.say(title)}</span>'
        f"{parts.button(board, topic.pick(topic.labels.actions), go=True)}</div>"
        f"<table>{''.join(lines)}</table></div>"
    )
    return Sketch(
        "List of tickets",
        title,
        site(board, inner),
        dice.randint(960, 1440),
        dice.randint(480, 760),
    )


def mail_window(board: Board) -> Sketch:
    topic, dice = board.topic, board.dice
    folders = topic.terms(6)
    subject = topic.message()
    items = []
    for place in range(8):
        text = board.say(subject) if place == 1 else escape(topic.fill(topic.labels.failures))
        items.append(
            f'<div class="pad{" on" if place == 1 else ""}" style="border-bottom:1px solid '
            f'var(--line);white-space:normal"><div class="b">{topic.pick(topic.labels.accounts)}'
            f'</div>{text}<div class="small dim">{topic.date()}</div></div>'
        )
    body = (
        f'<div class="body"><div class="big">{escape(subject)}</div>'
        f'<p class="dim">{escape(topic.pick(topic.labels.accounts))} · {topic.date()}</p>'
        f"<p>{parts.paragraph(board, 4)}</p><p>{parts.paragraph(board, 3)}</p></div>"
    )
    inner = (
        f'{parts.tool_bar(board, 7)}<div class="row"><div class="side">'
        f"{parts.listed(folders, 0, board)}</div>"
        f'<div class="side" style="width:32%">{"".join(items)}</div>{body}</div>'
    )
    html = parts.frame(board, folders[0], inner)
    return Sketch(
        "Mail program with a message open",
        "",
        html,
        dice.randint(1000, 1440),
        dice.randint(560, 860),
    )


def dashboard(board: Board) -> Sketch:
    topic, dice = board.topic, board.dice
    cards = []
    for _ in range(dice.randint(3, 6)):
        change = dice.uniform(-30, 30)
        look = "good" if change > 0 else "bad"
        cards.append(
            f'<div class="card" style="flex:1"><div class="dim">{board.say(topic.term())}</div>'
            f'<div class="huge">{dice.randint(1, 99999):,}</div>'
            f'<div class="{look}">{"▲" if change > 0 else "▼"} {abs(change):.1f} %</div></div>'
        )
    title = topic.term()
    inner = (
        f'<div class="body"><div class="big">{board.say(title)}</div>'
        f'<div class="row" style="gap:14px;flex:none;margin:14px 0">{"".join(cards)}</div>'
        f'<div class="card">{parts.table(board, dice.randint(5, 9), 4)}</div></div>'
    )
    return Sketch(
        "Dashboard", title, site(board, inner), dice.randint(960, 1440), dice.randint(540, 820)
    )


def toasts(board: Board) -> Sketch:
    topic, dice = board.topic, board.dice
    notes = []
    for place in range(dice.randint(1, 3)):
        text = topic.message() if place == 0 else topic.fill(topic.labels.notes)
        notes.append(
            '<div class="card" style="display:flex;gap:12px;box-shadow:0 6px 20px #0005">'
            f'{parts.icon(board, 2)}<div><div class="b">{board.say(topic.term())}</div>'
            f"{board.say(text)}</div><span class='dim'>✕</span></div>"
        )
    corner = dice.choice(("right:20px;top:20px", "right:20px;bottom:20px", "left:20px;top:20px"))
    hue = dice.randint(0, 359)
    html = (
        f'<div class="row" style="background:linear-gradient({hue}deg,hsl({hue} 45% 35%),'
        f'hsl({hue + 60} 50% 60%))"></div>'
        f'<div class="col" style="position:absolute;{corner};width:360px;gap:12px">'
        f"{''.join(notes)}</div>"
    )
    return Sketch("Desktop notification", "", html, dice.randint(440, 760), dice.randint(300, 480))
