"""One search as it is measured: its rankings, its time, and what was answered from it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from indexer.records import StoredChunk
from search.query import Query
from search.recall import Group
from search.results import Answer


@dataclass(frozen=True, slots=True)
class Trial:
    """What a search came to.

    `ms` is its time in milliseconds without the answer's. `fused` ranks all that was recalled,
    best first, and `reranked` the same after the reranker, None where none is set. `confidence`
    in [0, 1] is that of the answer, whether it was given or withheld.
    """

    ms: float
    fused: Sequence[Group]
    reranked: Sequence[Group] | None
    answer: Answer | None = None
    confidence: float = 0.0

    @property
    def ranked(self) -> Sequence[Group]:
        """In the order that a user sees."""
        return self.fused if self.reranked is None else self.reranked


class Measured(Protocol):
    """What is measured: an open engine."""

    def trial(self, query: Query, answered: bool = False) -> Trial:
        """Search, and answer if `answered`. Raises BadQuery or BadImage."""
        ...

    def named(self, names: Iterable[str]) -> list[StoredChunk]:
        """The chunks of these documents, assets or records, in reading order."""
        ...

    def thumb(self, name: str) -> Path | None:
        """The preview image of that name, None where there is none."""
        ...
