"""Which of several sighted images is the query's."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from indexer.records import Box
from search.compare import Agreement, Grey
from search.regions import Sighting
from search.verify import CHECKED, Verified, verify
from tests.test_regions import screen
from tests.test_search_compare_images import grey, sibling


def sighting(features: int = 50) -> Sighting:
    return Sighting(Box(0, 0, 1, 1), features, np.eye(3))


def test_a_sibling_with_more_features_loses_to_the_image_itself() -> None:
    shown = {"itself": grey(screen(3)), "sibling": grey(sibling())}
    found = verify(
        screen(3), [("sibling", sighting(60)), ("itself", sighting(50))], shown.__getitem__
    )
    assert [(one.what, one.same) for one in found] == [("itself", True), ("sibling", False)]


def test_without_a_preview_nothing_is_said_to_be_the_same() -> None:
    found = verify(screen(3), [("a", sighting(20)), ("b", sighting(30))], lambda _: None)
    assert [(one.what, one.same, one.score) for one in found] == [
        ("b", False, 0.0),
        ("a", False, 0.0),
    ]


def test_only_the_best_are_laid_over() -> None:
    asked: list[int] = []

    def preview(what: int) -> Grey:
        asked.append(what)
        return grey(screen(4))

    verify(screen(3), [(n, sighting(100 - 10 * n)) for n in range(CHECKED + 2)], preview)
    assert asked == list(range(CHECKED))
    asked.clear()
    verify(screen(3), [(0, sighting(100)), (1, sighting(9))], preview)  # 9 is no rival of 100
    assert asked == [0]
    asked.clear()
    verify(screen(3), [(n, sighting(100 - n)) for n in range(10)], preview)  # all are close
    assert asked == list(range(8))


SLANTED = np.array([[1.0, 0, 0], [0, 1, 0], [0.1, 0, 1]])


@pytest.mark.parametrize(
    ("matrix", "features", "agreement", "same"),
    [
        (np.eye(3), 50, Agreement(0.9, 1.0, 0.0), True),
        (np.eye(3), 8, Agreement(0.9, 1.0, 0.0), True),  # few features that lie to a pixel
        (np.eye(3), 50, Agreement(0.9, 1.0, 0.4), False),  # a large part differs
        (np.eye(3), 50, Agreement(0.9, 0.3, 0.0), False),  # it is on a third of the query only
        (np.eye(3), 50, Agreement(0.8, 1.0, 0.0), False),  # another state of one window
        (np.eye(3), 50, None, False),
        (SLANTED, 50, Agreement(0.8, 1.0, 0.0), True),  # a photo
        (SLANTED, 50, Agreement(0.7, 1.0, 0.0), False),
        (SLANTED, 8, Agreement(0.9, 1.0, 0.0), False),
    ],
)
def test_the_same_is_claimed_where_no_sizeable_part_differs(
    matrix: NDArray[np.float64], features: int, agreement: Agreement | None, same: bool
) -> None:
    seen = Sighting(Box(0, 0, 1, 1), features, matrix)
    assert Verified("a", seen, agreement).same is same


def test_the_score_weighs_features_by_agreement() -> None:
    assert Verified("a", sighting(16), Agreement(0.5, 0.5, 0.2)).score == 1.0
    assert Verified("a", sighting(16), Agreement(-0.5, 1.0, 1.0)).score == 0.0


def test_what_differs_all_over_does_not_resemble() -> None:
    assert Verified("a", sighting(), Agreement(0.5, 1.0, 0.3)).resembles
    assert not Verified("a", sighting(), Agreement(0.4, 1.0, 0.5)).resembles
    assert not Verified("a", sighting(), None).resembles
