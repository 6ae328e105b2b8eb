"""Where the vectors of each modality lie in a space, so that chunks of all can be compared.

Vectors of images and of texts keep apart in a shared space: an inner product tells first which
of the two a chunk is, and only then what it is about (the modality gap). Taking the mean of its
modality away from every vector, and comparing directions, mends that (Li et al., "Closing the
Modality Gap for Mixed Modality Search", arXiv 2507.19054). A query still comes closer to what
was encoded as it was, so cosines are measured by what a hundredth of each modality reaches.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from indexer.records import Modality, Vectors
from indexer.store.base import Selection

if TYPE_CHECKING:
    from indexer.store.sealed import Mask, Segment

_DIGITS = 7
_WIDEN = 2
"""Chunks fetched by inner product for each one wanted by cosine."""

_SAMPLE = 1000
"""Vectors of each modality by which its cosines with a query are told."""

_TOP = 100
"""The cosine that one in so many reaches is the unit of the scale. The very best would not do:
where one is the image that was asked with, all others would seem far."""

_PRIOR = 10
"""A modality is thought to hold this many vectors more, of no direction: a mean of few says
little, and a single image would be its own mean and like nothing."""

_REACH = 2.33
"""Deviations above the mean that one in a hundred of a normal distribution reaches."""


@dataclass(frozen=True, slots=True)
class Centre:
    """How many vectors there are, and their mean (dim,)."""

    count: int
    mean: tuple[float, ...]


Centres = Mapping[Modality, Centre]


def find_centres(vectors: Vectors, modalities: Sequence[Modality]) -> dict[Modality, Centre]:
    """The centre of each modality; vector i (of n, dim) is that of a chunk of `modalities[i]`."""
    names = np.array(modalities)
    found: dict[Modality, Centre] = {}
    for modality in sorted(set(modalities)):
        chosen = names == modality
        count = int(chosen.sum())
        mean = chosen.astype(np.float32) @ vectors / np.float32(count)  # copies no vectors
        found[modality] = Centre(count, tuple(round(float(x), _DIGITS) for x in mean))
    return found


@dataclass(frozen=True, slots=True, eq=False)
class _Cloud:
    """The vectors of one modality: which they are, their mean (dim,), directions of some."""

    masks: tuple[NDArray[np.bool_], ...]
    count: int
    mean: NDArray[np.float32]
    sample: Vectors

    def scale(self, vector: NDArray[np.float32]) -> tuple[float, float]:
        """The mean cosine of a unit vector (dim,) with a modality; how far above is one in _TOP."""
        cosines = np.sort(_products(self.sample, vector))
        known = self.count / (self.count + _PRIOR)
        mean = top = 0.0
        if len(cosines):
            mean, top = float(cosines.mean()), float(cosines[-max(1, len(cosines) // _TOP)])
        chance = _REACH / float(np.sqrt(len(vector)))
        return known * mean, known * (top - mean) + (1 - known) * chance


class Clouds:
    """The vectors of a space by modality, over all segments of a generation.

    Means count deleted chunks too, and are drawn to the origin where vectors are few.
    """

    def __init__(self, space: str, segments: Sequence[Segment], live: Sequence[Mask]) -> None:
        self._space = space
        self._segments = segments
        self._live = live

    @cached_property
    def means(self) -> Mapping[Modality, NDArray[np.float32]]:
        """The mean (dim,) of each modality."""
        return {modality: cloud.mean for modality, cloud in self._clouds.items()}

    def search(
        self, vector: NDArray[np.float32], k: int, selection: Selection | None
    ) -> list[tuple[int, int, float]]:
        """(segment ordinal, row, score) of the k best of all modalities, best first.

        `vector` (dim,) is of unit length, or of zeros. See `Store.across` for the score.
        """
        none = np.empty(0, np.int64)
        found = [(none, none, np.empty(0, np.float32))]
        for cloud in self._clouds.values():
            mean, reach = cloud.scale(vector)
            for ordinal, own in enumerate(cloud.masks):
                mask = own if selection is None else own & selection.masks[ordinal]
                held = self._segments[ordinal].spaces.get(self._space)
                if held is None or not mask.any():
                    continue
                rows = np.array([row for row, _ in held.search(vector, k * _WIDEN, mask)], np.int64)
                directions = unit(held.of(rows) - cloud.mean)
                scores = (_products(directions, vector) - mean) / reach
                found.append((np.full_like(rows, ordinal), rows, scores))
        ordinals, rows, scores = (np.concatenate(parts) for parts in zip(*found, strict=True))
        best = np.lexsort((rows, ordinals, -scores))[:k]
        taken = (ordinals[best].tolist(), rows[best].tolist(), scores[best].tolist())
        return list(zip(*taken, strict=True))

    @cached_property
    def _clouds(self) -> Mapping[Modality, _Cloud]:
        parts = [segment.info.centres.get(self._space, {}) for segment in self._segments]
        found: dict[Modality, _Cloud] = {}
        for modality in sorted({modality for part in parts for modality in part}):
            held = [part[modality] for part in parts if modality in part]
            count = sum(centre.count for centre in held)
            total = sum(np.array(centre.mean, np.float64) * centre.count for centre in held)
            mean = np.asarray(total / (count + _PRIOR), np.float32)
            masks = tuple(
                segment.of(modality) if mask is None else segment.of(modality) & mask
                for segment, mask in zip(self._segments, self._live, strict=True)
            )
            sample = unit(_sample(self._space, self._segments, masks) - mean)
            found[modality] = _Cloud(masks, count, mean, sample)
        return found


def _sample(space: str, segments: Sequence[Segment], masks: Sequence[NDArray[np.bool_]]) -> Vectors:
    """Up to _SAMPLE vectors of the rows in `masks`, evenly spaced: float32 (n, dim)."""
    held = [
        (segment.spaces[space], np.flatnonzero(mask[segment.spaces[space].rows]))
        for segment, mask in zip(segments, masks, strict=True)
        if space in segment.spaces
    ]
    count = sum(len(places) for _, places in held)
    wanted = np.linspace(0, count - 1, min(count, _SAMPLE)).round().astype(np.int64)
    found: list[Vectors] = []
    first = 0
    for vectors, places in held:
        here = wanted[(wanted >= first) & (wanted < first + len(places))] - first
        found.append(vectors.vectors()[places[here]])
        first += len(places)
    return np.concatenate(found)


def _products(vectors: Vectors, vector: NDArray[np.float32]) -> NDArray[np.float32]:
    """Inner products of vectors (n, dim) with one (dim,): float32 (n,).

    Not by BLAS, which wakes threads for it and waits for them where the cores are shared.
    """
    products: NDArray[np.float32] = np.einsum("nd,d->n", vectors, vector)
    return products


def unit(vectors: Vectors) -> Vectors:
    """Vectors (…, dim) at length 1; zeros stay."""
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    scaled: Vectors = vectors / np.maximum(lengths, np.float32(1e-12))
    return scaled
