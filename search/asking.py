"""Judged questions asked with and without their documents, to learn confidence and to judge it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from search.calibration import expected_calibration_error, reliability
from search.evidence import Signals, confidence
from search.query import Query
from search.regression import Numbers
from search.supported import Supported

KEPT = 0.9
"""The share of questions with an answer that a threshold keeps."""


class Rates(Protocol):
    """What rates the evidence for a question: `search.engine.Engine`."""

    def supported(self, query: Query) -> list[Supported]: ...


@dataclass(frozen=True, slots=True)
class Asking:
    """A question asked once: what speaks for what is ranked first, and whether that is right.

    `answerable` is whether its documents were there, `group` names what it is about.
    """

    group: str
    answerable: bool
    right: bool
    signals: Signals

    @property
    def shipped(self) -> float:
        """The confidence in [0, 1] that everybody has."""
        return confidence(self.signals)


def ask(
    engine: Rates,
    query: Query,
    group: str,
    documents: Collection[str],
    right: Callable[[Supported], bool],
) -> list[Asking]:
    """Ask of the whole index and without `documents`; once where there are none.

    Nothing comes of an asking that finds nothing to quote.
    """
    found: list[Asking] = []
    for answerable in (True, False) if documents else (False,):
        left_out = frozenset() if answerable else frozenset(documents)
        rated = engine.supported(replace(query, exclude=query.exclude | left_out))
        if rated:
            found.append(Asking(group, answerable, right(rated[0]), rated[0].signals))
    return found


def rights(asked: Sequence[Asking]) -> NDArray[np.bool_]:
    """Whether each is right, (n,)."""
    return np.array([one.right for one in asked], np.bool_)


def answerables(asked: Sequence[Asking]) -> NDArray[np.bool_]:
    """Whether each could be answered, (n,)."""
    return np.array([one.answerable for one in asked], np.bool_)


def threshold_of(chances: Numbers, answerable: NDArray[np.bool_]) -> float:
    """The chance from which on KEPT of what is answerable is answered; both (n,)."""
    return float(np.quantile(chances[answerable], 1 - KEPT))


def calibration_error(chances: Numbers, right: NDArray[np.bool_]) -> float:
    """How far chances (n,) are from the share that is right, in [0, 1], in bins of equal mass."""
    return expected_calibration_error(reliability(chances, right))
