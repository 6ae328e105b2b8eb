"""Do filters inside the search keep its recall? On the indexes that benchmarks.ann has built.

Filters pass 50, 10, 1 and 0.1 % of the vectors: at random, or whole neighbourhoods (the
vectors nearest to a few of their own, as the documents of one product are).

    python -m benchmarks.ann --cache DIR
    python -m benchmarks.filters DIR [--queries N]
"""

from __future__ import annotations

import argparse
from pathlib import Path
from time import perf_counter
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray

from indexer.records import Vectors
from indexer.store.vectors import SpaceVectors

K = 10
SHARES = (0.5, 0.1, 0.01, 0.001)
CENTRES = 20
"""How many neighbourhoods a filter passes."""

Mask = NDArray[np.bool_]


def at_random(vectors: Vectors, share: float, rng: np.random.Generator) -> Mask:
    mask = np.zeros(len(vectors), np.bool_)
    mask[rng.choice(len(vectors), int(share * len(vectors)), replace=False)] = True
    return mask


def neighbourhoods(vectors: Vectors, share: float, rng: np.random.Generator) -> Mask:
    """The vectors that lie nearest to any of a few drawn ones."""
    centres = vectors[np.sort(rng.choice(len(vectors), CENTRES, replace=False))]
    nearness = (vectors @ centres.T).max(axis=1)
    mask = np.zeros(len(vectors), np.bool_)
    mask[np.argpartition(-nearness, int(share * len(vectors)))[: int(share * len(vectors))]] = True
    return mask


def recall(space: SpaceVectors, queries: Vectors, mask: Mask) -> tuple[float, float]:
    """Recall@10 among what passes, and milliseconds a query."""
    places = np.flatnonzero(mask[space.rows])
    exact: Any = vars(faiss)["knn"]
    nearest = exact(queries, space.vectors()[places], K, metric=faiss.METRIC_INNER_PRODUCT)[1]
    truth = space.rows[places[nearest]]
    started = perf_counter()
    found = [[row for row, _ in space.search(query, K, mask)] for query in queries]
    took = (perf_counter() - started) / len(queries) * 1000
    hits = sum(len({*one} & {*true}) for one, true in zip(found, truth.tolist(), strict=True))
    return hits / truth.size, took


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, help="the --cache of benchmarks.ann")
    parser.add_argument("--queries", type=int, default=200)
    options = parser.parse_args()
    faiss.omp_set_num_threads(2)
    for folder in sorted(path.parent for path in options.folder.glob("*/queries.npy")):
        queries = np.load(folder / "queries.npy")[: options.queries]
        for kind in ("graph", "lists"):
            space = SpaceVectors(folder / f"{kind}.faiss")
            rng = np.random.default_rng(0)
            for draw in (at_random, neighbourhoods):
                for share in SHARES:
                    mask = np.zeros(len(space.rows), np.bool_)
                    mask[space.rows] = draw(space.vectors(), share, rng)
                    found, took = recall(space, queries, mask)
                    print(
                        f"{folder.name:8} {kind:6} {draw.__name__:15} {share:6.1%} passing  "
                        f"recall@10 {found:.4f}  {took:6.2f} ms",
                        flush=True,
                    )


if __name__ == "__main__":
    main()
