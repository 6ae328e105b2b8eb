"""What a question is to be told apart from: passages near it that do not answer it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from indexer.align.batch import Batch
from indexer.align.examples import Examples
from indexer.align.pool import Pool, Rows

KIND = "text"

_HARD = 5
"""Near passages kept for a question; one is used at a time."""

_TOO_NEAR = 0.95
"""Share of the right passage's score above which a passage may well be right too."""


@dataclass(frozen=True, slots=True, eq=False)
class Mined:
    """By question of `examples`: the nearest right row, `best` (n,), and `hard` wrong ones.

    The model that is about to be trained says what is near. A passage that scores more than 95 %
    of what the right one does is left out, as it may answer the question too (positive-aware
    mining; NV-Retriever, arXiv 2407.15831).
    """

    examples: Examples
    pool: Pool
    best: Rows
    hard: Sequence[Rows]

    def batch(self, numbers: Rows, turn: int) -> Batch:
        """The questions `numbers`, their right passages and, of each, the hard one of its turn.

        Items are numbers of texts: questions come first, passages by row after them.
        """
        hard = [rows[turn % len(rows)] for rows in self._hard(numbers)]
        best = self.best[numbers]
        return self._batch(numbers, np.r_[best, np.setdiff1d(hard, best)].astype(np.int64))

    def held_out(self, numbers: Rows) -> Batch:
        """The questions `numbers` against all their right and hard passages, each once."""
        rows = [self.best[numbers], *self._hard(numbers)]
        return self._batch(numbers, np.unique(np.concatenate(rows)))

    def _hard(self, numbers: Rows) -> list[Rows]:
        return [self.hard[number] for number in numbers if len(self.hard[number])]

    def _batch(self, numbers: Rows, rows: Rows) -> Batch:
        """What is right for a question too, or left out for it, is no negative."""
        owners = self.pool.owners
        same = np.empty((len(numbers), len(rows)), np.bool_)
        for place, number in enumerate(numbers):
            own = np.isin(owners[rows], owners[self.examples.right[number]])
            same[place] = own | np.isin(rows, self.examples.out[number])
        left, right = numbers, len(self.best) + rows
        return Batch(
            KIND, KIND, torch.from_numpy(left), torch.from_numpy(right), torch.from_numpy(same)
        )


def mine(examples: Examples, pool: Pool) -> Mined:
    """Near passages of all questions, by their vectors and those of the pool."""
    best = np.empty(len(examples.queries), np.int64)
    hard: list[Rows] = []
    for place, query in enumerate(examples.queries):
        scores = pool.vectors @ query
        right = examples.right[place]
        best[place] = right[int(scores[right].argmax())]
        hard.append(_wrong(examples, pool, scores, place, best[place]))
    return Mined(examples, pool, best, hard)


def _wrong(
    examples: Examples, pool: Pool, scores: NDArray[np.float32], place: int, best: np.int64
) -> Rows:
    limit = _TOO_NEAR * max(float(scores[best]), 0.0)
    taken = np.isin(pool.owners, pool.owners[examples.right[place]]) | (scores > limit)
    taken[examples.out[place]] = True
    found = np.where(taken, -np.inf, scores)
    order = np.argsort(-found, kind="stable")[:_HARD]
    return order[np.isfinite(found[order])].astype(np.int64)
