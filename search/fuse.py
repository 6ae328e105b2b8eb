"""Fusion of rankings. Pure functions on (key, score); they know nothing of chunks or lanes."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import TypeVar

Key = TypeVar("Key", bound=Hashable)

Ranked = Sequence[tuple[Key, float]]
"""(key, score), best first. A key may come several times: a document by each of its chunks."""

_CERTAIN = 0.02
"""Probabilities are held this far from 0 and 1, or one lane could outvote all others."""


def reciprocal_rank_fusion(
    rankings: Mapping[str, Sequence[Key]], weights: Mapping[str, float], k: float
) -> list[tuple[Key, float]]:
    """Weighted reciprocal-rank fusion: the sum over rankings of weight / (k + rank), rank from 1.

    Keys come back best first; equal scores in the order in which the rankings list them. A
    ranking without a weight counts 1. Source: Cormack, Clarke and Büttcher, "Reciprocal Rank
    Fusion outperforms Condorcet and individual Rank Learning Methods", SIGIR 2009, where
    every weight is 1 and k is 60.
    """
    scores: dict[Key, float] = {}
    for name, ranking in rankings.items():
        weight = weights.get(name, 1.0)
        for rank, key in enumerate(ranking, start=1):
            scores[key] = scores.get(key, 0.0) + weight / (k + rank)
    return _best_first(scores)


def convex_combination(
    scores: Mapping[str, Mapping[Key, float]], weights: Mapping[str, float]
) -> list[tuple[Key, float]]:
    """The weighted mean of scores that compare across rankings.

    Keys come back as from `reciprocal_rank_fusion`. A key that a ranking lacks has the least
    score that it gave; a ranking without a weight counts 1, and an empty one nothing. Source:
    Bruch, Gai and Ingber, "An Analysis of Fusion Functions for Hybrid Retrieval",
    arXiv 2210.11934.
    """
    return _mean(scores, weights)


def log_odds_combination(
    chances: Mapping[str, Mapping[Key, float]], weights: Mapping[str, float]
) -> list[tuple[Key, float]]:
    """The weighted mean of log odds, as a chance in [0, 1]: the logarithmic opinion pool.

    `chances` in [0, 1]; else as `convex_combination`. Source: Genest and Zidek, "Combining
    Probability Distributions", Statistical Science 1986.
    """
    odds = {
        name: {key: _logit(chance) for key, chance in found.items()}
        for name, found in chances.items()
    }
    return [(key, 1 / (1 + math.exp(-mean))) for key, mean in _mean(odds, weights)]


def distinct(ranking: Ranked[Key]) -> dict[Key, float]:
    """Every key with its best score, best first."""
    found: dict[Key, float] = {}
    for key, score in ranking:
        found.setdefault(key, score)
    return found


def second(ranking: Ranked[Key]) -> dict[Key, float]:
    """The second best score of every key that comes more than once."""
    first: set[Key] = set()
    found: dict[Key, float] = {}
    for key, score in ranking:
        if key in first:
            found.setdefault(key, score)
        first.add(key)
    return found


def _mean(
    scores: Mapping[str, Mapping[Key, float]], weights: Mapping[str, float]
) -> list[tuple[Key, float]]:
    taking = {name: found for name, found in scores.items() if found}
    total = sum(weights.get(name, 1.0) for name in taking) or 1.0
    keys: Iterable[Key] = dict.fromkeys(key for found in taking.values() for key in found)
    fused = dict.fromkeys(keys, 0.0)
    for name, found in taking.items():
        share = weights.get(name, 1.0) / total
        least = min(found.values())
        for key in fused:
            fused[key] += share * found.get(key, least)
    return _best_first(fused)


def _best_first(scores: Mapping[Key, float]) -> list[tuple[Key, float]]:
    return sorted(scores.items(), key=lambda item: -item[1])


def _logit(chance: float) -> float:
    held = min(max(chance, _CERTAIN), 1 - _CERTAIN)
    return math.log(held / (1 - held))
