"""Which lines of an image share words with a query: what to mark in it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from indexer.records import Line
from indexer.store.analysis import tokens

_SHARE = 0.5
_MOST = 12


def matched_lines(lines: Sequence[Line], words: Iterable[str]) -> tuple[Line, ...]:
    """The lines of which at least half the words are among `words` (as analysed), best first.

    Longer matches come before shorter ones; at most 12 lines.
    """
    wanted = set(words)
    rated: list[tuple[int, Line]] = []
    for line in lines:
        own = set(tokens(line.text))
        shared = len(own & wanted)
        if shared and shared >= _SHARE * len(own):
            rated.append((shared, line))
    rated.sort(key=lambda pair: -pair[0])
    return tuple(line for _, line in rated[:_MOST])
