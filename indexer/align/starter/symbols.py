"""Icons with names: glyphs of the symbol blocks of a font, drawn as interfaces show them."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random

from PIL import Image, ImageDraw, ImageFont

SIDE = 160
# Unicode blocks of pictures: arrows, technical signs, shapes, symbols, dingbats, money, faces.
BLOCKS = (
    (0x2190, 0x21FF),
    (0x2300, 0x23FF),
    (0x25A0, 0x25FF),
    (0x2600, 0x26FF),
    (0x2700, 0x27BF),
    (0x27F0, 0x27FF),
    (0x2900, 0x297F),
    (0x2B00, 0x2BFF),
    (0x20A0, 0x20BF),
    (0x1F300, 0x1F64F),
)
# Words of Unicode's names that say how a sign is drawn, and what a reader says instead.
SHORTER = {
    "black": "",
    "white": "",
    "heavy": "",
    "dingbat": "",
    "sans": "",
    "serif": "",
    "leftwards": "left",
    "rightwards": "right",
    "upwards": "up",
    "downwards": "down",
}
# Parts of large brackets and lines, which are no icons.
PIECES = ("EXTENSION", "HOOK", "BRACKET PIECE", "SCAN LINE", "SECTION", "BRACKET")
# What people call signs whose names nobody uses.
COMMON = {
    "⚙": "gear, settings icon",
    "⌨": "keyboard icon",
    "✉": "envelope, mail icon",
    "⚠": "warning sign, exclamation mark in a triangle",
    "✖": "cross, close icon",
    "✕": "cross, close icon",
    "✗": "cross mark icon",
    "✓": "check mark, tick icon",
    "✔": "check mark, tick icon",
    "☰": "menu icon of three lines",
    "ℹ": "information icon",
    "⏏": "eject icon",
    "☎": "telephone icon",
    "✎": "pencil, edit icon",
    "✏": "pencil, edit icon",
    "✂": "scissors, cut icon",
    "★": "star, favourite icon",
    "☆": "outlined star, favourite icon",
    "♥": "heart, like icon",
    "♫": "music notes icon",
    "♪": "music note icon",
    "⚡": "lightning, power icon",
    "⌂": "house, home icon",
    "▶": "play button, triangle pointing right",
    "■": "stop button, square",
    "●": "record button, circle",
    "↻": "reload, refresh arrow icon",
    "↺": "undo, counterclockwise arrow icon",
    "⚑": "flag icon",
    "⌛": "hourglass, waiting icon",
    "⌚": "watch icon",
    "☁": "cloud icon",
    "☀": "sun, brightness icon",
    "☾": "moon, night mode icon",
}


@dataclass(frozen=True)
class Symbol:
    """An icon of 160 × 160 pixels, RGB, and its name in words."""

    image: Image.Image
    name: str


def readable(name: str) -> str:
    """A Unicode name as one would say it: `"WARNING SIGN"` → `"warning sign icon"`."""
    words = [SHORTER.get(word, word) for word in name.lower().replace("-", " ").split()]
    return " ".join(word for word in (*words, "icon") if word)


@cache
def _font_file() -> Path:
    import matplotlib

    return Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"


@cache
def symbol_names() -> dict[str, str]:
    """Every sign of the symbol blocks that DejaVu Sans draws, with its readable name."""
    from matplotlib.ft2font import FT2Font

    drawn = FT2Font(_font_file()).get_charmap()
    signs = {}
    for first, last in BLOCKS:
        for code in range(first, last + 1):
            name = unicodedata.name(chr(code), "")
            if code in drawn and name and not any(piece in name for piece in PIECES):
                signs[chr(code)] = COMMON.get(chr(code), readable(name))
    return signs


def draw_symbols(count_per_symbol: int, seed: int) -> Iterator[Symbol]:
    """Every symbol `count_per_symbol` times, in random colours, sizes and on random grounds.

    The font is DejaVu Sans as matplotlib ships it. The same seed gives the same pictures.
    """
    for round_ in range(count_per_symbol):
        for sign, name in symbol_names().items():
            yield Symbol(_picture(sign, Random(f"{seed}/{round_}/{sign}")), name)


def _contrast(dice: Random) -> tuple[tuple[int, int, int], tuple[int, int, int]]:
    """A ground and an ink that differ enough in brightness to be told apart."""
    while True:
        ground = _colour(dice)
        ink = _colour(dice)
        if abs(_bright(ground) - _bright(ink)) > 90:
            return ground, ink


def _colour(dice: Random) -> tuple[int, int, int]:
    if dice.random() < 0.45:
        grey = dice.choice((0, 20, 45, 70, 200, 235, 250, 255))
        return grey, grey, grey
    return dice.randint(0, 255), dice.randint(0, 255), dice.randint(0, 255)


def _bright(colour: tuple[int, int, int]) -> float:
    red, green, blue = colour
    return 0.299 * red + 0.587 * green + 0.114 * blue


def _picture(sign: str, dice: Random) -> Image.Image:
    ground, ink = _contrast(dice)
    image = Image.new("RGB", (SIDE, SIDE), ground)
    pen = ImageDraw.Draw(image)
    room = SIDE
    if dice.random() < 0.5:
        inset = dice.randint(4, 28)
        room -= 2 * inset
        pen.rectangle((0, 0, SIDE, SIDE), _colour(dice))
        edge = ink if dice.random() < 0.3 else None
        box = (inset, inset, SIDE - inset, SIDE - inset)
        pen.rounded_rectangle(box, dice.choice((0, 8, 20, 80)), ground, edge, 3)
    left, top, right, bottom = pen.textbbox((0, 0), sign, font=_font(100))
    # thin signs would grow without bound if only their own size were looked at
    size = 100 * room * dice.uniform(0.5, 0.78) / max(right - left, bottom - top, 60)
    font = _font(round(size))
    left, top, right, bottom = pen.textbbox((0, 0), sign, font=font)
    across = (SIDE - left - right) / 2 + dice.uniform(-6, 6)
    down = (SIDE - top - bottom) / 2 + dice.uniform(-6, 6)
    pen.text((across, down), sign, fill=ink, font=font)
    return image


@cache
def _font(size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(_font_file()), size)
