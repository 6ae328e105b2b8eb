"""What differs between a query image and the place on an indexed one where it seems to lie.

Two screens of one program share menus, frames and icons, so that many local features agree;
whether they show the same is seen only where the one is laid over the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

Grey = NDArray[np.uint8]
"""A grey image, uint8 (height, width)."""

Mask = NDArray[np.bool_]
Floats = NDArray[np.float32]

SIDE: Final = 384
"""Longer side, in pixels, at which a query is compared."""

_WINDOW = 24
_SLACK = 4  # pixels that a window may lie off: no fit is more exact, and displays are bent
_BLUR = 1.2  # standard deviation in pixels: neither compression nor a soft photo is a difference
_EDGE = 7  # pixels at the border of an image in which its gradients are not its own
_TELLING = 0.8  # deviation of a window's gradients, of grey values of 255, that shows something
_PLAIN = 0.1  # below this nothing is there to correlate with
_REACH = 10  # pixels that a window is searched in before the fit is corrected
_NUDGES = 40  # most windows that correct it
_LEAST = 6  # fewest that do
_FOUND = 0.6  # their least correlation
_BENT = 0.1  # most that a correction stretches or turns
_UNLIKE = 0.4
"""Correlation below which a window shows something else."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far a query agrees with what it is laid over, by the windows that show something.

    `alike` in [-1, 1] is the mean of their correlations, each counting for how much it shows:
    compression leaves least of what is faint. `covered` in [0, 1] is the share of those of the
    query that lie on the indexed image; `differing` in [0, 1] the share that the largest
    connected region of unlike windows has of all.
    """

    alike: float
    covered: float
    differing: float


NOTHING: Final = Agreement(0.0, 0.0, 1.0)
"""Of images in which no window shows anything."""


def view(image: Image.Image) -> Grey:
    """A query as it is compared: the longer side at most SIDE pixels."""
    scale = min(1.0, SIDE / max(image.size))
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    return np.asarray(
        cv2.resize(np.asarray(image.convert("L")), size, interpolation=cv2.INTER_AREA), np.uint8
    )


def compare(
    asked: Grey, seen: Grey, matrix: NDArray[np.float64], slopes: Floats | None = None
) -> Agreement:
    """How far a query agrees with an indexed image, of any size.

    `matrix`, float64 (3, 3), takes points of the query to the indexed image, the longer side of
    each 1; `slopes` are the gradients of the query, where they are known. Windows are compared by
    the normalised cross-correlation of the sizes of their gradients, the best within a few
    pixels: colours may be inverted and contrast may differ.
    """
    here = gradients(asked) if slopes is None else slopes
    laid, valid = laid_over(asked, seen, matrix)
    moved = nudge(here, gradients(laid))
    if moved is not None:
        unit = np.diag([max(asked.shape)] * 2 + [1])
        laid, valid = laid_over(asked, seen, matrix @ np.linalg.inv(unit) @ moved @ unit)
    return agreement(*correlations(here, gradients(laid), valid))


def nudge(one: Floats, two: Floats) -> NDArray[np.float64] | None:
    """The 3 × 3 affine matrix that takes pixels of gradients to where others have the same.

    Few features fit a part of a screen to within some pixels only: windows found again near by
    fit it better. None where too few are.
    """
    top, left = (side % _WINDOW // 2 for side in one.shape[:2])
    telling = np.argwhere(_deviation(one) > _TELLING)
    places, found = [], []
    for row, column in telling[:: max(1, -(-len(telling) // _NUDGES))]:
        y, x = int(top + row * _WINDOW), int(left + column * _WINDOW)
        y0, x0 = max(0, y - _REACH), max(0, x - _REACH)
        around = two[y0 : y + _WINDOW + _REACH, x0 : x + _WINDOW + _REACH]
        part = one[y : y + _WINDOW, x : x + _WINDOW]
        _, score, _, best = cv2.minMaxLoc(cv2.matchTemplate(around, part, cv2.TM_CCOEFF_NORMED))
        if score > _FOUND and around.std() > _PLAIN:
            places.append((x, y))
            found.append((x0 + best[0], y0 + best[1]))
    if len(places) < _LEAST:
        return None
    cv2.setRNGSeed(0)
    fitted, kept = cv2.estimateAffine2D(
        np.array(places, np.float32), np.array(found, np.float32), ransacReprojThreshold=2.0
    )
    if fitted is None or kept.sum() < _LEAST:
        return None
    near = np.abs(fitted - np.eye(2, 3))
    if near[:, :2].max() > _BENT:
        return None
    return np.vstack([fitted, [0, 0, 1]])


def laid_over(asked: Grey, seen: Grey, matrix: NDArray[np.float64]) -> tuple[Grey, Mask]:
    """The indexed image in the frame of the query, and where there is any of it."""
    height, width = asked.shape
    there = (
        np.diag([max(seen.shape)] * 2 + [1]) @ matrix @ np.diag([1 / max(asked.shape)] * 2 + [1])
    )
    ends = np.array([[0, 0, 1], [width, height, 1]]) @ there.T
    span = float(np.linalg.norm(ends[0, :2] / ends[0, 2] - ends[1, :2] / ends[1, 2]))
    shrink = min(1.0, float(np.hypot(height, width)) / max(span, 1.0))
    size = (max(1, round(seen.shape[1] * shrink)), max(1, round(seen.shape[0] * shrink)))
    small = cv2.resize(seen, size, interpolation=cv2.INTER_AREA)  # warping does not average
    there = np.diag([size[0] / seen.shape[1], size[1] / seen.shape[0], 1]) @ there
    how = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    laid = cv2.warpPerspective(small, there, (width, height), flags=how)
    ones = np.ones(small.shape, np.uint8)
    valid = cv2.warpPerspective(ones, there, (width, height), flags=how) > 0
    return np.asarray(laid, np.uint8), valid


def correlations(one: Floats, two: Floats, valid: Mask) -> tuple[Floats, Floats, Mask]:
    """Of each window: its correlation; the deviation of its gradients where both images have it
    and it shows something, else 0; and whether the query shows something there; each
    (rows, columns)."""
    top, left = (side % _WINDOW // 2 for side in valid.shape)
    inner = cv2.erode(valid.astype(np.uint8), np.ones((_EDGE, _EDGE), np.uint8))
    here, there = _deviation(one), _deviation(two)
    both = _tiled(inner).mean(axis=2) > 0.5
    most = np.maximum(here, there)
    telling = both & (most > _TELLING)
    found = np.zeros(here.shape, np.float32)
    for row, column in np.argwhere(telling & (np.minimum(here, there) > _PLAIN)):
        y, x = top + row * _WINDOW, left + column * _WINDOW
        around = two[
            max(0, y - _SLACK) : y + _WINDOW + _SLACK, max(0, x - _SLACK) : x + _WINDOW + _SLACK
        ]
        part = one[y : y + _WINDOW, x : x + _WINDOW]
        found[row, column] = cv2.matchTemplate(around, part, cv2.TM_CCOEFF_NORMED).max()
    return found, most * telling, here > _TELLING


def agreement(found: Floats, shown: Floats, asked: Mask) -> Agreement:
    """What `correlations` amount to."""
    telling = shown > 0
    count = int(telling.sum())
    if count == 0:
        return NOTHING
    unlike = (telling & (found < _UNLIKE)).astype(np.uint8)
    _, _, regions, _ = cv2.connectedComponentsWithStats(unlike, connectivity=8)
    largest = int(regions[1:, cv2.CC_STAT_AREA].max(initial=0))
    covered = float((telling & asked).sum() / max(1, asked.sum()))
    return Agreement(float(np.average(found, weights=shown)), covered, largest / count)


def gradients(grey: Grey) -> Floats:
    """Roots of the sizes of the gradients across and down, float32 (height, width, 2)."""
    soft = cv2.GaussianBlur(grey.astype(np.float32), (0, 0), _BLUR)
    across, down = cv2.Sobel(soft, cv2.CV_32F, 1, 0), cv2.Sobel(soft, cv2.CV_32F, 0, 1)
    return np.asarray(np.sqrt(np.abs(np.stack([across, down], axis=2))), np.float32)


def _tiled(pixels: NDArray[Any]) -> NDArray[Any]:
    """The pixels of all windows that fit, centred: (rows, columns, numbers of a window)."""
    rows, columns = (side // _WINDOW for side in pixels.shape[:2])
    top, left = (side % _WINDOW // 2 for side in pixels.shape[:2])
    part = pixels[top : top + rows * _WINDOW, left : left + columns * _WINDOW]
    deep = 1 if pixels.ndim == 2 else pixels.shape[2]  # no -1: an image may be below one window
    apart = part.reshape(rows, _WINDOW, columns, _WINDOW * deep).swapaxes(1, 2)
    return np.ascontiguousarray(apart).reshape(rows, columns, _WINDOW * _WINDOW * deep)


def _deviation(pixels: Floats) -> Floats:
    """The standard deviation within each window, (rows, columns)."""
    return np.asarray(_tiled(pixels).std(axis=2), np.float32)
