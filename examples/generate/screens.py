"""Renders every screen listed in `data/screens.toml`."""

from __future__ import annotations

from typing import Any

from PIL import Image

from examples.generate.browser import Painter, Size
from examples.generate.facts import read_toml
from examples.generate.places import KNOWLEDGE, output
from examples.generate.templates import render

_SIZES = {
    "console": Size(1280, 800),
    "app": Size(390, 844, 2.0),
    "brewer": Size(800, 480),
}


def draw_screens(painter: Painter) -> None:
    """Write all screens as PNG under `knowledge/`."""
    for screen in read_toml("screens.toml")["screen"]:
        image = draw_screen(painter, screen)
        image.save(output(KNOWLEDGE, screen["out"]), optimize=True)


def draw_screen(painter: Painter, screen: dict[str, Any]) -> Image.Image:
    """One screen, as `screens.toml` describes it."""
    template: str = screen["template"]
    lang = screen.get("lang", "en")
    values = {"theme": screen.get("theme", ""), "qr": _pattern(), **screen.get("values", {})}
    html = render(f"screens/{template}.html", lang, values)
    return painter.picture(html, _SIZES[template.partition("/")[0]])


def _pattern(side: int = 25) -> list[str]:
    """Rows of '0' and '1' that look like a QR code: three finder squares and a fixed noise."""
    rows = [
        [(x * x * 7 + y * y * 13 + x * y * 5 + 3 * x) % 11 < 5 for x in range(side)]
        for y in range(side)
    ]
    for left, top in ((0, 0), (side - 7, 0), (0, side - 7)):
        for y in range(-1, 8):
            for x in range(-1, 8):
                if 0 <= left + x < side and 0 <= top + y < side:
                    ring = max(abs(x - 3), abs(y - 3))
                    rows[top + y][left + x] = ring in (0, 1, 3)
    return ["".join("1" if cell else "0" for cell in row) for row in rows]
