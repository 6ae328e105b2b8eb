"""The vectors of one space in one segment: a FAISS file whose ids are chunk rows.

Beyond some tens of thousands an approximate index lies beside it (`NAME.ann`), with how to
search it (`NAME.ann.json`). It proposes candidates; the vectors themselves decide.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray

from indexer.records import Vectors
from indexer.store.ann.base import (
    FLAT_LIMIT,
    GRAPH_LIMIT,
    Approximate,
    Kind,
    Passing,
    Places,
    kind_for,
    read_setting,
    selector,
    setting_path,
    write_setting,
)
from indexer.store.ann.graph import NAME as GRAPH_NAME
from indexer.store.ann.graph import Graph, build_graph
from indexer.store.ann.lists import Lists, build_lists, name_of
from indexer.store.manifest import SpaceFile
from indexer.store.words import Ranking

Rows = NDArray[np.int64]

# FAISS's type stubs leave out what its Python layer adds.
_all: Any = faiss.IDSelectorAll
_flat_parameters: Any = faiss.SearchParameters

_EXACT_ROWS = 1000
"""So few passing rows are compared one by one, without FAISS."""

_SPARE = 16


def write_vectors(
    path: Path,
    rows: Rows,
    vectors: Vectors,
    flat_limit: int = FLAT_LIMIT,
    graph_limit: int = GRAPH_LIMIT,
) -> SpaceFile:
    """Index unit vectors (n, dim) under ids `rows` (n,) and write them to `path`.

    Beyond `flat_limit` vectors a graph is made beside them, beyond `graph_limit` inverted
    lists; both are checked against exact search on a sample.
    """
    count, dim = vectors.shape
    _write_flat(path, rows, vectors)
    kind = kind_for(count, flat_limit, graph_limit)
    if kind is Kind.FLAT:
        return SpaceFile("flat", count, dim, 1.0)
    beside = ann_path(path)
    build = build_graph if kind is Kind.GRAPH else build_lists
    tuned = build(beside, vectors)
    write_setting(beside, kind, tuned.setting)
    name = GRAPH_NAME if kind is Kind.GRAPH else name_of(count)
    return SpaceFile(name, count, dim, tuned.recall_at_10)


def _write_flat(path: Path, rows: Rows, vectors: Vectors) -> None:
    index = faiss.IndexIDMap(faiss.IndexFlatIP(vectors.shape[1]))
    index.add_with_ids(vectors, rows)
    faiss.write_index(index, str(path))


def ann_path(path: Path) -> Path:
    """Where the approximate index of the vectors in `path` lies, if there is one."""
    return path.with_suffix(".ann")


class SpaceVectors:
    """The vectors of a sealed segment, memory-mapped. Searched from any number of threads."""

    def __init__(self, path: Path) -> None:
        """Raises RuntimeError, ValueError or OSError for files other than those written here."""
        outer: Any = faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC)
        flat: Any = faiss.downcast_index(outer.index)
        if not isinstance(flat, faiss.IndexFlat):
            raise RuntimeError(f"{path}: holds {type(flat).__name__}, not vectors")
        count, dim = flat.ntotal, flat.d
        self._flat = flat
        self._outer = outer  # owns the mapped file
        pointer = int(flat.get_xb()) if count else 0
        self._matrix: Vectors = np.asarray(_Mapped(outer, pointer, (count, dim)))
        self.rows: Rows = faiss.vector_to_array(outer.id_map)
        """Chunk row of each vector, (n,)."""
        self._dense = bool((self.rows == np.arange(count)).all())
        self._approximate = _open_approximate(path, count, dim)

    def vectors(self) -> Vectors:
        """All vectors in the order of `rows`: float32 (n, dim), mapped, read-only."""
        return self._matrix

    def of(self, rows: Rows) -> Vectors:
        """The vectors of chunk rows that have one: float32 (len(rows), dim)."""
        return self._matrix[rows if self._dense else np.searchsorted(self.rows, rows)]

    def search(
        self, vector: NDArray[np.float32], k: int, mask: NDArray[np.bool_] | None
    ) -> Ranking:
        """The k chunks of the highest inner product with `vector` (dim,).

        `mask` (bool, (rows of the segment,)) says which rows may be returned. Few passing
        rows are compared one by one; otherwise the filter runs inside the FAISS search.
        """
        query = np.ascontiguousarray(vector, np.float32).reshape(1, -1)
        passing = None if mask is None else self._passing(mask)
        count = len(self.rows) if passing is None else int(np.count_nonzero(passing))
        if count == len(self.rows):
            passing = None
        k = min(k, count)
        if k < 1:
            return []
        places: Places | None = None
        if passing is not None and count <= _EXACT_ROWS:
            places = np.flatnonzero(passing)
        elif self._approximate is not None and passing is None:
            places = self._approximate.candidates(query, k)
        elif self._approximate is not None and passing is not None:
            places = self._approximate.candidates_of(query, k, passing, count)
        if places is None or len(places) < k:
            return self._scan(query, k, passing, count)
        scores = np.einsum("nd,d->n", self._matrix[places], query[0])  # equal rows, equal sums
        return self._rank(scores, places, k)

    def _passing(self, mask: NDArray[np.bool_]) -> Passing:
        return mask[: len(self.rows)] if self._dense else mask[self.rows]

    def _scan(self, query: Vectors, k: int, passing: Passing | None, count: int) -> Ranking:
        """Search exactly, past k until the score at k differs from the last: ties are whole."""
        fetch = min(k + _SPARE, count)
        # Even "all" is a selector: with none, FAISS starts threads for a single query, which
        # costs more than the search where the cores are shared.
        parameters = _flat_parameters(sel=_all() if passing is None else selector(passing))
        while True:
            scores, places = self._flat.search(query, fetch, params=parameters)
            if fetch == count or scores[0, -1] != scores[0, k - 1]:
                return self._rank(scores[0], places[0], k)
            fetch = min(fetch * 4, count)

    def _rank(self, scores: NDArray[np.float32], places: Places, k: int) -> Ranking:
        rows = places if self._dense else self.rows[places]
        best = np.lexsort((rows, -scores))[:k]
        return list(zip(rows[best].tolist(), scores[best].tolist(), strict=True))


def _open_approximate(path: Path, count: int, dim: int) -> Approximate | None:
    """The index beside the vectors in `path`, if there is one."""
    beside = ann_path(path)
    if not beside.exists() and not setting_path(beside).exists():
        return None
    kind, setting = read_setting(beside)
    made = Graph(beside, setting) if kind is Kind.GRAPH else Lists(beside, setting)
    if (made.count, made.dim) != (count, dim):
        raise ValueError(
            f"{beside}: {made.count} codes of dimension {made.dim} beside {count} of {dim}"
        )
    return made


class _Mapped:
    """Lends FAISS's memory to numpy, and keeps its owner for as long as numpy has it."""

    def __init__(self, owner: object, pointer: int, shape: tuple[int, int]) -> None:
        self._owner = owner
        self.__array_interface__ = {
            "version": 3,
            "typestr": "<f4",
            "shape": shape,
            "data": (pointer, True),
        }
