"""Screens that are mostly a picture: maps, waveforms, spectrograms, charts, canvases, video."""

from __future__ import annotations

import base64
import io
import math
from html import escape

import numpy as np
from PIL import Image

from indexer.align.starter import screen_parts as parts
from indexer.align.starter.screen_parts import Board
from indexer.align.starter.screen_windows import Sketch

COLOURS = ("#3584e4", "#e66100", "#2ec27e", "#9141ac", "#e5a50a", "#e01b24", "#26a269", "#1c71d8")


def _svg(inner: str, width: int, height: int, fill: str = "none", fit: str = "none") -> str:
    return (
        f'<svg viewBox="0 0 {width} {height}" preserveAspectRatio="{fit}"'
        f' width="100%" height="100%" style="background:{fill};display:block">{inner}</svg>'
    )


def _wander(board: Board, points: int, width: int, height: int) -> list[tuple[int, int]]:
    """A line from left to right that goes up and down like measurements do."""
    place, line = board.dice.uniform(0.3, 0.7), []
    for step in range(points):
        place = min(0.95, max(0.05, place + board.dice.gauss(0, 0.09)))
        line.append((round(width * step / (points - 1)), round(height * place)))
    return line


def _path(points: list[tuple[int, int]]) -> str:
    return " ".join(f"{x},{y}" for x, y in points)


def _ground(board: Board) -> str:
    """A map: land, parks and water, streets, places with names."""
    dice = board.dice
    land, water, street = dice.choice(
        (("#f2efe9", "#aad3df", "#ffffff"), ("#e8e4d8", "#9cc9e8", "#f7c873"),
         ("#2b303a", "#17263c", "#4b5563"), ("#cfe3b4", "#7fb2d6", "#d98f5f"))
    )  # fmt: skip
    shapes = []
    for _ in range(dice.randint(3, 8)):
        x, y, colour = dice.randint(0, 800), dice.randint(0, 500), dice.choice((water, "#9ccc8a"))
        ring = [
            (
                round(x + math.cos(turn) * dice.randint(40, 150)),
                round(y + math.sin(turn) * dice.randint(40, 120)),
            )
            for turn in (0, 0.8, 1.7, 2.5, 3.3, 4.2, 5.1, 5.8)
        ]
        shapes.append(f'<polygon points="{_path(ring)}" fill="{colour}" opacity=".85"/>')
    for _ in range(dice.randint(8, 20)):
        line, wide = _wander(board, 5, 800, 500), dice.choice((3, 5, 5, 9))
        turn = f"rotate({dice.randint(0, 180)} 400 250)"
        shapes.append(
            f'<polyline points="{_path(line)}" transform="{turn}" fill="none" stroke="{street}"'
            f' stroke-width="{wide}"/>'
        )
    route = _path(_wander(board, 7, 800, 500))
    shapes.append(f'<polyline points="{route}" fill="none" stroke="#1a73e8" stroke-width="7"/>')
    for name in board.topic.terms(dice.randint(3, 6)):
        x, y = dice.randint(40, 680), dice.randint(40, 460)
        text = "#fff" if land == "#2b303a" else "#333"
        shapes.append(
            f'<circle cx="{x}" cy="{y}" r="9" fill="#d93025" stroke="#fff" stroke-width="3"/>'
            f'<text x="{x + 14}" y="{y + 5}" font-size="16" fill="{text}">{board.say(name)}</text>'
        )
    return _svg("".join(shapes), 800, 500, land, "xMidYMid slice")


def map_window(board: Board) -> Sketch:
    topic, dice = board.topic, board.dice
    title = topic.term()
    layers = "".join(parts.choice(board, "") for _ in range(dice.randint(4, 9)))
    panel = (
        f'<div class="side pad" style="width:24%"><div class="b">{board.say(title)}</div>{layers}'
    )
    place = (
        f"{dice.uniform(-180, 180):.4f}, {dice.uniform(-80, 80):.4f} · 1:{dice.randint(1, 90)}000"
    )
    ground = f'<div style="flex:1;min-width:0">{_ground(board)}'
    inner = (
        f"{parts.menu_bar(board) if board.chance(0.5) else ''}{parts.tool_bar(board, 12)}"
        f'<div class="row">{panel}</div>{ground}</div></div><div class="tools dim">{place}</div>'
    )
    html = parts.frame(board, title, inner)
    return Sketch(
        "Map window with layers", title, html, dice.randint(900, 1440), dice.randint(560, 860)
    )


def _wave(board: Board, colour: str) -> str:
    dice = board.dice
    bars, loud = [], 0.4
    for x in range(0, 800, 2):
        loud = min(1, max(0.05, loud + dice.gauss(0, 0.09)))
        high = round(48 * loud * dice.uniform(0.4, 1), 1)
        bars.append(f"M{x} {50 - high}V{50 + high}")
    return _svg(f'<path d="{"".join(bars)}" stroke="{colour}" stroke-width="2"/>', 800, 100)


def _spectrogram(board: Board) -> str:
    """Harmonics of a wandering pitch over noise, in a heat palette, as an image of 240 × 80."""
    random = np.random.default_rng(board.dice.randrange(2**32))
    pitch = random.uniform(4, 9) + np.cumsum(random.normal(0, 0.12, 240))
    loud = np.clip(0.7 + np.cumsum(random.normal(0, 0.15, 240)), 0, 1)
    rows = np.arange(80)[:, None]
    level = random.uniform(0, 0.22, (80, 240)) * (1 - rows / 110)
    for number in range(1, 12):
        level += np.exp(-(((rows - number * abs(pitch)) / 1.1) ** 2)) * loud / (0.6 + number * 0.25)
    level = np.clip(level[::-1], 0, 1)
    kind = board.dice.choice(((2.6, 1.1, 0.5), (0.5, 1.4, 2.4), (1.6, 2.6, 1.0)))
    stacked = np.stack([np.clip(level * gain, 0, 1) for gain in kind], axis=-1)
    buffer = io.BytesIO()
    Image.fromarray((stacked * 255).astype(np.uint8)).save(buffer, "PNG")
    data = base64.b64encode(buffer.getvalue()).decode()
    return f'<img src="data:image/png;base64,{data}" width="100%" height="100%">'


def audio_editor(board: Board) -> Sketch:
    topic, dice = board.topic, board.dice
    title = topic.term()
    heard = board.chance(0.45)
    strips = []
    colour = dice.choice(COLOURS)
    back = dice.choice(("#20242c", "#c8ccd4", "#fff", "#10151c"))
    for _ in range(dice.randint(1, 3)):
        name = board.say(topic.term())
        picture = _spectrogram(board) if heard else _wave(board, colour) * dice.choice((1, 2))
        strips.append(
            '<div class="row" style="border-bottom:2px solid var(--line)"><div class="side pad" '
            f'style="width:150px"><b>{name}</b><div class="f">{parts.slider(board)}</div>'
            f'<span class="btn small">M</span> <span class="btn small">S</span></div>'
            f'<div class="col" style="flex:1;background:{back}">{picture}</div></div>'
        )
    ruler = "".join(f'<span style="flex:1">{second}.0</span>' for second in range(10))
    signs = "".join(f'<span class="ico">{sign}</span>' for sign in "▮▶■●↻")
    transport = f'<div class="tools big">{signs}'
    inner = (
        f'{parts.menu_bar(board)}{transport}</div><div class="tools small dim">{ruler}</div>'
        f"{''.join(strips)}"
    )
    kind = "Audio editor showing a spectrogram" if heard else "Audio editor showing a waveform"
    html = parts.frame(board, title, inner)
    return Sketch(kind, title, html, dice.randint(800, 1440), dice.randint(360, 720))


def _bars(board: Board, names: list[str]) -> str:
    dice, step = board.dice, 760 // len(names)
    colour = dice.choice(COLOURS)
    marks = []
    for place, name in enumerate(names):
        high, x = dice.randint(20, 330), 30 + place * step
        marks.append(
            f'<rect x="{x}" y="{360 - high}" width="{step * 0.6:.0f}" height="{high}"'
            f' fill="{colour}"/><text x="{x}" y="382" font-size="15" fill="currentColor">'
            f"{board.say(name)}</text>"
        )
    return "".join(marks)


def _lines(board: Board, names: list[str]) -> str:
    marks = []
    for place, name in enumerate(names[:4]):
        colour = COLOURS[(place + board.dice.randrange(2)) % len(COLOURS)]
        points = [(x + 20, round(y * 0.9)) for x, y in _wander(board, 24, 760, 380)]
        marks.append(
            f'<polyline points="{_path(points)}" fill="none" stroke="{colour}" stroke-width="3"/>'
            f'<text x="{30 + place * 190}" y="392" font-size="16" fill="{colour}">'
            f"● {board.say(name)}</text>"
        )
    return "".join(marks)


def _pie(board: Board, names: list[str]) -> str:
    shares = [board.dice.uniform(0.3, 2) for _ in names]
    marks, start = [], 0.0
    for place, (name, share) in enumerate(zip(names, shares, strict=True)):
        end = start + share / sum(shares) * math.tau
        x1, y1 = 220 + 170 * math.sin(start), 200 - 170 * math.cos(start)
        x2, y2 = 220 + 170 * math.sin(end), 200 - 170 * math.cos(end)
        colour = COLOURS[place % len(COLOURS)]
        far = int(end - start > math.pi)
        marks.append(
            f'<path d="M220 200L{x1:.0f} {y1:.0f}A170 170 0 {far} 1 {x2:.0f} {y2:.0f}Z"'
            f' fill="{colour}"/><text x="470" y="{70 + place * 44}" font-size="19"'
            f' fill="{colour}">■ {board.say(name)}</text>'
        )
        start = end
    return "".join(marks)


def chart(board: Board) -> Sketch:
    topic, dice = board.topic, board.dice
    kind, draw = dice.choice((("Bar", _bars), ("Line", _lines), ("Pie", _pie)))
    title = topic.term()
    names = topic.terms(dice.randint(4, 7))
    rules = "".join(
        f'<path d="M20 {y}H790" stroke="currentColor" opacity=".15"/>' for y in range(30, 370, 66)
    )
    head = f'<div class="big">{board.say(title)}</div>'
    picture = _svg((rules if kind != "Pie" else "") + draw(board, names), 800, 400, fit="xMidYMid")
    body = f'<div class="body col">{head}<div style="flex:1;min-height:0">{picture}</div></div>'
    html = parts.frame(board, title, body) if board.chance(0.4) else (
        f'<div class="col" style="flex:1;background:var(--bg);min-height:0">{body}</div>'
    )  # fmt: skip
    return Sketch(f"{kind} chart", title, html, dice.randint(480, 960), dice.randint(360, 600))


def canvas_editor(board: Board) -> Sketch:
    """A drawing or modelling program: tools at the left, shapes, panels at the right."""
    topic, dice = board.topic, board.dice
    title = topic.term()
    shapes = []
    for _ in range(dice.randint(3, 12)):
        colour, x, y = dice.choice(COLOURS), dice.randint(0, 700), dice.randint(0, 400)
        size = dice.randint(30, 160)
        shapes.append(
            dice.choice((
                f'<circle cx="{x}" cy="{y}" r="{size // 2}" fill="{colour}"/>',
                f'<rect x="{x}" y="{y}" width="{size}" height="{size}" rx="9" fill="{colour}"/>',
                f'<polygon points="{x},{y} {x + size},{y + 20} {x},{y + size}" fill="{colour}"/>',
                f'<path d="M{x} {y}q{size} -90 {size * 2} 30" fill="none" stroke="{colour}"'
                ' stroke-width="7"/>',
            ))
        )  # fmt: skip
    tools = "".join(f"<div>{parts.icon(board, 1.4)}</div>" for _ in range(dice.randint(8, 14)))
    panel = parts.controls(board, dice.randint(5, 9))
    back = dice.choice(("#fff", "#fff", "#3b3b3b", "#888", "#f4f0e6"))
    picture = _svg("".join(shapes), 800, 500, back)
    inner = (
        f'{parts.menu_bar(board)}<div class="row"><div class="side">{tools}</div>'
        f'<div style="flex:1;padding:26px;background:#777;min-width:0">{picture}</div>'
        f'<div class="side pad" style="width:27%;--lw:45%">{panel}</div></div>'
        f'<div class="tools small">{escape(topic.value())}</div>'
    )
    html = parts.frame(board, title, inner)
    return Sketch(
        "Drawing editor with tool panels",
        title,
        html,
        dice.randint(960, 1440),
        dice.randint(600, 900),
    )


def player(board: Board) -> Sketch:
    topic, dice = board.topic, board.dice
    title = topic.term()
    hue = dice.randint(0, 359)
    caption = board.say(topic.message())
    inner = (
        f'<div class="row" style="position:relative;background:radial-gradient(circle at'
        f' {dice.randint(20, 80)}% 60%,hsl({hue} 50% 55%),hsl({hue + 80} 45% 12%))">'
        '<div class="c" style="position:absolute;left:8%;right:8%;bottom:24px;'
        'color:#fff;font-size:1.4em;text-shadow:0 0 4px #000">'
        f'{caption}</div></div><div class="tools"><span class="ico">▶</span>'
        f"<span>{dice.randint(0, 59)}:{dice.randint(0, 59):02}</span>"
        f'<span style="flex:1;display:flex">{parts.slider(board)}</span>'
        f"{parts.icon(board)}{parts.icon(board)}</div>"
    )
    html = parts.frame(board, title, inner)
    return Sketch("Video player", title, html, dice.randint(560, 1100), dice.randint(380, 660))
