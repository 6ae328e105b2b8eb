"""An order of drawing in which all kinds of documents come soon, and none too often."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable
from random import Random
from typing import TypeVar

Item = TypeVar("Item")

PER_OWNER = 3
"""Most items of one document."""


def spread(
    items: Iterable[Item],
    owner: Callable[[Item], Hashable],
    stratum: Callable[[Item], Hashable],
    random: Random,
) -> list[Item]:
    """`items` shuffled, at most PER_OWNER of each owner.

    The first of every owner comes before any second one; within each round the strata take
    turns, so that the smallest is not forgotten.
    """
    shuffled = list(items)
    random.shuffle(shuffled)
    seen: Counter[Hashable] = Counter()
    rounds: list[dict[Hashable, list[Item]]] = [defaultdict(list) for _ in range(PER_OWNER)]
    for item in shuffled:
        turn = seen[owner(item)]
        seen[owner(item)] += 1
        if turn < PER_OWNER:
            rounds[turn][stratum(item)].append(item)
    return [item for strata in rounds for item in _in_turns(list(strata.values()))]


def _in_turns(strata: list[list[Item]]) -> list[Item]:
    longest = max(map(len, strata), default=0)
    return [found[i] for i in range(longest) for found in strata if i < len(found)]
