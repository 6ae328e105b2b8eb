"""A document that an answer could quote, and how well it supports the question."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from indexer.records import StoredChunk
from search.evidence import CERTAIN, Coverage, Signals, confidence, log_odds
from search.recall import Group
from search.tuned import Tuned


@dataclass(frozen=True, slots=True)
class Supported:
    """A group with the chunk to quote of it, and how well both support the question.

    `row` is the passage with a row of a table for the codes asked about, `steps` that with the
    steps of what is asked how to do, None where there is none.
    """

    group: Group
    said: StoredChunk
    signals: Signals
    tuned: Tuned | None = None
    row: StoredChunk | None = None
    steps: StoredChunk | None = None

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
        """The probability in [0, 1] that the group's document is the right one."""
        return self.tuned(self.signals) if self.tuned else confidence(self.signals)


def beside(rated: Sequence[Supported], unnamed: Sequence[Supported]) -> list[Supported]:
    """`rated` with what speaks for their documents without the product's name.

    Those that are not among the ones found then, `unnamed`, have the least.
    """
    odds: dict[tuple[str, str], float] = {}
    for one in unnamed:
        odds.setdefault(_document(one), log_odds(one.signals))
    return [
        replace(one, signals=replace(one.signals, unnamed=odds.get(_document(one), -CERTAIN)))
        for one in rated
    ]


def _document(one: Supported) -> tuple[str, str]:
    return one.said.source, one.said.document
