from __future__ import annotations

import math

import numpy as np
import pytest

from search.regression import fit

ROWS = np.array([[0.0]] * 4 + [[1.0]] * 4)
RIGHT = np.array([True, False, False, False, True, True, True, False])


def test_the_odds_of_two_kinds_are_found() -> None:
    made = fit(ROWS, RIGHT, penalty=0.0)
    assert made.weights.tolist() == pytest.approx([2 * math.log(3)], abs=1e-4)
    assert made.bias == pytest.approx(-math.log(3), abs=1e-4)
    chances = made.chances(np.array([[0.0], [1.0]]))
    assert chances.tolist() == pytest.approx([0.25, 0.75], abs=1e-4)


def test_a_great_penalty_leaves_the_share_that_is_right() -> None:
    made = fit(ROWS, np.array([True, *[False] * 7]), penalty=1e9)
    assert made.weights.tolist() == pytest.approx([0.0], abs=1e-6)
    assert made.bias == pytest.approx(math.log(1 / 7), abs=1e-4)


def test_what_never_differs_counts_for_nothing() -> None:
    made = fit(np.column_stack([ROWS, np.ones(8)]), RIGHT, penalty=1e-3)
    assert made.weights[1] == pytest.approx(0.0)
