from __future__ import annotations

import pytest

from search.evaluate import Estimate
from search.report.figures import chance, interval, points, signed


@pytest.mark.parametrize(("value", "text"), [(0.8344, ".834"), (1.0, "1.000"), (0.0, ".000")])
def test_points(value: float, text: str) -> None:
    assert points(value) == text


@pytest.mark.parametrize(
    ("value", "text"), [(0.0121, "+.012"), (-0.5, "−.500"), (-0.0004, ".000"), (1.0, "+1.000")]
)
def test_signs(value: float, text: str) -> None:
    assert signed(value) == text


def test_intervals_and_chances() -> None:
    assert interval(Estimate(0.9, 0.8011, 0.96)) == ".801–.960"
    assert interval(Estimate(1.0, 0.925, 1.0)) == ".925–1"
    assert (chance(0.0312), chance(0.0001)) == (".031", "< .001")
