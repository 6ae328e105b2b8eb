"""Whether probabilities are right as often as they say: reliability, risk and coverage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from indexer.errors import BadQuery


@dataclass(frozen=True, slots=True)
class Bin:
    """Answers of like probability.

    `low` and `high` are the least and greatest probability among them, `confidence` their mean
    and `accuracy` the share that was right; `count` is never 0.
    """

    low: float
    high: float
    count: int
    confidence: float
    accuracy: float


def reliability(
    probabilities: NDArray[np.float64], right: NDArray[np.bool_], bins: int = 15
) -> list[Bin]:
    """The bins of a reliability diagram, lowest probability first, of equal mass.

    `probabilities` float64 (n,) in [0, 1]; `right` bool (n,). Counts differ by one at most, and
    there are n bins where n < `bins`. Equal mass instead of equal width, as few answers are of
    middling probability (Nixon et al., "Measuring Calibration in Deep Learning",
    arXiv 1904.01685). Raises BadQuery for arrays of other shapes or other numbers.
    """
    _check(probabilities, right)
    if bins < 1:
        raise BadQuery(f"bins is {bins}; give at least 1")
    order = np.argsort(probabilities, kind="stable")
    parts = np.array_split(order, min(bins, len(order))) if len(order) else []
    return [
        Bin(
            low=float(probabilities[part[0]]),
            high=float(probabilities[part[-1]]),
            count=len(part),
            confidence=float(probabilities[part].mean()),
            accuracy=float(right[part].mean()),
        )
        for part in parts
    ]


def expected_calibration_error(bins: Sequence[Bin]) -> float:
    """The mean of |confidence - accuracy| over answers, in [0, 1]; 0 where there are none.

    Naeini, Cooper and Hauskrecht, "Obtaining Well Calibrated Probabilities Using Bayesian
    Binning" (AAAI 2015).
    """
    total = sum(one.count for one in bins)
    gaps = sum(one.count * abs(one.confidence - one.accuracy) for one in bins)
    return gaps / total if total else 0.0


def risk_coverage(
    probabilities: NDArray[np.float64], right: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """What abstaining buys: float64 (m, 2) of (coverage, risk), coverage rising to 1.

    `probabilities` float64 (n,) in [0, 1]; `right` bool (n,). Each row is a threshold, one for
    every distinct probability: the share of the n questions that are answered from it on, and
    the share of those answers that is wrong (Geifman and El-Yaniv, "Selective Classification for
    Deep Neural Networks", arXiv 1705.08500). Raises BadQuery as `reliability` does.
    """
    _check(probabilities, right)
    order = np.argsort(-probabilities, kind="stable")
    answered = np.arange(1, len(order) + 1, dtype=np.float64)
    wrong = np.cumsum(~right[order], dtype=np.float64)
    # Equal probabilities are answered together or not at all.
    last = np.flatnonzero(np.diff(probabilities[order], append=-1.0))
    covered: NDArray[np.float64] = np.column_stack(
        [answered / max(1, len(order)), wrong / answered]
    )
    return covered[last]


def _check(probabilities: NDArray[np.float64], right: NDArray[np.bool_]) -> None:
    if probabilities.ndim != 1 or probabilities.shape != right.shape:
        raise BadQuery(
            f"probabilities {probabilities.shape} and right {right.shape}: give two arrays (n,)"
        )
    if not ((probabilities >= 0) & (probabilities <= 1)).all():
        raise BadQuery("a probability is outside [0, 1] or not a number")
