"""The local features of a segment's images, in one file that is searched where it lies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray

from indexer.regions.features import PLANES, Codes, Features

REGIONS = "regions.bin"
"""The file in the folder of a segment. A segment without it takes no part in the lane."""

_MAGIC = 0x31474552_50495254
_PER_WORD = 100
_MOST_WORDS = 16_384
_SAMPLE = 40
"""Features of each word that k-means looks at."""

_PROBES = 3
_MOST_READ = 400_000
"""Features that one query compares with in a segment: longer lists, of what recurs, are not."""

NEAR = 55
"""Most bits in which the codes of one feature in two copies differ, of 192."""

_NEIGHBOURS = 12
"""Most features that vote for their images, of those near to one of the query."""

_HEAD = 6  # numbers: magic, features, images, rows, words, nothing


@dataclass(frozen=True, slots=True)
class Votes:
    """Which features of a query an image has: `asked`, int64 (n,), and `images`, int64 (n,)."""

    asked: NDArray[np.int64]
    images: NDArray[np.int64]


def write_regions(path: Path, rows: Mapping[int, Features]) -> None:
    """Write the features of images by row, those of equal images once.

    Features are grouped into visual words (Sivic and Zisserman, "Video Google", ICCV 2003) by
    k-means on the numbers of their codes; the code itself then is the signature of the feature
    within its word (Jégou et al., "Hamming Embedding", ECCV 2008).
    """
    numbers: dict[bytes, int] = {}
    distinct: list[Features] = []
    image_of_row = []
    for features in rows.values():
        number = numbers.setdefault(features.to_bytes(), len(distinct))
        if number == len(distinct):
            distinct.append(features)
        image_of_row.append(number)
    counts = [len(features) for features in distinct]
    codes = np.concatenate([features.codes for features in distinct])
    points = np.concatenate([features.points for features in distinct])
    owners = np.repeat(np.arange(len(distinct)), counts)
    words = _learn(codes)
    assigned = _nearest(words, codes, 1)[:, 0]
    order = np.lexsort((owners, assigned))
    places = np.empty(len(order), np.int64)
    places[order] = np.arange(len(order))
    head = [_MAGIC, len(codes), len(distinct), len(rows), len(words), 0]
    with path.open("wb") as file:
        for part, kind in (
            (head, "<u8"),
            (codes[order], "<u8"),
            (list(rows), "<i8"),
            (np.cumsum([0, *counts]), "<i8"),
            (np.searchsorted(assigned[order], np.arange(len(words) + 1)), "<i8"),
            (words, "<f4"),
            (image_of_row, "<u4"),
            (owners[order], "<u4"),
            (places, "<u4"),
            ([features.aspect for features in distinct], "<f4"),
            (points[order], "<u2"),
        ):
            file.write(np.asarray(part).astype(kind).tobytes())


class Regions:
    """The features of a sealed segment, mapped from its file. Used from any number of threads.

    `rows`, int64 (r,), are the rows with features, ascending; `images`, uint32 (r,), says which
    image each has; an image is a number below `count`.
    """

    def __init__(self, path: Path) -> None:
        """Raises ValueError for a file that is none, OSError where it cannot be read."""
        data = np.memmap(path, np.uint8, "r")
        head = [int(number) for number in data[: _HEAD * 8].view("<u8")]
        if len(head) != _HEAD or head[0] != _MAGIC:
            raise ValueError(f"{path.name} holds no features")
        size, self.count, rows, words = head[1:5]
        self._data = data
        self._at = _HEAD * 8
        self._codes = self._take("<u8", size, PLANES)
        self.rows: NDArray[np.int64] = self._take("<i8", rows)
        self._starts = self._take("<i8", self.count + 1)
        self._lists = np.array(self._take("<i8", words + 1))
        self._words: NDArray[np.float32] = np.array(self._take("<f4", words, 64))
        self.images: NDArray[np.uint32] = self._take("<u4", rows)
        self._owners = self._take("<u4", size)
        self._places = self._take("<u4", size)
        self._aspects = self._take("<f4", self.count)
        self._points = self._take("<u2", size, 2)
        if self._at != len(data):
            raise ValueError(f"{path.name} has {len(data):,} bytes, not {self._at:,}")

    def features(self, image: int) -> Features:
        """Those of an image."""
        places = self._places[self._starts[image] : self._starts[image + 1]]
        return Features(self._points[places], self._codes[places], float(self._aspects[image]))

    def rows_of(self, image: int) -> NDArray[np.int64]:
        """The rows that have the image, ascending."""
        found: NDArray[np.int64] = self.rows[self.images == image]
        return found

    def stored(self) -> dict[int, Features]:
        """Features by row, as `write_regions` takes them."""
        return {
            int(row): self.features(int(image))
            for row, image in zip(self.rows, self.images, strict=True)
        }

    def vote(self, codes: Codes, allowed: NDArray[np.bool_] | None) -> Votes:
        """The images that have features of a query, each pair once.

        Looks into the lists of the words nearest to each code, the shortest lists first, up to a
        fixed number of features in all, so that the cost is bounded whatever the size.
        `allowed` is a mask over images, bool (count,).
        """
        probed = _nearest(self._words, codes, min(_PROBES, len(self._words)))
        asked = np.repeat(np.arange(len(codes)), probed.shape[1])
        lists = probed.ravel()
        sizes = self._lists[lists + 1] - self._lists[lists]
        order = np.argsort(sizes, kind="stable")
        order = order[np.cumsum(sizes[order]) <= max(_MOST_READ, int(sizes[order[:1]].sum()))]
        asked, lists, sizes = asked[order], lists[order], sizes[order]
        ends = np.cumsum(sizes)
        places = np.arange(int(sizes.sum())) + np.repeat(self._lists[lists] - (ends - sizes), sizes)
        whose = np.repeat(asked, sizes)
        if allowed is not None:
            passing = allowed[self._owners[places]]
            places, whose = places[passing], whose[passing]
        # take is far faster than indexing, sorting few than sorting all
        apart = _distance(np.take(self._codes, places, axis=0), np.take(codes, whose, axis=0))
        near = np.flatnonzero(apart <= _farthest(apart, whose, len(codes))[whose])
        near = near[np.lexsort((apart[near], whose[near]))]
        whose = whose[near]
        best = np.arange(len(near)) - np.searchsorted(whose, whose) < _NEIGHBOURS
        images, whose = self._owners[places[near[best]]].astype(np.int64), whose[best]
        pairs = np.unique(whose * self.count + images)
        return Votes(pairs // max(1, self.count), pairs % max(1, self.count))

    def allowed(self, mask: NDArray[np.bool_] | None) -> NDArray[np.bool_] | None:
        """Which images have a row that passes a mask over rows; bool (count,)."""
        if mask is None:
            return None
        found = np.zeros(self.count, np.bool_)
        found[self.images[mask[self.rows]]] = True
        return found

    def faults(self, chunks: int) -> list[str]:
        """What does not agree in a segment of so many chunks."""
        found = []
        rows = self.rows
        if len(rows) and (rows.min() < 0 or rows.max() >= chunks or (np.diff(rows) <= 0).any()):
            found.append("regions of chunks that are not there")
        size = len(self._codes)
        ends = [self._starts[:1], self._lists[:1], self._starts[-1:], self._lists[-1:]]
        whole = np.array_equal(np.concatenate(ends), [0, 0, size, size])
        inside = not len(rows) or int(self.images.max()) < self.count
        if not (whole and inside and np.array_equal(np.sort(self._places), np.arange(size))):
            found.append("the lists of regions are not of all features")
        elif not np.array_equal(
            self._owners[self._places], np.repeat(np.arange(self.count), np.diff(self._starts))
        ):
            found.append("regions are listed under other images than theirs")
        return found

    def _take(self, kind: str, *shape: int) -> Any:  # noqa: ANN401 - of the kind asked for
        size = int(np.prod(shape)) * np.dtype(kind).itemsize
        part = self._data[self._at : self._at + size].view(kind).reshape(shape)
        self._at += size
        return part


@dataclass(frozen=True, slots=True)
class Seen:
    """An image that may show what was asked: the chunks that have it, by segment and row.

    `score` counts the features of the query that it has, each shared by all images that have it.
    """

    segment: int
    rows: tuple[int, ...]
    features: Features
    score: float


def find_seen(
    segments: Sequence[Regions | None],
    masks: Sequence[NDArray[np.bool_] | None],
    asked: Features,
    k: int,
) -> list[Seen]:
    """The k images that have most features of a query, best first.

    Each feature has one vote, shared by the images that have it: what recurs in many is chrome.
    """
    pairs = []
    for number, (regions, mask) in enumerate(zip(segments, masks, strict=True)):
        if regions is not None and len(asked):
            votes = regions.vote(asked.codes, regions.allowed(mask))
            pairs.append(np.stack([np.full_like(votes.asked, number), votes.images, votes.asked]))
    if not pairs:
        return []
    segment, image, feature = np.concatenate(pairs, axis=1)
    sharing = np.bincount(feature, minlength=len(asked))
    found, inverse = np.unique(np.stack([segment, image]), axis=1, return_inverse=True)
    scores = np.bincount(inverse.ravel(), 1 / sharing[feature], minlength=found.shape[1])
    seen = []
    for place in np.argsort(-scores, kind="stable")[:k]:
        number, which = int(found[0, place]), int(found[1, place])
        regions, mask = segments[number], masks[number]
        assert regions is not None
        rows = regions.rows_of(which)
        live = rows if mask is None else rows[mask[rows]]
        seen.append(
            Seen(number, tuple(live.tolist()), regions.features(which), float(scores[place]))
        )
    return seen


def _distance(one: Codes, other: Codes) -> NDArray[np.uint8]:
    """Hamming distances of codes, row by row; uint8 (n,)."""
    bits = np.bitwise_count(one ^ other)
    total: NDArray[np.uint8] = bits[:, 0] + bits[:, 1] + bits[:, 2]  # .sum is slow on so few
    return total


def _farthest(apart: NDArray[np.uint8], whose: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """How far those of each query feature that may vote are, ties included; int64 (count,)."""
    cells = np.bincount(whose * 256 + apart, minlength=count * 256).reshape(count, 256)
    enough = np.cumsum(cells[:, : NEAR + 1], axis=1) >= _NEIGHBOURS
    return np.where(enough.any(axis=1), enough.argmax(axis=1), NEAR).astype(np.int64)


def _levels(codes: Codes) -> NDArray[np.float32]:
    """The numbers that codes stand for, 0 to 3; float32 (n, 64)."""
    planes = np.ascontiguousarray(codes).view(np.uint8).reshape(len(codes), PLANES, 8)
    numbers = np.unpackbits(planes, axis=2).sum(axis=1, dtype=np.uint8)
    return np.asarray(numbers, np.float32)


def _learn(codes: Codes) -> NDArray[np.float32]:
    """The words of a segment, float32 (w, 64): by k-means, one for each 100 features."""
    count = min(_MOST_WORDS, len(codes) // _PER_WORD)
    if count < 2:
        return np.asarray(_levels(codes).mean(axis=0, keepdims=True), np.float32)
    rng = np.random.default_rng(0)
    sample = codes
    if len(codes) > count * _SAMPLE:
        sample = codes[np.sort(rng.choice(len(codes), count * _SAMPLE, replace=False))]
    means = faiss.Kmeans(64, count, niter=8, seed=1, min_points_per_centroid=1)
    means.train(_levels(sample))
    return np.asarray(means.centroids, np.float32)


def _nearest(words: NDArray[np.float32], codes: Codes, k: int) -> NDArray[np.int64]:
    """The k nearest words of each code, int64 (n, k)."""
    index = faiss.IndexFlatL2(64)
    index.add(words)
    found = [
        index.search(_levels(codes[start : start + 65_536]), k)[1]
        for start in range(0, len(codes), 65_536)
    ]
    return np.concatenate(found) if found else np.zeros((0, k), np.int64)


def gather(parts: Sequence[tuple[Regions, NDArray[np.int64]]]) -> dict[int, Features]:
    """Features by new row, from segments with the new row of each row, negative for none."""
    found: dict[int, Features] = {}
    for regions, moved in parts:
        for row, image in zip(regions.rows, regions.images, strict=True):
            if moved[row] >= 0:
                found[int(moved[row])] = regions.features(int(image))
    return dict(sorted(found.items()))
