"""What a search carries from step to step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from indexer.records import Heard, Scored
from indexer.store.base import Selection
from search.prepare import Looked, Prepared
from search.query import Query
from search.recall import Group
from search.recognise import Recognised
from search.results import SearchResult


@dataclass(frozen=True, slots=True)
class Scene:
    """What is found out of a query once: where it looks, its image, and what it says.

    `query` has the words of its recording, whose readings are `heard`, like typed ones.
    """

    query: Query
    heard: tuple[Heard, ...]
    selection: Selection | None
    weights: Mapping[str, float]
    looked: Looked
    recognised: Recognised


@dataclass(frozen=True, slots=True)
class Fused:
    """Everything that hits and an answer are drawn from; `fused` is before reranking."""

    prepared: Prepared
    fused: list[Group]
    groups: list[Group]
    lanes: Mapping[str, Sequence[Scored]]


@dataclass(frozen=True, slots=True)
class Found(Fused):
    """A search with its result."""

    result: SearchResult
