"""The rarest name that question and document share, as a score beside those of the lanes."""

from __future__ import annotations

from collections.abc import Mapping

from indexer.lanes import NAMES
from search.fuse import Key, Ranked, distinct


def named(
    scores: Mapping[str, dict[Key, float]], rankings: Mapping[str, Ranked[Key]]
) -> dict[str, dict[Key, float]]:
    """`scores` with those of names as they are, in [0, 1]: 0 for a key that has no name.

    They are neither scaled to the best of the question nor filled up with the least: a name
    that many documents have tells little, and to lack a name that few have tells nothing.
    """
    found = {n: one for n, one in scores.items() if n != NAMES}
    names = distinct(rankings.get(NAMES, ()))
    if names:
        keys = dict.fromkeys(key for one in scores.values() for key in one)
        found[NAMES] = dict.fromkeys(keys, 0.0) | names
    return found
