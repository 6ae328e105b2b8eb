"""Questions asked with and without their documents."""

from __future__ import annotations

import numpy as np
import pytest

from search.asking import Asking, answerables, ask, calibration_error, rights, threshold_of
from search.evidence import Coverage, Signals, confidence
from search.query import Query
from search.supported import Supported
from tests.reranking import candidate

SIGNALS = Signals(Coverage(0.5, had=4.0), cosine=0.5, lead=0.5)


class Pages:
    """An engine that finds a page unless all of it is excluded."""

    def __init__(self) -> None:
        self.excluded: list[frozenset[str]] = []

    def supported(self, query: Query) -> list[Supported]:
        self.excluded.append(query.exclude)
        if "all" in query.exclude:
            return []
        group = candidate(0, "text")
        return [Supported(group, group.chunks[0], SIGNALS)]


def asked(documents: set[str], exclude: frozenset[str] = frozenset()) -> tuple[Pages, list[Asking]]:
    engine = Pages()
    query = Query("pump", exclude=exclude)
    return engine, ask(engine, query, "g", documents, lambda _: "gone" not in engine.excluded[-1])


def test_a_question_is_asked_with_and_without_its_documents() -> None:
    engine, found = asked({"gone"}, frozenset({"other"}))
    assert engine.excluded == [frozenset({"other"}), frozenset({"other", "gone"})]
    assert [(one.group, one.answerable, one.right) for one in found] == [
        ("g", True, True),
        ("g", False, False),
    ]
    assert found[0].shipped == confidence(SIGNALS)
    assert (rights(found).tolist(), answerables(found).tolist()) == ([True, False], [True, False])


def test_what_nothing_is_relevant_to_is_asked_once() -> None:
    engine, found = asked(set())
    assert engine.excluded == [frozenset()]
    assert [one.answerable for one in found] == [False]


def test_nothing_to_quote_is_no_asking() -> None:
    assert [one.answerable for one in asked({"all"})[1]] == [True]


def test_a_threshold_keeps_nine_of_ten_that_are_answerable() -> None:
    chances = np.array([*np.linspace(0.0, 1.0, 11), 0.05])
    answerable = np.array([*[True] * 11, False])
    assert threshold_of(chances, answerable) == pytest.approx(0.1)


def test_the_calibration_error_is_how_far_chances_are_off() -> None:
    chances, right = np.array([0.25, 0.25, 0.25, 0.25]), np.array([True, False, False, False])
    assert calibration_error(np.repeat(chances, 15), np.tile(right, 15)) == pytest.approx(0.0)
    assert calibration_error(np.full(15, 0.9), np.full(15, False)) == pytest.approx(0.9)
