"""The stages of a question add up, and no question is timed twice."""

from __future__ import annotations

import pytest

from benchmarks.latency import distinct, stages
from search.query import Query


def test_what_no_stage_names_is_named() -> None:
    found = stages({"encode": 4.5, "recall": 2.0}, 7.0, "unnamed")
    assert found == {"encode": 4.5, "recall": 2.0, "unnamed": 0.5, "total": 7.0}
    assert sum(found.values()) - found["total"] == pytest.approx(found["total"])


def test_a_question_that_comes_again_is_left_out() -> None:
    asked = [Query("a"), Query("a "), Query("b"), Query("a", b"image"), Query("a", k=3)]
    assert distinct(asked) == [Query("a"), Query("b"), Query("a", b"image")]
