"""The plug-in point of fusion: the protocol and the registry of its implementations."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from indexer.config import Ranking
from indexer.registry import Registry
from search.fuse import Key, Ranked


@dataclass(frozen=True, slots=True)
class Signals:
    """What a question, before any result, says of how far to trust each lane.

    `weights` are those of the settings, by ranking. `words` counts the distinct words, as
    analysed. `attainable` is the sum of their rarities: the BM25 score of a chunk that has
    every word once in one field is about that, and `codes` in [0, 1] the part of it that is of
    codes. `image` says whether an image was asked with, `understood` whether the text lane is of
    an encoder that was trained on its language.
    """

    weights: Mapping[str, float]
    words: int
    attainable: float
    image: bool
    understood: bool = True
    codes: float = 0.0


class Fusion(Protocol):
    """Makes one ranking of several. Safe to call from several threads at once."""

    def __call__(
        self, rankings: Mapping[str, Ranked[Key]], signals: Signals
    ) -> list[tuple[Key, float]]:
        """Every key once, best first. An absent ranking and an empty one change nothing."""
        ...


FusionMaker = Callable[[Ranking], Fusion]

FUSIONS: Registry[FusionMaker] = Registry("fusion")
FUSIONS.register("rrf", "search.fusion.methods:ReciprocalRanks")
FUSIONS.register("convex", "search.fusion.methods:Convex")
FUSIONS.register("log-odds", "search.fusion.methods:LogOdds")
