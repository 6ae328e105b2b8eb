"""When the groups that were found hold an answer."""

from __future__ import annotations

from dataclasses import replace

from search.answer import Supported, answers
from search.evidence import Coverage, Signals
from search.tuned import SHIPPED, Tuned
from tests.reranking import candidate

STRONG = Signals(Coverage(1.0), cosine=0.8, near=0.4)
"""A support of .92 = logistic(9.84 · .8 + 1.41 - 6.83)."""


def rated(signals: Signals, tuned: Tuned | None = None) -> Supported:
    group = candidate(0, "text")
    return Supported(group, group.chunks[0], signals, tuned)


def test_support_decides_where_nothing_else_is_known() -> None:
    assert answers([rated(STRONG)], 0.9)
    assert not answers([rated(STRONG)], 0.95)
    assert not answers([], 0.0)


def test_what_no_document_is_likely_to_answer_is_not_answered() -> None:
    """-7.08 + 8.11 · lead + 9.44 · ahead: .06 for a third and 0.17, .72 for half and .42."""
    alike = replace(STRONG, fused=0.8, lead=1 / 3, ahead=0.167)
    clear = replace(STRONG, fused=0.8, lead=0.5, ahead=0.42)
    assert round(rated(alike).confidence, 2) == 0.06
    assert round(rated(clear).confidence, 2) == 0.72
    assert not answers([rated(alike)], 0.4)
    assert answers([rated(alike), rated(clear)], 0.4)


def test_the_threshold_that_was_learnt_goes_before_the_settings() -> None:
    half = Tuned({SHIPPED: 0.0}, 0.0, 0.5, "print")
    assert answers([rated(STRONG, half)], 1.0)
    assert not answers([rated(STRONG, replace(half, threshold=0.51))], 0.0)
