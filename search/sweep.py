"""What each kind of vector index costs and finds: recall, speed and size, side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray

from indexer.errors import BadQuery
from indexer.records import Vectors
from indexer.store.ann.base import Kind, Setting, read_setting, write_setting
from indexer.store.vectors import SpaceVectors, ann_path, write_vectors

_K = 10
_ROUNDING = 1e-5
_LINKS = 32
_EFFORTS = (16, 32, 64, 128, 256)
_PROBES = (2, 4, 8, 16, 32)
_WIDENS = (2.0, 4.0, 8.0)

Search = Callable[[NDArray[np.float32]], list[float]]
"""A query (dim,) → the scores of what was found, inner products with float32 vectors."""


@dataclass(frozen=True, slots=True)
class SweepResult:
    """One kind at one setting.

    `p50_ms`, `p99_ms` and `per_second` are of single queries on one thread. `resident_bytes`
    is what a search walks through and `disk_bytes` all that is stored, both per vector.
    `chosen` marks the setting that a build picks by itself.
    """

    kind: str
    setting: str
    recall_at_10: float
    p50_ms: float
    p99_ms: float
    per_second: float
    resident_bytes: float
    disk_bytes: float
    chosen: bool = False


def sweep(
    vectors: Vectors,
    queries: Vectors,
    folder: Path,
    step: Callable[[str], None] = lambda _: None,
) -> list[SweepResult]:
    """Build every kind over unit vectors (n, dim) in `folder` and ask unit queries (q, dim).

    `step` is told what is about to be measured. Raises BadQuery when there are too few
    vectors to find ten neighbours of, or no query of their dimension.
    """
    if len(vectors) <= _K or not len(queries) or queries.shape[1] != vectors.shape[1]:
        raise BadQuery(
            f"a sweep takes more than {_K} vectors and queries of the same dimension, "
            f"not {vectors.shape} and {queries.shape}; index more documents"
        )
    search: Any = vars(faiss)["knn"]
    found = search(queries, vectors, _K, metric=faiss.METRIC_INNER_PRODUCT)
    tenth: NDArray[np.float32] = found[0][:, -1]
    results = []
    for trial in _trials(vectors, folder, step):
        step(f"{trial.kind} {trial.setting}")
        results.append(_measure(trial, queries, tenth))
    return results


@dataclass(frozen=True, slots=True)
class _Trial:
    kind: str
    setting: str
    search: Search
    resident: float
    disk: float
    chosen: bool = False


def _trials(vectors: Vectors, folder: Path, step: Callable[[str], None]) -> Iterator[_Trial]:
    yield from _plain_graph(vectors, step)
    count = len(vectors)
    for kind, limits in {
        Kind.FLAT: (count, count),
        Kind.GRAPH: (0, count),
        Kind.LISTS: (0, 0),
    }.items():
        step(f"building {kind}")
        path = folder / f"{kind}.faiss"
        written = write_vectors(path, np.arange(count), vectors, *limits)
        floats = path.stat().st_size / count
        if kind is Kind.FLAT:
            yield _Trial(written.kind, "exact", _scores(SpaceVectors(path)), floats, floats, True)
            continue
        codes = ann_path(path).stat().st_size / count
        chosen = read_setting(ann_path(path))[1]
        for setting in _settings(kind, chosen):
            write_setting(ann_path(path), kind, setting)
            space = SpaceVectors(path)
            said = f"effort {setting.effort} widen {setting.widen:g}"
            yield _Trial(
                written.kind, said, _scores(space), codes, codes + floats, setting == chosen
            )


def _settings(kind: Kind, chosen: Setting) -> list[Setting]:
    if kind is Kind.GRAPH:
        swept = [Setting(effort, 1.0) for effort in _EFFORTS]
    else:
        swept = [Setting(probes, widen) for probes in _PROBES for widen in _WIDENS]
    return sorted({*swept, chosen}, key=lambda setting: (setting.effort, setting.widen))


def _plain_graph(vectors: Vectors, step: Callable[[str], None]) -> Iterator[_Trial]:
    """HNSW over the float vectors themselves, then the same over 8-bit codes alone."""
    count, dim = vectors.shape
    bits: Any = faiss.ScalarQuantizer.QT_8bit
    made: Iterable[tuple[str, Any]] = (
        ("hnsw32", faiss.IndexHNSWFlat(dim, _LINKS, faiss.METRIC_INNER_PRODUCT)),
        ("hnsw32-sq8 alone", faiss.IndexHNSWSQ(dim, bits, _LINKS, faiss.METRIC_INNER_PRODUCT)),
    )
    for name, index in made:
        step(f"building {name}")
        index.hnsw.efConstruction = 200
        index.train(vectors)
        index.add(vectors)
        size = len(faiss.serialize_index(index)) / count
        for effort in _EFFORTS:
            index.hnsw.efSearch = effort
            yield _Trial(name, f"effort {effort}", _walk(index, vectors), size, size)


def _walk(index: faiss.Index, vectors: Vectors) -> Search:
    def search(query: NDArray[np.float32]) -> list[float]:
        places = index.search(query.reshape(1, -1), _K)[1][0]
        scores: list[float] = (vectors[places] @ query).tolist()
        return scores

    return search


def _scores(space: SpaceVectors) -> Search:
    return lambda query: [score for _, score in space.search(query, _K, None)]


def _measure(trial: _Trial, queries: Vectors, tenth: NDArray[np.float32]) -> SweepResult:
    """Ask every query once, after a few to warm up. Ties with the tenth nearest are right."""
    for query in queries[:20]:
        trial.search(query)
    took, right = [], 0
    for query, least in zip(queries, tenth, strict=True):
        started = perf_counter()
        scores = trial.search(query)
        took.append(perf_counter() - started)
        right += sum(score >= least - _ROUNDING for score in scores)
    p50, p99 = np.percentile(took, [50, 99]) * 1000
    return SweepResult(
        kind=trial.kind,
        setting=trial.setting,
        recall_at_10=min(1.0, right / (_K * len(queries))),
        p50_ms=float(p50),
        p99_ms=float(p99),
        per_second=len(queries) / sum(took),
        resident_bytes=trial.resident,
        disk_bytes=trial.disk,
        chosen=trial.chosen,
    )
