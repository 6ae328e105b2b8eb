"""When the groups that were found hold an answer."""

from __future__ import annotations

from dataclasses import replace

from search.answer import answers
from search.evidence import Coverage, Signals
from search.supported import Supported
from search.tuned import SHIPPED, Tuned
from tests.reranking import candidate

LIKELY = Signals(Coverage(1.0, had=10.0), cosine=0.8, lead=0.55)
"""A confidence of .70 = logistic(-8.89 + 15.75 · .55 + .106 · 10)."""


def rated(signals: Signals, tuned: Tuned | None = None) -> Supported:
    group = candidate(0, "text")
    return Supported(group, group.chunks[0], signals, tuned)


def test_one_that_is_likely_enough_is_an_answer() -> None:
    unlikely = rated(replace(LIKELY, lead=0.1))
    assert round(rated(LIKELY).confidence, 2) == 0.70
    assert answers([rated(LIKELY)], 0.65)
    assert not answers([rated(LIKELY)], 0.75)
    assert answers([unlikely, rated(LIKELY)], 0.65)
    assert not answers([unlikely], 0.65)
    assert not answers([], 0.0)


def test_the_threshold_that_was_learnt_goes_before_the_settings() -> None:
    half = Tuned({SHIPPED: 0.0}, 0.0, 0.5, "print")
    assert answers([rated(LIKELY, half)], 1.0)
    assert not answers([rated(LIKELY, replace(half, threshold=0.51))], 0.0)
