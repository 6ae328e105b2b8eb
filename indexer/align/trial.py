"""What an adapter gains on questions it was not learnt from, and whether that is chance."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from indexer.align.examples import Examples
from indexer.align.pool import Pool
from indexer.chance import randomisation
from indexer.records import Vectors

FOLDS = 5
SIGNIFICANT = 0.05
_RESAMPLES = 2_000
_BLOCK = 256

Ranks = NDArray[np.int64]

MEASURES: Mapping[str, Callable[[Ranks], NDArray[np.float64]]] = {
    "recall@1": lambda ranks: (ranks <= 1).astype(np.float64),
    "recall@5": lambda ranks: (ranks <= 5).astype(np.float64),
    "mrr@10": lambda ranks: np.where(ranks <= 10, 1.0 / ranks, 0.0),
}
"""Of each question, by the rank of its first right document, (n,) → (n,)."""

FIRST, RANK = "recall@1", "mrr@10"


@dataclass(frozen=True, slots=True)
class Change:
    """A measure before and after; `low` and `high` bound the change (95 %, paired bootstrap).

    `chance` is that of a change as large if the two were alike, the questions of a group taken
    as one (indexer/chance.py).
    """

    before: float
    after: float
    low: float
    high: float
    chance: float


def folds(groups: NDArray[np.int64]) -> NDArray[np.int64]:
    """The fold of each question (n,): groups stay whole, folds are of about equal size."""
    names, sizes = np.unique(groups, return_counts=True)
    order = np.random.default_rng(0).permutation(len(names))
    order = order[np.argsort(-sizes[order], kind="stable")]
    load = np.zeros(FOLDS, np.int64)
    fold = np.empty(len(names), np.int64)
    for place in order:
        fold[place] = np.argmin(load)
        load[fold[place]] += sizes[place]
    found: NDArray[np.int64] = fold[np.searchsorted(names, groups)]
    return found


def ranks(queries: Vectors, examples: Examples, pool: Pool) -> Ranks:
    """The rank of the first right document, (n,), from 1, by its best passage.

    A wrong document as near as the right one goes before it.
    """
    order = np.argsort(pool.owners, kind="stable")
    owners = pool.owners[order]
    starts = np.flatnonzero(np.r_[True, owners[1:] != owners[:-1]])
    found = np.empty(len(queries), np.int64)
    for start in range(0, len(queries), _BLOCK):
        block = queries[start : start + _BLOCK]
        scores = block @ pool.vectors.T
        for row in range(len(block)):
            scores[row, examples.out[start + row]] = -np.inf
        best = np.maximum.reduceat(scores[:, order], starts, axis=1)
        for row in range(len(block)):
            right = np.unique(pool.owners[examples.right[start + row]])
            wrong = np.delete(best[row], right)
            found[start + row] = 1 + int((wrong >= best[row, right].max()).sum())
    return found


def compare(before: Ranks, after: Ranks, groups: NDArray[np.int64]) -> dict[str, Change]:
    """Every measure of the same questions, (n,), ranked twice."""
    return {
        name: change_of(measure(before), measure(after), groups)
        for name, measure in MEASURES.items()
    }


def gained(changes: Mapping[str, Change], judged: str = RANK) -> bool:
    """Whether the measure `judged` rises beyond chance, with the right first at least as often."""
    change, first = changes[judged], changes[FIRST]
    higher = change.after > change.before and change.chance < SIGNIFICANT
    return higher and first.after >= first.before


def change_of(
    before: NDArray[np.float64], after: NDArray[np.float64], groups: NDArray[np.int64]
) -> Change:
    """How a measure of the same questions, float64 (n,) each, changed; `groups` int64 (n,)."""
    names, places = np.unique(groups, return_inverse=True)
    gains = np.bincount(places, weights=after - before).astype(np.float64)
    sizes = np.bincount(places).astype(np.float64)
    rng = np.random.default_rng(0)
    drawn = rng.integers(0, len(names), (_RESAMPLES, len(names)))
    means = gains[drawn].sum(axis=1) / sizes[drawn].sum(axis=1)
    low, high = np.percentile(means, [2.5, 97.5])
    return Change(
        float(before.mean()), float(after.mean()), float(low), float(high), randomisation(gains)
    )


def chosen(
    tried: Sequence[Ranks], fold: NDArray[np.int64], judged: Sequence[str] = (FIRST, RANK)
) -> tuple[int, Ranks]:
    """Which of several rankings of the same questions is best, and the ranks of choosing.

    Best by the sum of the measures `judged`.

    Those of a fold are of the one that is best on the other folds, so that the choice does
    not profit from the questions it is measured on.
    """
    scores = np.stack([np.sum([MEASURES[name](one) for name in judged], axis=0) for one in tried])
    found = np.empty_like(tried[0])
    for number in np.unique(fold):
        inside = fold == number
        best = int(scores[:, ~inside].mean(axis=1).argmax())
        found[inside] = tried[best][inside]
    return int(scores.mean(axis=1).argmax()), found
