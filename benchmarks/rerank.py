"""Does a reranker find more, and what does it cost?

Runs the reranker that `rerank.model` of the settings names, and prints recall before and after
with the change in recall@1 (95 % bootstrap interval), and the time that ordering takes.
Questions are asked by their words alone.

    python -m benchmarks.rerank INDEX QUERIES.jsonl [--root FOLDER]
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from indexer.config import Reranking, load_settings
from indexer.errors import BadConfig
from search.engine import Engine
from search.evaluate import judge
from search.qrels import JudgedQuery, read_queries
from search.recall import Group
from search.rerank.base import Asked, Reranker, reranker_of
from search.rerank.order import rerank

CUTOFFS = (1, 5, 10)
DRAWS = 2000

Recalls = NDArray[np.float64]
"""Of each query, recall at CUTOFFS; (n, 3)."""


def recalls(ranked: Sequence[Sequence[str]], queries: Sequence[JudgedQuery]) -> Recalls:
    """`ranked` holds the judged names of each query's candidates in order, "" where wrong."""
    rows = []
    for names, query in zip(ranked, queries, strict=True):
        distinct = list(dict.fromkeys(name or str(i) for i, name in enumerate(names)))
        wanted = set(query.relevant)
        rows.append([len(wanted & set(distinct[:k])) / len(wanted) for k in CUTOFFS])
    return np.array(rows)


def reranked(
    reranker: Reranker,
    groups: Sequence[Sequence[Group]],
    queries: Sequence[JudgedQuery],
    engine: Engine,
    limits: Reranking,
) -> list[list[str]]:
    """The judged names in their new order; prints how long one question takes."""
    reranker.warm_up()
    ranked, spent = [], []
    for found, query in zip(groups, queries, strict=True):
        asked = Asked(query.text, query.text, engine.thumb)
        began = perf_counter()
        ordered = rerank(asked, found, reranker, limits)
        spent.append((perf_counter() - began) * 1000)
        ranked.append([judge(one, query.relevant) for one in ordered])
    p50, p99 = np.percentile(spent, [50, 99])
    print(f"{limits.depth} candidates at most: p50 {p50:.2f} ms, p99 {p99:.2f} ms")
    return ranked


def show(before: Recalls, after: Recalls) -> None:
    gained = after[:, 0] - before[:, 0]
    rng = np.random.default_rng(0)
    means = gained[rng.integers(0, len(gained), (DRAWS, len(gained)))].mean(axis=1)
    low, high = np.percentile(means, [2.5, 97.5])
    for name, table in (("fused", before), ("reranked", after)):
        print(f"{name:10}" + " / ".join(f"{value:.3f}" for value in table.mean(axis=0)))
    print(f"recall@1 {gained.mean():+.3f} [{low:+.3f}, {high:+.3f}]")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=Path)
    parser.add_argument("index", type=Path)
    parser.add_argument("queries", type=Path)
    options = parser.parse_args()
    settings = load_settings()
    limits = settings.rerank
    engine = Engine.open(options.index, settings.model_copy(update={"rerank": Reranking()}))
    judged = read_queries(options.queries, options.root)
    groups = [engine.candidates(query.query(1))[: limits.depth] for query in judged]
    names = [
        [judge(one, query.relevant) for one in found]
        for found, query in zip(groups, judged, strict=True)
    ]
    before = recalls(names, judged)
    print(f"{options.queries.name}: {len(judged)} queries, recall at {CUTOFFS}")
    made = reranker_of(settings)
    if made is None:
        raise BadConfig("no reranker is set: give rerank.model as NAME:MODEL")
    ranked = reranked(made, groups, judged, engine, limits)
    show(before, recalls(ranked, judged))
    engine.close()


if __name__ == "__main__":
    main()
