"""A graph over 8-bit codes: HNSW (Malkov and Yashunin 2016) with scalar quantisation."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import faiss
import numpy as np

from indexer.records import Vectors
from indexer.store.ann.base import Passing, Places, Setting, ask, lies_away, selector
from indexer.store.ann.tune import Ladder, Tuned, tune

_LINKS = 32
_EF_CONSTRUCTION = 200
_EFFORTS = (64, 96, 128, 192, 256, 384, 512)
_WIDENS = (1.0, 1.5, 2.5, 5.0)
_STEP = 4.0
"""A step of a walk compares some dozens of codes; fetching a vector misses the cache."""

_TARGET = 0.99
"""What is to be found of the sample, whose queries are harder than most: .994 of it went with
.999 of queries made from passages and noise."""

_DEEP = 2
"""A walk is at least this many times as broad as the ranking is long."""

_FILTERED = 16
"""How much further a filtered walk goes, beyond the share that passes."""

_VISITS = 12
"""Comparisons per unit of breadth: what a walk costs beside comparing everything."""

NAME = f"hnsw{_LINKS}-sq8"

_parameters: Any = vars(faiss)["SearchParametersHNSW"]


def build_graph(path: Path, vectors: Vectors) -> Tuned:
    """Link unit vectors (n, dim), write the graph with their codes, and tune its search.

    The links are made over the vectors themselves, which takes a copy of them meanwhile: as
    fast as over codes, and walks then find more at the same breadth.
    """
    linked: Any = faiss.IndexHNSWFlat(vectors.shape[1], _LINKS, faiss.METRIC_INNER_PRODUCT)
    linked.hnsw.efConstruction = _EF_CONSTRUCTION
    linked.add(vectors)
    index: Any = quantised(linked, vectors)
    del linked
    faiss.write_index(index, str(path))

    def search(queries: Vectors, fetch: int, effort: int) -> Places:
        found: Places = index.search(queries, fetch, params=_parameters(efSearch=effort))[1]
        return found

    return tune(search, vectors, Ladder(_EFFORTS, _WIDENS, _STEP, _TARGET))


def quantised(linked: faiss.IndexHNSWFlat, vectors: Vectors) -> faiss.IndexHNSWSQ:
    """The same links over 8-bit codes of the vectors."""
    bits: Any = faiss.ScalarQuantizer.QT_8bit
    made: Any = faiss.IndexHNSWSQ(vectors.shape[1], bits, _LINKS, faiss.METRIC_INNER_PRODUCT)
    made.train(vectors)
    made.storage.add(vectors)
    made.hnsw = linked.hnsw
    made.ntotal = linked.ntotal
    index: faiss.IndexHNSWSQ = made
    return index


class Graph:
    """A memory-mapped graph. Raises RuntimeError when `path` does not hold one."""

    def __init__(self, path: Path, setting: Setting) -> None:
        self.setting = setting
        index: Any = faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC)
        if not isinstance(index, faiss.IndexHNSWSQ):
            raise RuntimeError(f"{path}: holds {type(index).__name__}, not a graph")
        index.hnsw.efSearch = setting.effort
        self._index = index
        self.count: int = index.ntotal
        self.dim: int = index.d

    def candidates(self, query: Vectors, k: int) -> Places:
        """See Approximate."""
        fetch = self.setting.fetch(k, self.count)
        effort = max(_DEEP * k, fetch)
        # Making parameters takes a tenth of the time of a walk: the common case needs none.
        parameters = _parameters(efSearch=effort) if effort > self.setting.effort else None
        return ask(self._index, query, fetch, parameters)

    def candidates_of(self, query: Vectors, k: int, passing: Passing, count: int) -> Places | None:
        """See Approximate. A walk also visits what does not pass, perhaps the nearest of all."""
        fetch = self.setting.fetch(k, count)
        effort = max(self.setting.effort, _DEEP * k, fetch)
        effort = int(np.ceil(_FILTERED * effort * self.count / count))
        if count <= _VISITS * effort or lies_away(self.candidates(query, k), passing, count):
            return None
        parameters = _parameters(sel=selector(passing), efSearch=effort)
        return ask(self._index, query, fetch, parameters)
