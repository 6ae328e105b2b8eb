"""RGB images → the input of an image tower, as open_clip's inference transform makes it."""

from __future__ import annotations

from collections.abc import Sequence
from math import floor

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from indexer.encoders.facts import ImageFacts

WIDEST = 8
"""Strips longer than this many times their width lose their ends before any scaling."""

_FILTERS = {"bilinear": Image.Resampling.BILINEAR}


def prepare(images: Sequence[Image.Image], facts: ImageFacts) -> NDArray[np.float32]:
    """Images → float32 (n, 3, height, width), normalised per channel."""
    mean = np.asarray(facts.mean, dtype=np.float32)
    scale = 1 / np.asarray(facts.std, dtype=np.float32)
    height, width = facts.size
    out = np.empty((len(images), 3, height, width), dtype=np.float32)
    for i, image in enumerate(images):
        pixels = np.asarray(_framed(image.convert("RGB"), facts), dtype=np.float32)
        out[i] = ((pixels / 255 - mean) * scale).transpose(2, 0, 1)
    return out


def _framed(image: Image.Image, facts: ImageFacts) -> Image.Image:
    """Scaled by the model's resize mode, then cropped or padded to its size."""
    resample = _FILTERS.get(facts.interpolation, Image.Resampling.BICUBIC)
    height, width = facts.size
    if facts.resize_mode == "squash":
        return image.resize((width, height), resample)
    if facts.resize_mode == "longest":
        ratio = max(image.height / height, image.width / width)
        size = (round(image.width / ratio), round(image.height / ratio))
        return _centred(image.resize(_whole(size), resample), facts)
    image = _without_ends(image)
    if height == width:
        return _centred(image.resize(_shortest_to(image, height), resample), facts)
    ratio = min(image.height / height, image.width / width)
    size = (round(image.width / ratio), round(image.height / ratio))
    return _centred(image.resize(_whole(size), Image.Resampling.BICUBIC), facts)


def _shortest_to(image: Image.Image, side: int) -> tuple[int, int]:
    """(width, height) with the shorter one at `side`; the longer one rounded down."""
    width, height = image.size
    if width <= height:
        return side, int(side * height / width)
    return int(side * width / height), side


def _whole(size: tuple[int, int]) -> tuple[int, int]:
    return max(1, size[0]), max(1, size[1])


def _without_ends(image: Image.Image) -> Image.Image:
    """A strip of one by 10,000 pixels would scale to gigabytes of which the middle is kept."""
    width, height = image.size
    most = WIDEST * min(width, height)
    if max(width, height) <= most:
        return image
    cut_x, cut_y = max(0, (width - most) // 2), max(0, (height - most) // 2)
    return image.crop((cut_x, cut_y, width - cut_x, height - cut_y))


def _centred(image: Image.Image, facts: ImageFacts) -> Image.Image:
    """The middle of `image` at exactly the model's size, padded where it is smaller."""
    height, width = facts.size
    if image.width < width or image.height < height:
        canvas_size = (max(width, image.width), max(height, image.height))
        canvas = Image.new("RGB", canvas_size, (facts.fill,) * 3)
        canvas.paste(image, (max(0, width - image.width) // 2, max(0, height - image.height) // 2))
        image = canvas
    # transformers rounds the corner down, open_clip to the nearest pixel.
    near = floor if facts.resize_mode == "shortest_floor" else round
    top = near((image.height - height) / 2)
    left = near((image.width - width) / 2)
    return image.crop((left, top, left + width, top + height))
