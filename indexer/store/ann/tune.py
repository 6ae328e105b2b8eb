"""Choosing how far an approximate search goes: the least that finds the true nearest."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray

from indexer.records import Vectors
from indexer.store.ann.base import Places, Setting

TARGET = 0.995
"""The recall@10 that is looked for unless a ladder says otherwise."""

_K = 10
_SAMPLE = 500
_BLEND = 0.25
_ROUNDING = 1e-6
_knn: Any = vars(faiss)["knn"]

Search = Callable[[Vectors, int, int], Places]
"""(queries (q, dim), candidates to fetch, effort) → places (q, candidates), -1 for none."""


@dataclass(frozen=True, slots=True)
class Tuned:
    """A chosen setting, and the share of the true ten nearest it found on the sample."""

    setting: Setting
    recall_at_10: float


@dataclass(frozen=True, slots=True)
class Ladder:
    """What to try, what one step of effort costs, counted in exact comparisons, and how much
    has to be found."""

    efforts: Sequence[int]
    widens: Sequence[float]
    step: float
    target: float = TARGET


def tune(search: Search, vectors: Vectors, ladder: Ladder) -> Tuned:
    """The cheapest setting of the ladder that reaches its target, or else what finds most.

    Costs are counted, not timed, so that the same vectors always get the same setting.
    """

    def cost(setting: Setting) -> float:
        return setting.effort * ladder.step + setting.fetch(_K, len(vectors))

    def reached(tuned: Tuned) -> bool:
        return tuned.recall_at_10 >= ladder.target

    def rank(tuned: Tuned) -> tuple[bool, float]:
        """Settings that reach the target come first, by cost; the others by what they find."""
        found = reached(tuned)
        return not found, cost(tuned.setting) if found else -tuned.recall_at_10

    best: Tuned | None = None
    queries = sample(vectors)
    k = min(_K, len(vectors))
    tenth = _knn(queries, vectors, k, metric=faiss.METRIC_INNER_PRODUCT)[0][:, -1]
    for effort in ladder.efforts:
        if best is not None and reached(best) and cost(best.setting) <= effort * ladder.step:
            break
        settings = [Setting(effort, widen) for widen in ladder.widens]
        places = search(queries, settings[-1].fetch(_K, len(vectors)), effort)
        found = np.cumsum(_hits(places, vectors, queries, tenth), axis=1)
        for setting in settings:
            hits = np.minimum(found[:, setting.fetch(_K, len(vectors)) - 1], k)
            tried = Tuned(setting, float(hits.mean() / k))
            if best is None or rank(tried) < rank(best):
                best = tried
    if best is None:
        raise ValueError(f"{ladder}: has nothing to try; give it an effort and a widening")
    return best


def sample(vectors: Vectors) -> Vectors:
    """Queries that are like the vectors and not among them, (q, dim), unit length.

    Each leans from one vector towards another, drawn with a fixed seed: asking for stored
    vectors themselves would flatter the index, whose links start from them.
    """
    rng = np.random.default_rng(0)
    count = min(_SAMPLE, len(vectors))
    one, other = (np.sort(rng.choice(len(vectors), count, replace=False)) for _ in range(2))
    blended = vectors[one] + _BLEND * vectors[rng.permutation(other)]
    lengths = np.linalg.norm(blended, axis=1, keepdims=True)
    return np.asarray(blended / np.maximum(lengths, _ROUNDING), np.float32)


def _hits(
    places: Places, vectors: Vectors, queries: Vectors, tenth: NDArray[np.float32]
) -> NDArray[np.bool_]:
    """Which candidates, best code first, are truly among the ten nearest: (q, candidates)."""
    hits = np.zeros(places.shape, np.bool_)
    for row, (query, line) in enumerate(zip(queries, places, strict=True)):
        scores = np.einsum("nd,d->n", vectors[line], query)
        hits[row] = (scores >= tenth[row] - _ROUNDING) & (line >= 0)
    return hits
