"""Filters are put to the index once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import numpy as np

from indexer.records import Filter
from indexer.store.base import Selection, Store
from search.selections import KEPT, Selections


class Asked:
    """A store that counts, and selects nothing but for no filters."""

    def __init__(self) -> None:
        self.asked: list[tuple[list[str], frozenset[str]]] = []

    def select(self, filters: Sequence[Filter], exclude: frozenset[str]) -> Selection | None:
        self.asked.append(([one.value for one in filters], exclude))
        return Selection((np.zeros(3, np.bool_),)) if filters else None


def test_a_selection_is_made_once_for_its_filters_and_exclusions() -> None:
    store = Asked()
    selections = Selections(cast(Store, store))
    pump = [Filter("product", "=", "pump")]
    first = selections.select(pump, frozenset())
    assert selections.select(tuple(pump), frozenset()) is first
    assert selections.select([], frozenset()) is None
    assert selections.select([], frozenset()) is None
    assert selections.select(pump, frozenset({"a.md"})) is not first
    assert store.asked == [
        (["pump"], frozenset()),
        ([], frozenset()),
        (["pump"], frozenset({"a.md"})),
    ]


def test_the_filters_asked_longest_ago_are_forgotten() -> None:
    store = Asked()
    selections = Selections(cast(Store, store))
    numbered = [[Filter("product", "=", str(n))] for n in range(KEPT + 1)]
    for one in (*numbered[:KEPT], numbered[0], numbered[KEPT], numbered[0], numbered[1]):
        selections.select(one, frozenset())
    assert [values for values, _ in store.asked] == [
        *([str(n)] for n in range(KEPT + 1)),
        ["1"],
    ]
