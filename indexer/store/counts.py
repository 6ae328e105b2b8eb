"""Arithmetic on counts, so that a commit need not count an index anew."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable

from indexer.store.manifest import Counts


def add(parts: Iterable[Counts]) -> dict[str, dict[str, int]]:
    """The counts of everything in `parts`."""
    total: dict[str, Counter[str]] = defaultdict(Counter)
    for counts in parts:
        for name, values in counts.items():
            total[name].update(values)
    return {name: dict(values) for name, values in total.items()}


def subtract(whole: Counts, parts: Iterable[Counts]) -> dict[str, dict[str, int]]:
    """The counts of what is left of `whole` without `parts`; values that nothing has are gone."""
    gone = add(parts)
    return {
        name: {
            value: left
            for value, count in values.items()
            if (left := count - gone.get(name, {}).get(value, 0))
        }
        for name, values in whole.items()
    }
