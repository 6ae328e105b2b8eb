"""Which questions hang together, so that none is held out beside its like."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from indexer.align.examples import Examples
from indexer.align.pool import Pool


def matters(examples: Examples, pool: Pool) -> NDArray[np.int64]:
    """The matter of each question (n,), from 0: those of a group or with a document in common.

    What is learnt from one question of a matter says something about the others.
    """
    documents = int(pool.owners.max(initial=-1)) + 1
    parent = np.arange(documents + int(examples.groups.max(initial=-1)) + 1)

    def root(item: int) -> int:
        while parent[item] != item:
            parent[item] = parent[parent[item]]  # halves the path for whoever comes next
            item = int(parent[item])
        return item

    groups = [documents + int(group) for group in examples.groups]
    for group, rows in zip(groups, examples.right, strict=True):
        for owner in np.unique(pool.owners[rows]):
            parent[root(int(owner))] = root(group)
    found: NDArray[np.int64] = np.unique([root(group) for group in groups], return_inverse=True)[1]
    return found
