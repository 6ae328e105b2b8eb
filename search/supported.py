"""A document that an answer could quote, and how well it supports the question."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from indexer.records import StoredChunk
from search.evidence import Coverage, Signals, confidence, logistic
from search.recall import Group
from search.tuned import Tuned

_CERTAIN = 0.01
"""Chances are held this far from 0 and 1 before they are pooled."""


@dataclass(frozen=True, slots=True)
class Supported:
    """A group with the chunk to quote of it, and how well both support the question.

    `row` is the passage with a row of a table for the codes asked about, `steps` that with the
    steps of what is asked how to do, None where there is none. `unnamed` in [0, 1] is the chance
    that the document has when the product's name is left out of the question, None where the
    question names none.
    """

    group: Group
    said: StoredChunk
    signals: Signals
    tuned: Tuned | None = None
    row: StoredChunk | None = None
    steps: StoredChunk | None = None
    unnamed: float | None = None

    @property
    def cosine(self) -> float | None:
        return self.signals.cosine

    @property
    def covered(self) -> Coverage:
        return self.signals.covered

    @property
    def share(self) -> float:
        return self.covered.share

    @property
    def confidence(self) -> float:
        """The probability in [0, 1] that the group's document is the right one.

        The name of a product says which documents may answer, and nothing about whether they do,
        but all its documents have it. So the chances with and without it are pooled, by the mean
        of their log odds (Genest and Zidek, "Combining Probability Distributions", 1986).
        """
        own = self.tuned(self.signals) if self.tuned else confidence(self.signals)
        if self.unnamed is None:
            return own
        return logistic((_logit(own) + _logit(self.unnamed)) / 2)


def beside(rated: Sequence[Supported], unnamed: Sequence[Supported]) -> list[Supported]:
    """`rated` with what their documents have without the product's name, 0 where they are not
    among those `unnamed`."""
    chances: dict[tuple[str, str], float] = {}
    for one in unnamed:
        chances.setdefault(_document(one), one.confidence)
    return [replace(one, unnamed=chances.get(_document(one), 0.0)) for one in rated]


def _document(one: Supported) -> tuple[str, str]:
    return one.said.source, one.said.document


def _logit(chance: float) -> float:
    held = min(max(chance, _CERTAIN), 1 - _CERTAIN)
    return math.log(held / (1 - held))
