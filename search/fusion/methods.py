"""The fusions that need no learning."""

from __future__ import annotations

from collections.abc import Mapping

from indexer.config import Ranking
from indexer.lanes import HEADS
from search.fuse import (
    Key,
    Ranked,
    convex_combination,
    distinct,
    log_odds_combination,
    reciprocal_rank_fusion,
)
from search.fusion.base import Signals
from search.fusion.confidence import adapted, calibrated, stretched
from search.fusion.heads import headed
from search.fusion.names import named


class ReciprocalRanks:
    """By ranks alone and the weights of the settings, whatever the scores say.

    Heads, whose scores belong to those of passages, take no part.
    """

    def __init__(self, ranking: Ranking) -> None:
        self._k = ranking.rrf_k

    def __call__(
        self, rankings: Mapping[str, Ranked[Key]], signals: Signals
    ) -> list[tuple[Key, float]]:
        taking = {name: ranking for name, ranking in rankings.items() if name != HEADS}
        ranks = {name: list(distinct(ranking)) for name, ranking in taking.items()}
        return reciprocal_rank_fusion(ranks, signals.weights, self._k)


class Convex:
    """A weighted mean of calibrated scores; the words lane weighs by how far they are found.

    With an image each ranking is stretched instead: the cosines of a screen's text lie closer
    together than those of a question, and their spread says more than their height.
    """

    def __init__(self, ranking: Ranking) -> None:
        pass

    def __call__(
        self, rankings: Mapping[str, Ranked[Key]], signals: Signals
    ) -> list[tuple[Key, float]]:
        scores = stretched(rankings) if signals.image else calibrated(rankings)
        scores = _beside(scores, rankings, signals)
        return convex_combination(scores, adapted(rankings, signals))


class LogOdds:
    """As `Convex`, a weighted mean of log odds: a lane that is nearly sure counts for more."""

    def __init__(self, ranking: Ranking) -> None:
        pass

    def __call__(
        self, rankings: Mapping[str, Ranked[Key]], signals: Signals
    ) -> list[tuple[Key, float]]:
        chances: dict[str, dict[Key, float]] = {}
        for name, scores in _beside(calibrated(rankings), rankings, signals).items():
            most = max(1.0, *scores.values()) if scores else 1.0
            chances[name] = {key: score / most for key, score in scores.items()}
        return log_odds_combination(chances, adapted(rankings, signals))


def _beside(
    scores: dict[str, dict[Key, float]], rankings: Mapping[str, Ranked[Key]], signals: Signals
) -> dict[str, dict[Key, float]]:
    """Scores with what heads and names add to them."""
    return named(headed(scores, rankings, signals), rankings)
