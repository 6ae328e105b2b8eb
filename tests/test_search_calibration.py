from __future__ import annotations

import numpy as np
import pytest

from indexer.errors import BadQuery
from search.calibration import Bin, expected_calibration_error, reliability, risk_coverage

CHANCES = np.array([0.9, 0.1, 0.6, 0.3, 0.8])
RIGHT = np.array([True, False, False, False, True])


def test_bins_hold_equal_shares_from_the_lowest_probability_on() -> None:
    found = reliability(CHANCES, RIGHT, bins=2)
    assert [(one.low, one.high, one.count) for one in found] == [(0.1, 0.6, 3), (0.8, 0.9, 2)]
    assert [one.confidence for one in found] == pytest.approx([1 / 3, 0.85])
    assert [one.accuracy for one in found] == [0.0, 1.0]
    # (3 * 1/3 + 2 * .15) / 5
    assert expected_calibration_error(found) == pytest.approx(0.26)


def test_fewer_answers_than_bins_stand_alone() -> None:
    found = reliability(np.array([0.7, 0.2]), np.array([True, True]))
    assert found == [Bin(0.2, 0.2, 1, 0.2, 1.0), Bin(0.7, 0.7, 1, 0.7, 1.0)]
    assert expected_calibration_error(found) == pytest.approx(0.55)
    assert reliability(np.array([]), np.array([], dtype=bool)) == []
    assert expected_calibration_error([]) == 0.0


def test_risk_is_that_of_what_is_answered_above_each_threshold() -> None:
    found = risk_coverage(CHANCES, RIGHT)
    assert found[:, 0].tolist() == pytest.approx([0.2, 0.4, 0.6, 0.8, 1.0])
    assert found[:, 1].tolist() == pytest.approx([0.0, 0.0, 1 / 3, 0.5, 0.6])


def test_equal_probabilities_are_one_threshold() -> None:
    chances, right = np.array([0.5, 0.9, 0.5]), np.array([True, True, False])
    assert risk_coverage(chances, right) == pytest.approx(np.array([[1 / 3, 0.0], [1.0, 1 / 3]]))
    assert risk_coverage(np.array([]), np.array([], dtype=bool)).shape == (0, 2)


def test_what_is_no_probability_is_named() -> None:
    with pytest.raises(BadQuery, match=r"\(2,\).*\(1,\)"):
        reliability(np.array([0.1, 0.2]), np.array([True]))
    with pytest.raises(BadQuery, match="outside"):
        risk_coverage(np.array([1.2]), np.array([True]))
    with pytest.raises(BadQuery, match="bins is 0"):
        reliability(CHANCES, RIGHT, bins=0)
