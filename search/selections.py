"""Which chunks a question may find, remembered for the filters that were asked for last."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from threading import Lock
from typing import Final

from indexer.records import Filter
from indexer.store.base import Selection, Store

KEPT: Final = 16
"""Selections kept; each is a byte for every chunk of the index."""


class Selections:
    """`Store.select` of one generation. Safe to call from several threads at once."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: OrderedDict[tuple[tuple[Filter, ...], frozenset[str]], Selection | None] = (
            OrderedDict()
        )
        self._lock = Lock()

    def select(self, filters: Sequence[Filter], exclude: frozenset[str]) -> Selection | None:
        """See Store. Raises BadQuery for an unknown key or a value that cannot be compared."""
        key = tuple(filters), exclude
        with self._lock:
            if key in self._known:
                self._known.move_to_end(key)
                return self._known[key]
        found = self._store.select(filters, exclude)
        with self._lock:
            self._known[key] = found
            if len(self._known) > KEPT:
                self._known.popitem(last=False)
        return found
