"""Is a difference between two rankings of the same questions more than chance?"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FLIPS = 10_000
ROUNDING = 1e-9
"""A difference that counts as none."""

_AT_ONCE = 500  # rows of flips held in memory


def randomisation(differences: NDArray[np.float64], flips: int = FLIPS, seed: int = 0) -> float:
    """Fisher's paired randomisation test: p of a sum as far from 0, two-sided, in (0, 1].

    `differences` float64 (n,), after less before, by question, or summed over questions that
    are one matter. If the two were alike, each sign would be a coin's: the share of `flips`
    random sign patterns whose sum is as large, the observed one counted among them.
    Recommended for retrieval by Smucker, Allan and Carterette, "A Comparison of Statistical
    Significance Tests for Information Retrieval Evaluation" (CIKM 2007).
    """
    decided = differences[np.abs(differences) > ROUNDING]  # a sign changes nothing at 0
    if not len(decided):
        return 1.0
    observed = abs(decided.sum()) - ROUNDING
    rng = np.random.default_rng(seed)
    as_far = 0
    for start in range(0, flips, _AT_ONCE):
        rows = min(_AT_ONCE, flips - start)
        signs = rng.integers(0, 2, (rows, len(decided)), dtype=np.int8)
        sums = (2.0 * signs - 1.0) @ decided
        as_far += int((np.abs(sums) >= observed).sum())
    return (1 + as_far) / (1 + flips)
