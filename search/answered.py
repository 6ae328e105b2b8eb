"""Measuring answers: who is answered, how often rightly, and what is answered that should not be.

A question's answer is right when its first citation is of a document that is right for it, or
that shows an image that is. Every question that has one is asked again with those documents
left out: whatever is answered then is wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from search.calibration import Bin, expected_calibration_error, reliability, risk_coverage
from search.evaluate import Estimate, estimate, try_query
from search.qrels import JudgedQuery
from search.results import Answer
from search.trial import Measured

KEPT = 0.9
"""Share of the answerable questions that a threshold has to keep."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a question.

    `confidence` in [0, 1] is that of its answer, given or withheld. `right` says whether the
    first citation is right. `without` and `found_without` are confidence and whether there was
    an answer with the right documents left out; None and False for a question that has none.
    """

    id: str
    answerable: bool
    found: bool
    right: bool
    confidence: float
    without: float | None = None
    found_without: bool = False


@dataclass(frozen=True, slots=True)
class AnswerFigures:
    """Shares in [0, 1]; None where no question tells.

    `answered` is of the answerable questions, `right` of those answered, and `wrongly` of the
    questions that must not be answered. `removed` is the share answered, at the threshold of
    the settings, of the answerable ones with their documents left out; `removed_kept` the same
    at `threshold`, the one that keeps 90 % of the answerable ones (of these very questions).
    `bins`, `error` (expected calibration error) and `curve` (float64 (m, 2): coverage, risk)
    are of the event that the first citation is right, over all questions.
    """

    questions: int
    answerable: int
    answered: Estimate | None
    right: Estimate | None
    wrongly: Estimate | None
    removed: Estimate | None
    removed_kept: Estimate | None
    threshold: float | None
    bins: tuple[Bin, ...]
    error: float
    curve: NDArray[np.float64]


def answer_all(
    engine: Measured, queries: Sequence[JudgedQuery], step: Callable[[], None]
) -> list[Outcome]:
    """Ask every question, and once more without what is right; `step` after each.

    Raises BadQuery naming the question.
    """
    outcomes = []
    for query in queries:
        outcomes.append(answer_query(engine, query))
        step()
    return outcomes


def answer_query(engine: Measured, judged: JudgedQuery) -> Outcome:
    """Ask one question. Raises BadQuery naming it."""
    query = replace(judged.query(1), collapse="document")
    trial = try_query(engine, judged, query)
    found = trial.answer is not None and trial.answer.found
    if not judged.relevant:
        return Outcome(judged.id, False, found, False, trial.confidence)
    right = {*judged.relevant, *(chunk.document for chunk in engine.named(judged.relevant))}
    without = try_query(engine, judged, replace(query, exclude=query.exclude | right))
    return Outcome(
        judged.id,
        answerable=True,
        found=found,
        right=_first_right(trial.answer, right),
        confidence=trial.confidence,
        without=without.confidence,
        found_without=without.answer is not None and without.answer.found,
    )


def answer_figures(outcomes: Sequence[Outcome]) -> AnswerFigures:
    """Sum up at least one outcome."""
    answerable = [one for one in outcomes if one.answerable]
    others = [one for one in outcomes if not one.answerable]
    sure = np.array([one.confidence for one in outcomes], dtype=np.float64)
    right = np.array([one.right for one in outcomes], dtype=np.bool_)
    bins = reliability(sure, right)
    threshold = _threshold([one.confidence for one in answerable])
    removed = [one.without for one in answerable if one.without is not None]
    return AnswerFigures(
        questions=len(outcomes),
        answerable=len(answerable),
        answered=_share([one.found for one in answerable]),
        right=_share([one.right for one in answerable if one.found]),
        wrongly=_share([one.found for one in others]),
        removed=_share([one.found_without for one in answerable]),
        removed_kept=_share([] if threshold is None else [one >= threshold for one in removed]),
        threshold=threshold,
        bins=tuple(bins),
        error=expected_calibration_error(bins),
        curve=risk_coverage(sure, right),
    )


def _first_right(answer: Answer | None, right: set[str]) -> bool:
    if answer is None or not answer.citations:
        return False
    first = answer.citations[0]
    names = (first.document, first.asset, first.document.partition("#")[2])
    return any(name in right for name in names if name)


def _threshold(confidences: Sequence[float]) -> float | None:
    """The highest confidence that at least KEPT of these reach."""
    if not confidences:
        return None
    return float(np.quantile(confidences, 1 - KEPT, method="lower"))


def _share(flags: Sequence[bool]) -> Estimate | None:
    return estimate([float(flag) for flag in flags]) if flags else None
