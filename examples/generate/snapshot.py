"""Turns a clean screen into what customers send: crops, small JPEGs and photos of a screen."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

Corners = list[tuple[float, float]]
_BEZEL = 22


def cropped(image: Image.Image, box: tuple[int, int, int, int], scale: float) -> Image.Image:
    """The part of the screen inside `box` (pixels), rescaled by `scale`."""
    part = image.crop(box)
    size = (round(part.width * scale), round(part.height * scale))
    return part.resize(size, Image.Resampling.BILINEAR)


def photographed(image: Image.Image, corners: Corners, background: Image.Image) -> Image.Image:
    """The screen in perspective on `background`, its corners (clockwise from top left) there."""
    framed = Image.new("RGB", (image.width + 2 * _BEZEL, image.height + 2 * _BEZEL), (16, 17, 19))
    framed.paste(image, (_BEZEL, _BEZEL))
    coefficients = _perspective(corners, framed.size)
    size = background.size
    bent = framed.transform(
        size, Image.Transform.PERSPECTIVE, coefficients, Image.Resampling.BICUBIC
    )
    outline = Image.new("L", size, 0)
    ImageDraw.Draw(outline).polygon([tuple(corner) for corner in corners], fill=255)
    scene = background.filter(ImageFilter.GaussianBlur(9))
    scene.paste(bent, (0, 0), outline.filter(ImageFilter.GaussianBlur(0.8)))
    return _as_by_phone(scene)


def _as_by_phone(image: Image.Image) -> Image.Image:
    """Slight blur, uneven light and sensor noise, the same on every run."""
    pixels = np.asarray(image.filter(ImageFilter.GaussianBlur(0.7)), dtype=np.float64)
    height, width, _ = pixels.shape
    x = np.linspace(0.0, 1.0, width)[None, :, None]
    y = np.linspace(0.0, 1.0, height)[:, None, None]
    glare = 42.0 * np.exp(-(((x - 0.72) / 0.22) ** 2 + ((y - 0.22) / 0.3) ** 2))
    light = (1.04 - 0.22 * x - 0.1 * y) * np.array([1.03, 1.0, 0.94])
    noise = np.random.default_rng(7).normal(0.0, 3.2, pixels.shape)
    mixed = np.clip(pixels * light + glare + noise, 0, 255).astype(np.uint8)
    return Image.fromarray(mixed)


def _perspective(corners: Corners, size: tuple[int, int]) -> list[float]:
    """The eight coefficients that map places in the picture back to places on the screen."""
    width, height = size
    rows: list[list[float]] = []
    right: list[float] = []
    flat = [(0.0, 0.0), (width, 0.0), (width, height), (0.0, height)]
    for (x, y), (u, v) in zip(corners, flat, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        right += [u, v]
    solved = np.linalg.solve(np.array(rows), np.array(right))
    return [float(value) for value in solved]
