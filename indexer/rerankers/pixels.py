"""One RGB image → the input of a model that matches it with a text."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from indexer.encoders.facts import ImageFacts
from indexer.encoders.pixels import prepare

Pixels = NDArray[np.float32]
PixelMaker = Callable[[Image.Image, ImageFacts], Pixels]
"""(image, facts) → float32 (1, 3, height, width), normalised per channel."""

PATCHES = "patches"
"""The resize mode of images that keep their shape: see `in_patches`."""

_STEP = 32
_EPSILON = 0.5


def framed(image: Image.Image, facts: ImageFacts) -> Pixels:
    """All images at the one size of `facts`."""
    return prepare([image], facts)


def in_patches(image: Image.Image, facts: ImageFacts) -> Pixels:
    """ViLT's: the shorter side at `facts.size[0]` unless the longer would pass `facts.size[1]`.

    Both are then cut to whole patches of 32, by squeezing, not by cropping. Source:
    `ViltImageProcessor` of transformers. A strip too thin for one patch is made one wide.
    """
    shorter, longer = facts.size
    scale = shorter / min(image.size)
    width, height = (side * scale for side in image.size)
    if max(width, height) > longer:
        shrink = longer / max(width, height)
        width, height = width * shrink, height * shrink
    size = (_whole(width), _whole(height))
    return prepare([image], ImageFacts(size[::-1], facts.mean, facts.std, resize_mode="squash"))


def _whole(side: float) -> int:
    return max(_STEP, int(side + _EPSILON) // _STEP * _STEP)
