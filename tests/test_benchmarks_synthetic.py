"""How the benchmark of synthetic queries compares rankings of settings."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.copies import CHANGES
from benchmarks.synthetic import NEVER, compare, reciprocal, regret, tau
from search.synthesize import distort


def test_tau_counts_pairs_and_forgives_no_tie() -> None:
    assert tau([1, 2, 3], [1, 3, 2]) == pytest.approx(1 / 3)
    assert tau([1, 2, 3], [3, 2, 1]) == -1
    # two of three pairs are untied in the first, all in the second
    assert tau([1, 1, 2], [1, 2, 3]) == pytest.approx(2 / 6**0.5)
    assert tau([1, 1], [1, 2]) == 0


def test_the_loss_is_that_of_the_worst_of_the_best() -> None:
    assert regret([0.5, 0.9, 0.9], [0.7, 0.6, 0.4]) == pytest.approx(0.3)
    assert regret([0.9, 0.5, 0.5], [0.7, 0.6, 0.4]) == 0


def test_reciprocal_ranks_end_at_ten() -> None:
    assert reciprocal(np.array([[1, 4], [10, 11], [2, NEVER]])).tolist() == [
        [1.0, 0.25],
        [0.1, 0.0],
        [0.5, 0.0],
    ]


def test_queries_that_all_agree_have_no_width() -> None:
    table = np.array([[0.2, 0.5, 1.0]] * 4)
    assert compare(table, table) == {"tau": 1.0, "low": 1.0, "high": 1.0, "loss": 0.0}


def test_the_changes_of_other_benchmarks_are_the_shared_ones() -> None:
    assert CHANGES["photo of a screen"] is distort.photographed
    assert list(CHANGES) == [
        "crop",
        "rescale",
        "recompress",
        "recolour",
        "dark mode",
        "messenger",
        "photo of a screen",
    ]
