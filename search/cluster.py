"""Groups of vectors that are alike, found from the bottom up."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from indexer.records import Vectors

_ROUNDING = 1e-6


def average_link(vectors: Vectors, cut: float) -> list[list[int]]:
    """Clusters of unit vectors (n, dim): lists of rows, the largest first, each row in one.

    Agglomerative with average link: the two clusters whose members have the highest mean
    cosine are joined, while that is at least `cut`. For unit vectors this mean is the product
    of the two mean vectors, so no matrix of all pairs is needed: memory is O(n · dim), time
    O(n² · dim). Order of joining: the nearest-neighbour chain (Murtagh, "A Survey of Recent
    Advances in Hierarchical Clustering Algorithms", Computer Journal 26(4), 1983), which is
    exact here because a join never brings a third cluster nearer than the nearer of the two.
    """
    forest = _Forest(vectors)
    chain: list[int] = []
    while len(forest.open):
        if not chain:
            chain.append(int(forest.open[0]))
        near, cosine = forest.nearest(chain[-1], chain[-2] if len(chain) > 1 else None)
        if cosine < cut:
            forest.close(chain.pop())
        elif len(chain) > 1 and near == chain[-2]:
            forest.join(chain.pop(), chain.pop())
        else:
            chain.append(near)
    return sorted((sorted(rows) for rows in forest.members.values()), key=lambda rows: -len(rows))


class _Forest:
    """Clusters under way. `open` are those that may still be joined, by their first row."""

    def __init__(self, vectors: Vectors) -> None:
        self._means = np.array(vectors, np.float32)
        self.members = {row: [row] for row in range(len(vectors))}
        self.open: NDArray[np.int64] = np.arange(len(vectors))

    def nearest(self, one: int, kept: int | None) -> tuple[int, float]:
        """The open cluster nearest to `one`, `kept` where that is as near, and the mean cosine.

        Rounding differs with the order of sums; taken for a difference, it would let the
        chain run in circles.
        """
        cosines = self._means[self.open] @ self._means[one]
        cosines[self.open == one] = -np.inf
        best = int(np.argmax(cosines))
        if kept is not None:
            place = int(np.searchsorted(self.open, kept))
            best = place if cosines[place] >= cosines[best] - _ROUNDING else best
        return int(self.open[best]), float(cosines[best])

    def join(self, one: int, other: int) -> None:
        into, gone = min(one, other), max(one, other)
        sizes = len(self.members[into]), len(self.members[gone])
        self._means[into] = np.average(self._means[[into, gone]], axis=0, weights=sizes)
        self.members[into] += self.members.pop(gone)
        self.close(gone)

    def close(self, one: int) -> None:
        """Nothing is near enough to be joined with it any more."""
        self.open = self.open[self.open != one]


def central(vectors: Vectors, rows: Sequence[int]) -> int:
    """The row of the highest mean cosine to all `rows` of unit vectors (n, dim)."""
    members = vectors[list(rows)]
    return rows[int(np.argmax(members @ members.mean(axis=0)))]
