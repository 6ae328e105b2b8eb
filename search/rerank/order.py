"""From scores to a new order, within a depth and a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from time import perf_counter

import numpy as np

from indexer.config import Reranking
from indexer.records import LaneRank
from search.recall import Group
from search.rerank.base import Asked, Reranker, Scores

RERANK = "rerank"
"""Under this name a group's `lanes` hold its rank and score in the new order."""


def rerank(
    asked: Asked,
    groups: Sequence[Group],
    reranker: Reranker | None,
    limits: Reranking,
    clock: Callable[[], float] = perf_counter,
) -> list[Group]:
    """The groups, best first, those within `limits.depth` in the order of the reranker.

    They are scored in batches, best fused first: the first batch always, each further one if
    another as slow as the slowest so far still fits into `limits.budget_ms`. The budget is
    overrun by less than one batch, and only by the first or one slower than all before it.

    The groups that were scored share out their places and the fused scores of these places;
    all others keep both. So those not reached stay behind, in their order, scores still fall
    from rank to rank, and they mean the same with and without a reranker. What the reranker
    itself gave is in `lanes`. Equal scores keep the fused order. `clock` gives seconds.
    """
    if reranker is None:
        return list(groups)
    near = range(min(limits.depth, len(groups)))
    places = [place for place in near if reranker.takes(asked, groups[place])]
    wanted = [groups[place] for place in places]
    scores = _scores(asked, wanted, reranker, limits.budget_ms / 1000, clock)
    ordered = list(groups)
    best_first = np.argsort(-scores, kind="stable")  # NaN sorts last
    for rank, (place, best) in enumerate(zip(places, best_first, strict=False), start=1):
        found = wanted[best]
        lanes = {**found.lanes, RERANK: LaneRank(rank, float(scores[best]))}
        ordered[place] = replace(found, score=groups[place].score, lanes=lanes)
    return ordered


def _scores(
    asked: Asked,
    wanted: Sequence[Group],
    reranker: Reranker,
    seconds: float,
    clock: Callable[[], float],
) -> Scores:
    """Scores of as many of `wanted` as there is time for; float32 (reached,)."""
    scores = np.empty(len(wanted), dtype=np.float32)
    slowest, reached = 0.0, 0
    began = last = clock()
    while reached < len(wanted) and (not reached or last - began + slowest <= seconds):
        batch = wanted[reached : reached + reranker.batch]
        scores[reached : reached + len(batch)] = reranker.score(asked, batch)
        reached += len(batch)
        now = clock()
        slowest, last = max(slowest, now - last), now
    return scores[:reached]
