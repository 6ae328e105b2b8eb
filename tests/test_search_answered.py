from __future__ import annotations

import pytest

from search.answered import Outcome, answer_figures


def test_shares_are_those_of_their_own_questions() -> None:
    outcomes = [
        Outcome("a", True, True, True, 0.9, 0.1, False),
        Outcome("b", True, True, False, 0.8, 0.7, True),
        Outcome("c", True, False, True, 0.3, 0.2, False),
        Outcome("d", True, True, True, 0.7, 0.3, False),
        Outcome("e", False, True, False, 0.6),
        Outcome("f", False, False, False, 0.2),
    ]
    found = answer_figures(outcomes)
    assert (found.questions, found.answerable) == (6, 4)
    assert found.answered
    assert found.answered.value == 0.75
    assert found.right
    assert found.right.value == pytest.approx(2 / 3)
    assert found.wrongly
    assert found.wrongly.value == 0.5
    assert found.removed
    assert found.removed.value == 0.25
    # the threshold that keeps 90 % of .3, .7, .8, .9 is .3; of .1, .7, .2, .3 two reach it
    assert found.threshold == 0.3
    assert found.removed_kept
    assert found.removed_kept.value == 0.5
    # six bins of one: |.2-0|, |.3-1|, |.6-0|, |.7-1|, |.8-0|, |.9-1|
    assert found.error == pytest.approx((0.2 + 0.7 + 0.6 + 0.3 + 0.8 + 0.1) / 6)
    assert found.curve[0].tolist() == [pytest.approx(1 / 6), 0.0]
    assert found.curve[-1].tolist() == [1.0, 0.5]


def test_what_no_question_tells_is_none() -> None:
    found = answer_figures([Outcome("a", False, False, False, 0.1)])
    assert (found.answered, found.right, found.removed, found.threshold) == (None,) * 4
    assert found.wrongly
    assert found.wrongly.value == 0.0
