"""Fusion of rankings. Pure functions on (key, score); they know nothing of chunks or lanes."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import TypeVar

Key = TypeVar("Key", bound=Hashable)


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
    return sorted(scores.items(), key=lambda item: -item[1])


def collapse(ids: Iterable[int], keys: Mapping[int, Key]) -> list[Key]:
    """The distinct keys of a ranking of ids, each at its best rank. Ids without a key drop out."""
    return list(dict.fromkeys(keys[i] for i in ids if i in keys))
