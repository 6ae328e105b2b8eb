"""The vectors of one space in one segment: a FAISS file whose ids are chunk rows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray

from indexer.records import Vectors
from indexer.store.manifest import SpaceFile
from indexer.store.words import Ranking

Rows = NDArray[np.int64]

FLAT_LIMIT = 50_000
"""Up to this many vectors exact search is fast enough; beyond it a graph is built."""

# FAISS's type stubs leave out what its Python layer adds.
_all: Any = faiss.IDSelectorAll
_bitmap: Any = faiss.IDSelectorBitmap
_flat_parameters: Any = faiss.SearchParameters
_graph_parameters: Any = vars(faiss)["SearchParametersHNSW"]

_LINKS = 32
_EF_CONSTRUCTION = 200
_EF_SEARCH = 128
_FILTERED = 4
"""How much further a filtered walk goes, beyond the share that passes."""

_VISITS = 25
"""Comparisons per unit of search effort: what a walk costs beside comparing everything."""

_EXACT_ROWS = 1000
_EXACT_SHARE = 0.02
_SAMPLE = 200
_SPARE = 16


def write_vectors(
    path: Path, rows: Rows, vectors: Vectors, flat_limit: int = FLAT_LIMIT
) -> SpaceFile:
    """Index unit vectors (n, dim) under ids `rows` (n,) and write them to `path`.

    Beyond `flat_limit` vectors it is a graph (HNSW, Malkov and Yashunin 2016), checked
    against exact search on a sample.
    """
    count, dim = vectors.shape
    flat = count <= flat_limit
    inner = faiss.IndexFlatIP(dim) if flat else _new_graph(dim)
    index = faiss.IndexIDMap2(inner)
    index.add_with_ids(vectors, rows)
    faiss.write_index(index, str(path))
    recall = 1.0 if flat else _recall_at_10(inner, vectors)
    return SpaceFile("flat" if flat else f"hnsw{_LINKS}", count, dim, recall)


def _new_graph(dim: int) -> faiss.Index:
    graph: Any = faiss.IndexHNSWFlat(dim, _LINKS, faiss.METRIC_INNER_PRODUCT)
    graph.hnsw.efConstruction = _EF_CONSTRUCTION
    made: faiss.Index = graph
    return made


def _recall_at_10(graph: faiss.Index, vectors: Vectors) -> float:
    """The share of the true ten nearest that the graph finds, over a fixed sample.

    Ties count as found: a neighbour is right when its score reaches the tenth best.
    """
    k = min(10, len(vectors))
    sample = np.random.default_rng(0).choice(len(vectors), min(_SAMPLE, len(vectors)), False)
    queries = vectors[sample]
    exact = faiss.IndexFlatIP(vectors.shape[1])
    exact.add(vectors)
    tenth = exact.search(queries, k)[0][:, -1:]
    scores, ids = graph.search(queries, k, params=_graph_parameters(efSearch=_EF_SEARCH))
    return float(((scores >= tenth - 1e-6) & (ids >= 0)).mean())


class SpaceVectors:
    """The vectors of a sealed segment, memory-mapped. Searched from any number of threads."""

    def __init__(self, path: Path) -> None:
        """Raises RuntimeError when `path` is not a FAISS file of the kind written here."""
        outer: Any = faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC)
        index: Any = faiss.downcast_index(outer.index)
        self._graph = isinstance(index, faiss.IndexHNSWFlat)
        storage: Any = faiss.downcast_index(index.storage) if self._graph else index
        count, dim = index.ntotal, index.d
        flat = faiss.rev_swig_ptr(storage.get_xb(), count * dim) if count else np.empty(0, "f4")
        self._matrix: Vectors = flat.reshape(count, dim)
        self._index = index
        self._storage = storage
        self._outer = outer  # owns the mapped file
        self.rows: Rows = faiss.vector_to_array(outer.id_map)
        """Chunk row of each vector, (n,)."""

    def search(
        self, vector: NDArray[np.float32], k: int, mask: NDArray[np.bool_] | None
    ) -> Ranking:
        """The k chunks of the highest inner product with `vector` (dim,).

        `mask` (bool, (rows of the segment,)) says which rows may be returned. Few passing
        rows are compared one by one; otherwise the filter runs inside the FAISS search.
        """
        passing = None if mask is None else mask[self.rows]
        count = len(self.rows) if passing is None else int(passing.sum())
        k = min(k, count)
        if k < 1:
            return []
        query = np.ascontiguousarray(vector, np.float32).reshape(1, -1)
        if passing is not None and count <= max(_EXACT_ROWS, _EXACT_SHARE * len(self.rows)):
            places = np.flatnonzero(passing)
            scores = np.einsum("nd,d->n", self._matrix[places], query[0])  # equal rows, equal sums
            return self._rank(scores, places, k)
        found = self._walk(query, k, passing, count) if self._graph else []
        return found if len(found) == k else self._scan(query, k, passing, count)

    def _walk(
        self, query: Vectors, k: int, passing: NDArray[np.bool_] | None, count: int
    ) -> Ranking:
        """Search the graph; nothing where comparing all that pass costs less."""
        fetch = min(k + _SPARE, count)
        effort = max(_EF_SEARCH, 2 * fetch)
        if passing is not None:
            # The walk also visits rows that do not pass, which may be the nearest of all.
            effort = int(_FILTERED * effort * len(self.rows) / count)
        if count <= _VISITS * effort:
            return []
        parameters = _graph_parameters(sel=_selector(passing), efSearch=effort)
        scores, places = self._index.search(query, fetch, params=parameters)
        found = places[0] >= 0
        return self._rank(scores[0][found], places[0][found], k)

    def _scan(
        self, query: Vectors, k: int, passing: NDArray[np.bool_] | None, count: int
    ) -> Ranking:
        """Search exactly, past k until the score at k differs from the last: ties are whole."""
        fetch = min(k + _SPARE, count)
        parameters = _flat_parameters(sel=_selector(passing))
        while True:
            scores, places = self._storage.search(query, fetch, params=parameters)
            if fetch == count or scores[0, -1] != scores[0, k - 1]:
                return self._rank(scores[0], places[0], k)
            fetch = min(fetch * 4, count)

    def _rank(self, scores: NDArray[np.float32], places: Rows, k: int) -> Ranking:
        rows = self.rows[places]
        best = np.lexsort((rows, -scores))[:k]
        return list(zip(rows[best].tolist(), scores[best].tolist(), strict=True))


def _selector(passing: NDArray[np.bool_] | None) -> faiss.IDSelector:
    # Even "all" is a selector: with none, FAISS starts threads for a single query, which
    # costs more than the search where the cores are shared.
    made: faiss.IDSelector = (
        _all() if passing is None else _bitmap(np.packbits(passing, bitorder="little"))
    )
    return made
