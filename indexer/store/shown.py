"""Where the lines of a screen stand in an index."""

from __future__ import annotations

from collections.abc import Sequence
from math import log
from typing import TYPE_CHECKING

from indexer.store.base import Shown
from indexer.store.word_files import FIELDS
from indexer.store.words import Masks, Words

if TYPE_CHECKING:
    from indexer.store.sealed import Segment

_MOST = 128
"""A line that more chunks have tells nothing, and where each stands is not asked."""

_READ = ("lines",)


class Finder:
    """Finds lines by their words, all of which a chunk must have, in any field and order."""

    def __init__(
        self, words: Words, segments: Sequence[Segment], masks: Masks, id_bits: int
    ) -> None:
        """`masks` are the rows that may be named: by the segment's ordinal << id_bits + row."""
        self._words = words
        self._segments = segments
        self._masks = masks
        self._id_bits = id_bits
        self._documents = sum(segment.info.documents for segment in segments)

    def find(self, line: str) -> Shown:
        """Deleted chunks count too. Raises IndexDamaged."""
        places = self._words.holding(line, FIELDS, _MOST + 1)
        if not places:
            return Shown(0)
        images = len(self._words.holding(line, _READ, _MOST))
        if len(places) > _MOST:
            return Shown(images)
        owners = {(ordinal, int(self._segments[ordinal].owners[row])) for ordinal, row in places}
        chunks = sorted(
            (ordinal << self._id_bits) + row
            for ordinal, row in places
            if (mask := self._masks[ordinal]) is None or mask[row]
        )
        told = rarity(len(owners), self._documents) / rarity(1, self._documents)
        return Shown(images, tuple(chunks), told)


def rarity(count: int, total: int) -> float:
    """How telling it is to be one of `count` among `total`: BM25's weight, above 0."""
    return log(1 + (total - count + 0.5) / (count + 0.5))
