"""Screens of phones, in portrait."""

from __future__ import annotations

from html import escape

from indexer.align.starter import screen_parts as parts
from indexer.align.starter.screen_parts import Board
from indexer.align.starter.screen_windows import Sketch

WIDTH = 400


def phone(board: Board, title: str, inner: str) -> str:
    """A phone's status line, a title with a back arrow, `inner`, sometimes a row of tabs."""
    dice, topic = board.dice, board.topic
    clock = f"{dice.randint(0, 23)}:{dice.randint(0, 59):02}"
    status = (
        '<div class="tools small" style="justify-content:space-between;border:0;'
        f'background:var(--bar);color:var(--barfg)"><b>{clock}</b>'
        f"<span>▂▄▆ {dice.randint(3, 100)} %</span></div>"
    )
    bar = (
        '<div class="tools" style="background:var(--bar);color:var(--barfg);padding:10px 14px">'
        f'<span class="cap">{dice.choice("←‹☰")}</span><span class="big">{board.say(title)}</span>'
        "</div>"
    )
    tabs = ""
    if board.chance(0.5):
        cells = "".join(
            f'<div class="c small" style="flex:1">{parts.icon(board, 1.5)}<div>'
            f"{escape(name)}</div></div>"
            for name in topic.terms(4)
        )
        tabs = f'<div class="tools">{cells}</div>'
    body = f'<div class="body" style="padding:0;background:var(--bg)">{inner}</div>'
    return f"{status}{bar}{body}{tabs}"


def phone_settings(board: Board) -> Sketch:
    topic, dice = board.topic, board.dice
    title = topic.term()
    icons = board.chance(0.5)
    lines = []
    for _ in range(dice.randint(6, 12)):
        end = dice.choice(
            (
                f'<span class="sw{" y" if board.chance(0.5) else ""}"></span>',
                '<span class="dim">›</span>',
                f'<span class="dim">{escape(topic.pick(topic.labels.values))} ›</span>',
            )
        )
        glyph = parts.icon(board, 1.4) if icons else ""
        note = f'<div class="small dim">{escape(topic.fill(topic.labels.notes))}</div>'
        lines.append(
            '<div style="display:flex;gap:12px;align-items:center;padding:12px 16px;'
            f'border-bottom:1px solid var(--line)" class="x{board.mark()}>{glyph}'
            f'<div style="flex:1">{board.say(topic.term())}{note if board.chance(0.25) else ""}'
            f"</div>{end}</div>"
        )
    html = phone(board, title, "".join(lines))
    return Sketch("Phone settings screen", title, html, WIDTH, dice.randint(640, 860))


def phone_chat(board: Board) -> Sketch:
    topic, dice = board.topic, board.dice
    title = topic.pick(topic.labels.accounts)
    bubbles = []
    for place in range(dice.randint(3, 6)):
        mine = board.chance(0.5)
        text = topic.message() if place == 0 else topic.fill(topic.labels.notes)
        colours = "var(--acc);color:var(--onacc)" if mine else "var(--panel)"
        side = "flex-end" if mine else "flex-start"
        bubbles.append(
            f'<div style="margin:8px 12px;display:flex;justify-content:{side}">'
            f'<span style="background:{colours};padding:9px 14px;border-radius:16px;max-width:76%">'
            f"{board.say(text)}</span></div>"
        )
    html = phone(board, title, "".join(bubbles))
    return Sketch("Phone chat with support", title, html, WIDTH, dice.randint(600, 840))


def phone_payment(board: Board) -> Sketch:
    """A card with an amount, a list of movements or details, one large button."""
    topic, dice = board.topic, board.dice
    title = topic.term()
    hue, currency = dice.randint(0, 359), dice.choice("$€£¥")
    amount = f"{currency}{dice.randint(1, 9000):,}.{dice.randint(0, 99):02}"
    card = (
        f'<div style="margin:16px;padding:20px;border-radius:16px;color:#fff;background:'
        f'linear-gradient(120deg,hsl({hue} 60% 40%),hsl({hue + 40} 65% 55%))">'
        f'<div>{board.say(topic.term())}</div><div class="huge">{amount}</div>'
        f"<div>•••• {dice.randint(1000, 9999)}</div></div>"
    )
    lines = "".join(
        '<div style="display:flex;justify-content:space-between;padding:10px 18px;'
        f'border-bottom:1px solid var(--line)"><span>{board.say(topic.term())}</span>'
        f"<b>{dice.choice('+-')}{currency}{dice.randint(1, 400)}</b></div>"
        for _ in range(dice.randint(3, 7))
    )
    note = f'<p class="pad c dim">{board.say(topic.message())}</p>'
    enter = board.say(topic.pick(topic.labels.confirm))
    go = f'<div class="btn go" style="display:block;margin:16px">{enter}</div>'
    html = phone(board, title, card + (note if board.chance(0.6) else "") + lines + go)
    return Sketch("Phone banking screen", title, html, WIDTH, dice.randint(640, 860))


def phone_alert(board: Board) -> Sketch:
    topic, dice, labels = board.topic, board.dice, board.topic.labels
    title = topic.term()
    behind = "".join(
        f'<div class="pad" style="border-bottom:1px solid var(--line)">{escape(name)}</div>'
        for name in topic.terms(9)
    )
    alert = (
        '<div style="position:absolute;inset:0;background:#0008;z-index:2"></div>'
        '<div class="float c" style="left:40px;right:40px;top:32%;padding:20px;border-radius:14px">'
        f'<div class="b">{board.say(topic.message())}</div>'
        f'<p class="dim">{escape(topic.fill(labels.notes))}</p>'
        f'<div class="gap" style="justify-content:center">'
        f"{parts.button(board, topic.pick(labels.refuse))}"
        f"{parts.button(board, topic.pick(labels.confirm), go=True)}</div></div>"
    )
    html = phone(board, title, behind) + alert
    return Sketch("Phone alert", title, html, WIDTH, dice.randint(620, 840))
