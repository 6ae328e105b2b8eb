"""Which lines of an image share words with a query: what to mark in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from indexer.readers.frames import ELSEWHERE
from indexer.records import Line
from indexer.store.analysis import tokens

_SHARE = 0.5
_MOST = 12


def matched_lines(lines: Sequence[Line], words: Mapping[str, float]) -> tuple[Line, ...]:
    """The lines seen of which at least half the words are among `words` (as analysed), best first.

    `words` are those of the query, with their rarity: what names a dialog comes before the
    menus and buttons that are on every screen, and longer matches before shorter ones. At most
    12 lines.
    """
    rated: list[tuple[float, Line]] = []
    for line in lines:
        if line.box == ELSEWHERE:
            continue
        own = set(tokens(line.text))
        shared = own & words.keys()
        if shared and len(shared) >= _SHARE * len(own):
            rated.append((sum(words[word] for word in shared), line))
    rated.sort(key=lambda pair: -pair[0])
    return tuple(line for _, line in rated[:_MOST])
