"""Pairs as arrays: question vectors and the rows of the pool that are right for each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from indexer.align.pairs import Pair
from indexer.align.pool import Pool, Rows
from indexer.records import Vectors


@dataclass(frozen=True, slots=True, eq=False)
class Examples:
    """`queries` (n, dim) with, for each, the rows that are `right` and those left `out`.

    `answers` (n,) numbers the distinct sets of right documents, `groups` (n,) the groups.
    """

    queries: Vectors
    right: tuple[Rows, ...]
    out: tuple[Rows, ...]
    answers: NDArray[np.int64]
    groups: NDArray[np.int64]

    def subset(self, chosen: NDArray[np.bool_]) -> Examples:
        """The chosen ones, (n,)."""
        places = np.flatnonzero(chosen)
        return Examples(
            self.queries[places],
            tuple(self.right[place] for place in places),
            tuple(self.out[place] for place in places),
            self.answers[places],
            self.groups[places],
        )


def examples_of(pairs: Sequence[Pair], queries: Vectors, pool: Pool) -> Examples:
    """Pairs with their vectors (n, dim). What a pair excludes is not right for it."""
    out = tuple(pool.rows(pair.exclude) for pair in pairs)
    right = tuple(
        np.setdiff1d(pool.rows(pair.relevant), left) for pair, left in zip(pairs, out, strict=True)
    )
    return Examples(
        queries,
        right,
        out,
        _numbers([tuple(sorted(pair.relevant)) for pair in pairs]),
        _numbers([pair.group for pair in pairs]),
    )


def _numbers(values: Sequence[object]) -> NDArray[np.int64]:
    """Equal values, equal numbers, from 0 in order of appearance."""
    known: dict[object, int] = {}
    return np.array([known.setdefault(value, len(known)) for value in values], np.int64)
