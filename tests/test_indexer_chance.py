from __future__ import annotations

import numpy as np
import pytest

from indexer.chance import randomisation


def test_the_randomisation_test_counts_sign_patterns() -> None:
    # 4 equal gains: of 16 sign patterns, all + and all - are as far from 0
    assert randomisation(np.full(4, 0.5)) == pytest.approx(2 / 16, abs=0.015)
    assert randomisation(np.array([0.5, 0.5, 0.5, 0.5, 0.0, 0.0])) == randomisation(np.full(4, 0.5))
    assert randomisation(np.array([1.0, -1.0])) == 1.0
    assert randomisation(np.zeros(9)) == 1.0
    assert randomisation(np.ones(40)) == 1 / 10_001


def test_as_often_significant_as_it_says_where_nothing_differs() -> None:
    rng = np.random.default_rng(7)
    found = [randomisation(rng.normal(size=30), flips=400) for _ in range(400)]
    assert np.mean(np.array(found) <= 0.05) == pytest.approx(0.05, abs=0.035)
