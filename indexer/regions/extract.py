"""Finding and describing the local features of an image."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from indexer.regions.features import EDGE, PLANES, Codes, Features

STORED: Final = 300
"""Most features that are kept of an indexed image."""

ASKED: Final = 500
"""Most features of a query: a crop shows a part of the screen in finer detail."""

_PIXELS = 100_000
"""Images are scaled down to this many; what finer detail there is does not survive a photo."""

_CONTRAST = 0.015  # SIFT's own .04 finds little on flat screens
_CELLS = 6
_LEVELS = np.array([1, 2, 3], np.float32) / 16
"""Where numbers of a descriptor are cut: half, one and one and a half of their root mean square,
which is 1/8 for 64 numbers of unit length."""

FINGERPRINT: Final = f"sift {cv2.__version__} {_PIXELS} {_CONTRAST} {_CELLS} {STORED} v1"
"""Names everything that decides about stored features, so that they can be cached."""


def extract(image: Image.Image, budget: int) -> Features:
    """The features of an RGB image, at most `budget`, strongest first in every part of it.

    SIFT (Lowe, "Distinctive Image Features from Scale-Invariant Keypoints", IJCV 2004) at a
    fixed size, upright, as screens are. Opposite gradient directions count as one, so that
    inverted colours change nothing; square roots as in RootSIFT (Arandjelović and Zisserman,
    CVPR 2012), then two bits a number.
    """
    grey = np.asarray(image.convert("L"))
    scale = min(1.0, (_PIXELS / grey.size) ** 0.5)
    if scale < 1:
        size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
        grey = cv2.resize(grey, size, interpolation=cv2.INTER_AREA).astype(np.uint8)
    aspect = image.width / image.height
    sift = cv2.SIFT.create(0, contrastThreshold=_CONTRAST)
    found = _upright(sift.detect(grey, None))
    kept = _spread(found, grey.shape[1], grey.shape[0], budget)
    if not kept:
        return Features(np.zeros((0, 2), np.uint16), np.zeros((0, PLANES), np.uint64), aspect)
    described_points, described = sift.compute(grey, kept)
    size_of = np.array([grey.shape[1], grey.shape[0]], np.float32)
    places = np.array([point.pt for point in described_points], np.float32) / size_of
    points = np.round(places.clip(0, 1) * EDGE).astype(np.uint16)
    return Features(points, encode(np.asarray(described, np.float32)), aspect)


def encode(descriptors: NDArray[np.float32]) -> Codes:
    """SIFT descriptors, float32 (n, 128), as codes."""
    ways = np.asarray(descriptors, np.float32).reshape(-1, 16, 8)
    folded = (ways[:, :, :4] + ways[:, :, 4:]).reshape(-1, 64)
    total = np.maximum(folded.sum(axis=1, keepdims=True), np.float32(1e-6))
    rooted = np.sqrt(folded / total)
    planes = [np.packbits(rooted >= level, axis=1).view("<u8")[:, 0] for level in _LEVELS]
    return np.stack(planes, axis=1).astype(np.uint64)


def _upright(found: Sequence[cv2.KeyPoint]) -> list[cv2.KeyPoint]:
    """The distinct places and sizes; SIFT lists one for each direction it sees there."""
    distinct: dict[tuple[float, float, float], cv2.KeyPoint] = {}
    for point in found:
        point.angle = 0.0
        distinct.setdefault((point.pt[0], point.pt[1], point.size), point)
    return list(distinct.values())


def _spread(found: list[cv2.KeyPoint], width: int, height: int, budget: int) -> list[cv2.KeyPoint]:
    """The strongest in each cell of a grid in turn: any crop has to keep some."""
    found.sort(key=lambda point: (-point.response, point.pt))
    taken: dict[tuple[int, int], int] = {}
    turns: list[int] = []
    for point in found:
        cell = (int(point.pt[0] * _CELLS / width), int(point.pt[1] * _CELLS / height))
        taken[cell] = taken.get(cell, 0) + 1
        turns.append(taken[cell])
    order = np.argsort(turns, kind="stable")[:budget]
    return [found[place] for place in order]
