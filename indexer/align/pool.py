"""The passages of an index that a question can find, with their vectors."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from indexer.records import StoredChunk, Vectors
from indexer.store.index import ID_BITS, Index
from indexer.store.manifest import segment_path, space_path
from indexer.store.vectors import SpaceVectors

MOST = 10_000
"""Passages that are ranked against; of a larger index those near some question."""

_NEAR = 20

Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Pool:
    """Passages by row: `vectors` (n, dim), and the document of each, `owners` (n,), from 0.

    `named` has the rows of every document path, asset path and record id.
    """

    vectors: Vectors
    owners: Rows
    named: dict[str, Rows]

    def rows(self, names: Iterable[str]) -> Rows:
        """The rows of any of these names, ascending."""
        found = [self.named[name] for name in names if name in self.named]
        return np.unique(np.concatenate(found)) if found else np.empty(0, np.int64)

    def subset(self, keep: NDArray[np.bool_]) -> Pool:
        """The rows of `keep`, (n,), and the names that still have some."""
        places = np.cumsum(keep) - 1
        named = {name: places[rows[keep[rows]]] for name, rows in self.named.items()}
        owners = np.unique(self.owners[keep], return_inverse=True)[1]
        return Pool(self.vectors[keep], owners, {n: rows for n, rows in named.items() if len(rows)})


def load_passages(index: Index, space: str) -> tuple[list[StoredChunk], Vectors]:
    """All n live passages of an index that have a vector in `space`, and these (n, dim)."""
    ids, vectors = _stored(index, space)
    live = np.isin(ids, np.asarray(index.ids(), np.int64))
    return index.get(ids[live].tolist()), vectors[live]


def pool_of(chunks: Sequence[StoredChunk], vectors: Vectors) -> Pool:
    """Chunks with their vectors (n, dim)."""
    documents: dict[tuple[str, str], int] = {}
    owners = np.empty(len(chunks), np.int64)
    named: dict[str, list[int]] = {}
    for row, chunk in enumerate(chunks):
        owners[row] = documents.setdefault((chunk.source, chunk.document), len(documents))
        names = {chunk.document, chunk.asset, chunk.document.partition("#")[2]}
        for name in names - {None, ""}:
            named.setdefault(str(name), []).append(row)
    return Pool(vectors, owners, {name: np.array(rows) for name, rows in named.items()})


def narrow(pool: Pool, queries: Vectors, needed: Iterable[str], most: int = MOST) -> Pool:
    """The pool, or what of a large one matters."""
    return pool if len(pool.vectors) <= most else pool.subset(nearby(pool, queries, needed, most))


def nearby(
    pool: Pool, queries: Vectors, needed: Iterable[str], most: int = MOST
) -> NDArray[np.bool_]:
    """What of a pool matters, (n,): `needed` names and whatever is near a query.

    Passages near a question and not right for it are the hard negatives. All of a pool of no
    more than `most` rows matters.
    """
    count = len(pool.vectors)
    keep = np.full(count, count <= most)
    keep[pool.rows(needed)] = True
    near = min(_NEAR, count)
    for start in range(0, 0 if count <= most else len(queries), 64):
        scores = queries[start : start + 64] @ pool.vectors.T
        keep[np.argpartition(-scores, near - 1, axis=1)[:, :near]] = True
    return keep


def _stored(index: Index, space: str) -> tuple[Rows, Vectors]:
    """Chunk ids (n,) and vectors (n, dim) as the segments hold them, deleted ones included."""
    ids: list[Rows] = []
    parts: list[Vectors] = []
    for ordinal, ref in enumerate(index.manifest.segments):
        path = space_path(segment_path(index.root, ref.id), space)
        if path.exists():
            found = SpaceVectors(path)
            ids.append(found.rows + (ordinal << ID_BITS))
            parts.append(np.array(found.vectors()))
    if not parts:
        return np.empty(0, np.int64), np.empty((0, index.spaces[space].dim), np.float32)
    return np.concatenate(ids), np.concatenate(parts)
