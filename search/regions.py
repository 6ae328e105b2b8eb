"""Where a query image lies on an indexed one: geometric verification of candidates."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from indexer.records import Box
from indexer.regions.features import Features
from indexer.store.regions import NEAR

Points = NDArray[np.float32]
Fit = Callable[[Points, Points], NDArray[np.float64] | None]
T = TypeVar("T")

LEAST: Final = 6
"""Features that have to agree on one place before anything is said about it."""

_TOLERANCE = 0.012  # of the indexed image's longer side, which is 1 here
_EXACT = 0.004  # likewise: 1.6 pixels of those that features are found in
_BENT = 1.1
_TURN = 0.6  # radians that an upright photo may be turned by
_STRETCH = 2.0


@dataclass(frozen=True, slots=True)
class Sighting:
    """A query image found on an indexed one.

    `box` is what the query shows of it; `features` how many agree on that. `matrix`, float64
    (3, 3), takes points of the query to the indexed image, the longer side of each 1.
    """

    box: Box
    features: int
    matrix: NDArray[np.float64] = field(repr=False, compare=False)

    @property
    def flat(self) -> bool:
        """Whether the query is moved, scaled and turned alone, as a copy of a screen is."""
        return not self.matrix[2, :2].any()


@dataclass(frozen=True, slots=True)
class _Matched:
    """For each feature of a query the nearest of an image, int64 (n,), and which are close.

    `most` is how many of the image's own are close to one: a sighting has no more features.
    """

    found: NDArray[np.int64]
    close: NDArray[np.bool_]
    most: int


def sight(asked: Features, seen: Features) -> Sighting | None:
    """Where the query lies on an indexed image, None where nothing is agreed upon.

    Nearest codes are matched, then a similarity is fitted, or a homography by MAGSAC++ (Barath
    et al., CVPR 2020) where that agrees with more; one that mirrors, turns or stretches
    more than a camera would is refused.
    """
    return _sight(asked, seen, _match(asked, seen))


def sightings(
    asked: Features, candidates: Sequence[tuple[T, Features]], most: int, rival: float
) -> list[tuple[T, Sighting]]:
    """Where the query lies on the `most` candidates that have most of its features.

    In the order given, all of those among them that have at least the share `rival` of the
    features of the best; others may be missing. Those that match best are fitted first, and what
    cannot come up to them any more, whatever its fit, is not.
    """
    matched = [_match(asked, seen) for _, seen in candidates]
    found: dict[int, Sighting] = {}
    for place in sorted(range(len(matched)), key=lambda i: -matched[i].most):
        counts = sorted((one.features for one in found.values()), reverse=True)
        least = max(counts[most - 1 : most] + [rival * count for count in counts[:1]], default=0)
        if matched[place].most < least:
            break
        sighting = _sight(asked, candidates[place][1], matched[place])
        if sighting is not None:
            found[place] = sighting
    return [(candidates[place][0], found[place]) for place in sorted(found)]


def _sight(asked: Features, seen: Features, matched: _Matched) -> Sighting | None:
    close, found = matched.close, matched.found
    if close.sum() < LEAST:
        return None
    here = asked.places() * _unit(asked.aspect)
    there = seen.places() * _unit(seen.aspect)
    fitted = _fit(here[close], there[found[close]])
    if fitted is None:
        return None
    edges = _project(fitted, _corners() * _unit(asked.aspect))
    if not _plausible(edges, asked.aspect):
        return None
    agreeing = close & (_off(fitted, here, there[found]) < _TOLERANCE * 1.5)
    count = len(np.unique(found[agreeing]))
    if count < LEAST:
        return None
    low, high = edges.min(0).clip(0, _unit(seen.aspect)), edges.max(0).clip(0, _unit(seen.aspect))
    box = np.concatenate([low, high]) / np.tile(_unit(seen.aspect), 2)
    where = Box(*(round(float(edge), 4) for edge in box))
    return Sighting(where, count, fitted)


def _match(asked: Features, seen: Features) -> _Matched:
    if len(asked) < LEAST or len(seen) < LEAST:
        return _Matched(np.zeros(0, np.int64), np.zeros(0, np.bool_), 0)
    distances, found = _nearest(asked, seen)
    close = distances <= NEAR
    return _Matched(found, close, len(np.unique(found[close])))


def _nearest(asked: Features, seen: Features) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """The distance of each query feature to the nearest of an image, and which that is.

    Plane by plane on whole words takes half the time of OpenCV's loop over bytes.
    """
    shape = len(asked), len(seen)
    bits, apart = np.empty(shape, np.uint64), np.zeros(shape, np.uint8)
    for here, there in zip(asked.codes.T, seen.codes.T, strict=True):
        np.bitwise_xor(here[:, None], there[None, :], out=bits)
        apart += np.bitwise_count(bits)
    found = apart.argmin(axis=1)
    return apart[np.arange(len(asked)), found], found.astype(np.int64)


def _unit(aspect: float) -> NDArray[np.float32]:
    """Width and height of an image, the longer side 1."""
    return np.array([min(1.0, aspect), min(1.0, 1 / aspect)], np.float32)


def _corners() -> Points:
    return np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32)


def _fit(here: Points, there: Points) -> NDArray[np.float64] | None:
    """The 3 × 3 matrix that takes points of the query to the indexed image.

    A homography bends to what matches by chance, and lies some pixels off on a cut and scaled
    screen, where a similarity is exact. So it has to agree with a tenth more features.
    """
    cv2.setRNGSeed(0)
    first, mask = cv2.estimateAffinePartial2D(
        here, there, method=cv2.RANSAC, ransacReprojThreshold=_TOLERANCE * 2.5, maxIters=600
    )
    if first is None or mask.sum() < LEAST - 2:
        return None
    plain = _refined(np.vstack([first, [0, 0, 1]]), here, there, _similarity)
    off = _off(plain, here, there)
    near, exact = off < 0.1, np.sum(off < _EXACT)
    if near.sum() >= 2 * LEAST and np.sum(off < _TOLERANCE * 2.5) > _BENT * exact:
        bent, _ = cv2.findHomography(
            here[near], there[near], cv2.USAC_MAGSAC, _TOLERANCE, maxIters=500
        )
        if bent is not None:
            bent = _refined(np.asarray(bent, np.float64), here, there, _homography)
            if np.sum(_off(bent, here, there) < _EXACT) > _BENT * exact:
                return bent
    return plain


def _refined(
    matrix: NDArray[np.float64], here: Points, there: Points, fit: Fit
) -> NDArray[np.float64]:
    """A matrix fitted by least squares to what it agrees with, ever more exactly."""
    for tolerance in (_TOLERANCE, _TOLERANCE / 2, _EXACT):
        near = _off(matrix, here, there) < tolerance
        fitted = fit(here[near], there[near]) if near.sum() >= LEAST - 2 else None
        if fitted is None:
            break
        matrix = np.asarray(fitted, np.float64)
    return matrix


def _similarity(here: Points, there: Points) -> NDArray[np.float64] | None:
    """That of the least squared distance; points are complex numbers, which it multiplies by one
    and adds one to. None where all points are one."""
    one, two = here @ np.array([1, 1j]), there @ np.array([1, 1j])
    around = one - one.mean()
    spread = np.vdot(around, around).real
    if spread == 0:
        return None
    turn = np.vdot(around, two) / spread
    shift = two.mean() - turn * one.mean()
    return np.array(
        [[turn.real, -turn.imag, shift.real], [turn.imag, turn.real, shift.imag], [0, 0, 1]]
    )


def _homography(here: Points, there: Points) -> NDArray[np.float64] | None:
    """That of the least squared distance; None of few points, which it would only follow."""
    if len(here) < 2 * LEAST:
        return None
    fitted, _ = cv2.findHomography(here, there)
    return None if fitted is None else np.asarray(fitted, np.float64)


def _off(matrix: NDArray[np.float64], here: Points, there: Points) -> NDArray[np.float32]:
    """How far from its match each point comes to lie, float32 (n,)."""
    return np.asarray(np.linalg.norm(_project(matrix, here) - there, axis=1), np.float32)


def _project(matrix: NDArray[np.float64], points: Points) -> Points:
    moved = np.concatenate([points, np.ones((len(points), 1))], axis=1) @ matrix.T
    return np.asarray(moved[:, :2] / np.where(moved[:, 2:] == 0, 1e-9, moved[:, 2:]), np.float32)


def _plausible(edges: Points, aspect: float) -> bool:
    """Whether the corners of the query still make a picture held about upright."""
    sides = np.roll(edges, -1, axis=0) - edges
    cross = sides[:, 0] * np.roll(sides[:, 1], -1) - sides[:, 1] * np.roll(sides[:, 0], -1)
    if (cross <= 0).any():
        return False
    lengths = np.linalg.norm(sides, axis=1)
    turns = [np.arctan2(sides[0, 1], sides[0, 0]), np.arctan2(-sides[1, 0], sides[1, 1])]
    if np.abs(turns).max() > _TURN or lengths.min() < 0.02 or lengths.max() > 20:
        return False
    stretch = (lengths[0] + lengths[2]) / (lengths[1] + lengths[3]) / aspect
    opposite = max(lengths[0] / lengths[2], lengths[1] / lengths[3])
    opposite = max(opposite, lengths[2] / lengths[0], lengths[3] / lengths[1])
    return bool(1 / _STRETCH < stretch < _STRETCH and opposite < _STRETCH)
