"""Inverted lists of 1-bit codes: IVF with RaBitQ (Gao and Long 2024)."""

from __future__ import annotations

from math import log2, sqrt
from pathlib import Path
from typing import Any

import faiss
import numpy as np

from indexer.records import Vectors
from indexer.store.ann.base import Passing, Places, Setting, ask, lies_away, selector
from indexer.store.ann.tune import Ladder, Tuned, tune

_MOST_FLAT_LISTS = 4096
"""Beyond this many lists, finding the nearest of them is itself left to a graph."""

_COARSE_EFFORT = 256
_PER_LIST = 40
"""Training vectors for each list."""

_ROUNDS = 10
"""Iterations of k-means: more hardly move the lists."""

_WIDENS = (2.0, 4.0, 8.0, 16.0, 32.0)
_CODES = 25
"""How many codes are compared in the time that one vector is fetched and compared."""

_FILTERED = 8
"""How many times as many passing rows a filtered search goes through."""

_FARTHER = 2
"""How many times as many candidates it fetches: codes tell less about what is far away."""

_parameters: Any = vars(faiss)["SearchParametersIVF"]


def list_count(count: int) -> int:
    """Lists for `count` vectors: a power of two near 4 √n, and no more than there are."""
    return 1 << min(round(log2(4 * sqrt(count))), count.bit_length() - 1)


def name_of(count: int) -> str:
    return f"ivf{list_count(count)}-rabitq"


def build_lists(path: Path, vectors: Vectors) -> Tuned:
    """Sort unit vectors (n, dim) into lists, write their codes, and tune the search."""
    count, dim = vectors.shape
    lists = list_count(count)
    coarse = "" if lists <= _MOST_FLAT_LISTS else "_HNSW32"
    index: Any = faiss.index_factory(dim, f"IVF{lists}{coarse},RaBitQ", faiss.METRIC_INNER_PRODUCT)
    if coarse:
        graph: Any = faiss.downcast_index(index.quantizer)
        graph.hnsw.efSearch = _COARSE_EFFORT
    some = np.random.default_rng(0).choice(count, min(count, _PER_LIST * lists), replace=False)
    index.cp.niter = _ROUNDS
    index.cp.min_points_per_centroid = 1  # few vectors are no reason to warn
    index.train(vectors[np.sort(some)])
    index.add(vectors)
    faiss.write_index(index, str(path))

    def search(queries: Vectors, fetch: int, effort: int) -> Places:
        found: Places = index.search(queries, fetch, params=_parameters(nprobe=effort))[1]
        return found

    efforts = [1 << power for power in range(2, lists.bit_length())] or [1]
    return tune(search, vectors, Ladder(efforts, _WIDENS, count / lists / _CODES))


class Lists:
    """Memory-mapped inverted lists. Raises RuntimeError when `path` does not hold them."""

    def __init__(self, path: Path, setting: Setting) -> None:
        self.setting = setting
        index: Any = faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC)
        if not isinstance(index, faiss.IndexIVFRaBitQ):
            raise RuntimeError(f"{path}: holds {type(index).__name__}, not inverted lists")
        index.nprobe = setting.effort
        self._index = index
        self.count: int = index.ntotal
        self.dim: int = index.d

    def candidates(self, query: Vectors, k: int) -> Places:
        """See Approximate."""
        fetch = self.setting.fetch(k, self.count)
        return ask(self._index, query, fetch, None)

    def candidates_of(self, query: Vectors, k: int, passing: Passing, count: int) -> Places | None:
        """See Approximate. Probes as many more lists as rows are fewer, all if need be."""
        probes = min(
            int(np.ceil(_FILTERED * self.setting.effort * self.count / count)), self._index.nlist
        )
        if lies_away(self.candidates(query, k), passing, count):
            probes = self._index.nlist
        parameters = _parameters(sel=selector(passing), nprobe=probes)
        fetch = self.setting.fetch(_FARTHER * k, count)
        return ask(self._index, query, fetch, parameters)
