"""A question as the engine takes it, checked once at the boundary."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from indexer.config import Limits
from indexer.errors import BadQuery
from indexer.records import Filter

Collapse = Literal["document", "asset"]

_FILTER = re.compile(r"^\s*([^=!<>]+?)\s*(!=|>=|<=|=|>|<)\s*(.*?)\s*$", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Query:
    """What is asked.

    `image` is an encoded screenshot or photo, `voice` an encoded recording of a spoken question,
    whose words count like typed ones. `exclude` holds document paths, asset paths or
    record ids whose chunks are left out. `collapse` says what a hit stands for: a document
    (its best chunk), or an asset (images only).
    """

    text: str = ""
    image: bytes | None = None
    filters: tuple[Filter, ...] = ()
    exclude: frozenset[str] = frozenset()
    k: int = 10
    collapse: Collapse = "document"
    voice: bytes | None = None

    def check(self, limits: Limits) -> None:
        """Raise BadQuery when there is nothing to search for, or too much."""
        if not self.text.strip() and self.image is None and self.voice is None:
            raise BadQuery("empty query: give a question, an image, a recording, or several")
        if len(self.text) > limits.query_chars:
            raise BadQuery(
                f"the question has {len(self.text):,} characters; "
                f"up to {limits.query_chars:,} are allowed"
            )
        if not 1 <= self.k <= limits.results:
            raise BadQuery(f"k is {self.k}; it must be from 1 to {limits.results}")


def parse_filters(conditions: Iterable[str]) -> tuple[Filter, ...]:
    """`["product=Pump", "date>=2024-01-01"]` → filters. Raises BadQuery on any other shape."""
    return tuple(_parse_filter(condition) for condition in conditions)


def _parse_filter(condition: str) -> Filter:
    match = _FILTER.match(condition)
    if match is None:
        raise BadQuery(f"filter {condition!r} is not KEY=VALUE (also !=, >=, <=, >, <)")
    key, operator, value = match.groups()
    return Filter(key, operator, value)  # type: ignore[arg-type]
