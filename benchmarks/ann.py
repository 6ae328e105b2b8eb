"""Are our vector indexes as fast as hnswlib's graph at the same recall, in half its memory?

Takes 200,000 vectors of a Gaussian mixture (dimension 512), and with --index the vectors of an
index, repeated with noise. Builds each kind, and hnswlib's graph with 16 and 32 links and the
same breadth of construction; asks 1,000 queries in turn, one at a time on one thread, and
prints the medians over the rounds: queries per second of processor time, latencies by the
clock. Memory is measured in processes of their own.

    python -m benchmarks.ann [--index DIR] [--space text] [--count N] [--cache DIR]
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter, thread_time
from typing import Any

import faiss
import hnswlib
import numpy as np
from numpy.typing import NDArray

from benchmarks.ann_data import mixture, repeated
from benchmarks.ann_memory import resident
from indexer.records import Vectors
from indexer.store.ann.base import read_setting
from indexer.store.vectors import SpaceVectors, ann_path, write_vectors

K = 10
LINKS = (16, 32)
EF_CONSTRUCTION = 200
EFS = (10, 15, 20, 30, 40, 60, 80, 120, 200, 400)
ROUNDS = 7

Search = Callable[[NDArray[np.float32]], Sequence[int]]


def build(vectors: Vectors, folder: Path) -> None:
    """Write every kind and both of hnswlib's graphs, with two threads, unless they are there."""
    faiss.omp_set_num_threads(2)
    rows = np.arange(len(vectors))
    for kind, limits in {"graph": (0, len(vectors)), "lists": (0, 0)}.items():
        path = folder / f"{kind}.faiss"
        if not path.exists():
            started = perf_counter()
            written = write_vectors(path, rows, vectors, *limits)
            print(f"  built {written} in {perf_counter() - started:.0f} s", flush=True)
    for links in LINKS:
        path = folder / f"hnswlib{links}"
        if not path.exists():
            started = perf_counter()
            peer = hnswlib.Index("ip", vectors.shape[1])
            peer.init_index(len(vectors), M=links, ef_construction=EF_CONSTRUCTION, random_seed=1)
            peer.set_num_threads(2)
            peer.add_items(vectors)
            peer.save_index(str(path))
            print(f"  built {path.name} in {perf_counter() - started:.0f} s", flush=True)
    faiss.omp_set_num_threads(1)


def searches(folder: Path) -> dict[str, Search]:
    """Our two approximate kinds as they are used, and FAISS alone at the same settings."""
    made: dict[str, Search] = {}
    for kind in ("graph", "lists"):
        path = folder / f"{kind}.faiss"
        setting = read_setting(ann_path(path))[1]
        made[kind] = _whole(SpaceVectors(path))
        index: Any = faiss.read_index(str(ann_path(path)), faiss.IO_FLAG_MMAP_IFC)
        if kind == "graph":
            index.hnsw.efSearch = setting.effort
        else:
            index.nprobe = setting.effort
        made[f"{kind}, FAISS alone"] = _alone(index, setting.fetch(K, index.ntotal))
    return made


def _whole(space: SpaceVectors) -> Search:
    return lambda query: [row for row, _ in space.search(query, K, None)]


def _alone(index: faiss.Index, fetch: int) -> Search:
    return lambda query: index.search(query.reshape(1, -1), fetch)[1][0]


def _peer(index: hnswlib.Index, ef: int) -> Search:
    def search(query: NDArray[np.float32]) -> Sequence[int]:
        found: Sequence[int] = index.knn_query(query, K, num_threads=1)[0][0]
        return found

    index.set_ef(ef)
    return search


@dataclass(frozen=True, slots=True)
class Asked:
    """Recall@10, processor seconds a query, and the seconds that each query took."""

    recall: float
    seconds: float
    took: NDArray[np.float64]


def ask(search: Search, queries: Vectors, truth: NDArray[np.int64]) -> Asked:
    """Ask every query once. Processor time leaves out what other processes took meanwhile."""
    took = np.empty(len(queries))
    found = []
    began = thread_time()
    for row, query in enumerate(queries):
        started = perf_counter()
        found.append(search(query))
        took[row] = perf_counter() - started
    seconds = (thread_time() - began) / len(queries)
    right = sum(len({*one[:K]} & {*true}) for one, true in zip(found, truth.tolist(), strict=True))
    return Asked(right / truth.size, seconds, took)


def at_recall(curve: Sequence[Asked], recall: float) -> float:
    """Processor seconds a query at that recall, between the measured points around it.

    Points that another beats in both are left out, so that the peer is taken at its best.
    """
    recalls: list[float] = []
    seconds: list[float] = []
    for point in sorted(curve, key=lambda asked: asked.seconds):
        if not recalls or point.recall > recalls[-1]:
            recalls.append(point.recall)
            seconds.append(point.seconds)
    return float(np.interp(recall, recalls, seconds))


def compare(folder: Path, vectors: Vectors, queries: Vectors) -> None:
    """Print recall, speed, and the share of the better of hnswlib's graphs at equal recall."""
    search: Any = vars(faiss)["knn"]
    truth = search(queries, vectors, K, metric=faiss.METRIC_INNER_PRODUCT)[1]
    mine = searches(folder)
    peers = {links: hnswlib.Index("ip", vectors.shape[1]) for links in LINKS}
    for links, index in peers.items():
        index.load_index(str(folder / f"hnswlib{links}"))
    asked: dict[str, list[Asked]] = {name: [] for name in mine}
    ratios: dict[str, list[float]] = {name: [] for name in mine}
    curves: dict[tuple[int, int], list[Asked]] = {(m, ef): [] for m in LINKS for ef in EFS}
    for _ in range(ROUNDS):
        for name, one in mine.items():
            asked[name].append(ask(one, queries, truth))
        for (links, ef), points in curves.items():
            points.append(ask(_peer(peers[links], ef), queries, truth))
        for name in mine:
            own = asked[name][-1]
            best = min(
                at_recall([curves[links, ef][-1] for ef in EFS], own.recall) for links in LINKS
            )
            ratios[name].append(best / own.seconds)
    for name, points in asked.items():
        shares = f"{np.median(ratios[name]):.2f} of hnswlib at that recall"
        _print(name, points, f"{shares} ({min(ratios[name]):.2f} to {max(ratios[name]):.2f})")
    for (links, ef), points in curves.items():
        _print(f"hnswlib{links} ef {ef}", points, "")


def _print(name: str, points: Sequence[Asked], more: str) -> None:
    p50, p99 = np.percentile(np.concatenate([point.took for point in points]), [50, 99]) * 1e6
    speed = 1 / np.median([point.seconds for point in points])
    print(
        f"  {name:20} recall@10 {points[0].recall:.4f}  {speed:7,.0f} q/s  p50 {p50:4.0f}  "
        f"p99 {p99:5.0f} µs  {more}",
        flush=True,
    )


def weigh(folder: Path) -> None:
    """Print what must be resident to answer all queries, beyond imports; floats apart."""
    peer = min(resident(folder, f"hnswlib{links}").walked for links in LINKS)
    for name in ("graph", "lists", *(f"hnswlib{links}" for links in LINKS)):
        size = resident(folder, name)
        print(
            f"  {name:20} resident {size.walked / 2**20:6.0f} MB ({size.walked / peer:.2f} of "
            f"hnswlib): anonymous {size.anonymous / 2**20:.0f}, mapped {size.mapped / 2**20:.0f}; "
            f"and {size.floats / 2**20:.0f} MB of mapped vectors, which may be dropped"
        )


def run(name: str, folder: Path, vectors: Vectors, queries: Vectors) -> None:
    print(f"{name}: {len(vectors):,} vectors of dimension {vectors.shape[1]}", flush=True)
    folder.mkdir(parents=True, exist_ok=True)
    np.save(folder / "queries.npy", queries)
    build(vectors, folder)
    compare(folder, vectors, queries)
    weigh(folder)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--index", type=Path, help="an index to take vectors from")
    parser.add_argument("--space", default="text")
    parser.add_argument("--count", type=int, default=200_000)
    parser.add_argument("--cache", type=Path, help="keep what is built here for the next run")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.cache or Path(temporary)
        run("mixture", folder / "mixture", *mixture(options.count, 1000))
        if options.index is not None:
            stored = [
                SpaceVectors(path).vectors()
                for path in sorted(options.index.glob(f"segments/*/{options.space}.faiss"))
            ]
            vectors, queries = repeated(np.concatenate(stored), options.count, 1000)
            run(f"{options.space} of {options.index}", folder / "index", vectors, queries)


if __name__ == "__main__":
    main()
