"""Draws every photo listed in `data/photos.toml`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PIL import Image

from examples.generate.browser import Painter, Size
from examples.generate.facts import read_toml
from examples.generate.places import KNOWLEDGE, output
from examples.generate.templates import render

SIZE = Size(1200, 900)
JPEG_QUALITY = 80


def draw_photos(painter: Painter, figures: Path) -> None:
    """Write the photos under `knowledge/`; those of the printed manual alone go to `figures`."""
    for photo in read_toml("photos.toml")["photo"]:
        image = draw_photo(painter, photo)
        name = photo["out"]
        if "/" in name:
            save_photo(image, output(KNOWLEDGE, name))
        else:
            save_photo(image, figures / f"{name}.jpg")


def draw_photo(painter: Painter, photo: dict[str, Any]) -> Image.Image:
    """One photo, as `photos.toml` describes it. Screens it shows must have been drawn."""
    values = {"width": SIZE.width, "height": SIZE.height, **photo.get("values", {})}
    return painter.picture(render(f"photos/scenes/{photo['scene']}.html", "en", values), SIZE)


def save_photo(image: Image.Image, path: Path) -> None:
    """JPEG for photos, PNG for plans, by the suffix of `path`."""
    if path.suffix == ".png":
        image.save(path, optimize=True)
    else:
        image.save(path, quality=JPEG_QUALITY, optimize=True, progressive=True)
