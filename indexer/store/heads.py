"""The vectors of titles and headings in a segment, apart from the passages below them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from indexer.records import Scored, Vectors
from indexer.store.vectors import Rows, SpaceVectors, write_vectors

if TYPE_CHECKING:
    from indexer.store.sealed import Segment

HEADS_FILE = "heads.bin"
"""The file in the folder of a segment. One without it, or without heads, has no scores."""

Part = tuple[Rows, Vectors]
"""Rows (n,) and the vectors (n, dim) of the heads that begin there."""


def write_heads(path: Path, parts: Sequence[Part]) -> None:
    """Write heads by row, each once, at the first chunk below it. Raises OSError."""
    rows = np.concatenate([rows for rows, _ in parts])
    vectors = np.concatenate([vectors for _, vectors in parts])
    order = np.argsort(rows)
    write_vectors(path, rows[order], vectors[order], flat_limit=len(rows))


class Heads:
    """The heads of a sealed segment, memory-mapped. Used from any number of threads.

    A head stands above the row that it has, and above those after it in the same document up
    to the next one.
    """

    def __init__(self, path: Path) -> None:
        """Raises RuntimeError, ValueError or OSError for files other than those written here."""
        self._vectors = SpaceVectors(path)

    def moved(self, rows: Rows) -> Part:
        """The heads at new rows, by the new row of each row (rows,), negative for none."""
        new = rows[self._vectors.rows]
        left = new >= 0
        return new[left], self._vectors.vectors()[left]

    def scores(
        self, rows: Rows, owners: NDArray[np.int32], vector: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """Inner product of `vector` (dim,) with the head above each row; float32 (len(rows),).

        `owners` (rows of the segment,) are the documents; NaN where nothing stands above a row.
        """
        starts = self._vectors.rows
        places = np.searchsorted(starts, rows, "right") - 1
        above = owners[starts[places]] == owners[rows]
        known = (places >= 0) & above
        distinct, inverse = np.unique(places[known], return_inverse=True)
        found = np.full(len(rows), np.nan, np.float32)
        found[known] = (self._vectors.vectors()[distinct] @ vector)[inverse]
        return found

    def faults(self, chunks: int) -> Iterator[str]:
        """What does not agree in a segment of so many chunks."""
        rows = self._vectors.rows
        if len(rows) and (rows[0] < 0 or rows[-1] >= chunks or (np.diff(rows) <= 0).any()):
            yield "heads of chunks that are not there, or two of one chunk"
        if not np.allclose(np.linalg.norm(self._vectors.vectors(), axis=1), 1.0, atol=1e-3):
            yield "heads whose vectors are not of unit length"


def rank_heads(
    segments: Sequence[Segment], vector: NDArray[np.float32], ids: Iterable[int], bits: int
) -> list[Scored]:
    """Those of the chunks `ids` that have a head, by its score, best first.

    An id is the ordinal of a segment, shifted by `bits`, plus a row.
    """
    rows: Mapping[int, list[int]] = {ordinal: [] for ordinal in range(len(segments))}
    for id in ids:
        rows[id >> bits].append(id & ((1 << bits) - 1))
    found: list[Scored] = []
    for ordinal, segment in enumerate(segments):
        if segment.heads is None or not rows[ordinal]:
            continue
        places = np.array(rows[ordinal], np.int64)
        scores = segment.heads.scores(places, segment.owners, vector)
        for row, score in zip(places.tolist(), scores.tolist(), strict=True):
            if not isnan(score):
                found.append(Scored((ordinal << bits) + row, score))
    return sorted(found, key=lambda one: (-one.score, one.id))
