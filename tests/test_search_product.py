from __future__ import annotations

from dataclasses import replace

import pytest

from search.product import about, naming, other_model, unnamed
from tests.chunks import passage

PRODUCTS = ["Brewline 300", "Meshline R6", "Meshline P6"]


@pytest.mark.parametrize(
    ("asked", "named"),
    [
        ({"r6", "ring", "red"}, {"r6"}),
        ({"r6", "p6"}, {"r6", "p6"}),
        ({"brewlin", "300", "ml"}, {"brewlin"}),
        ({"meshlin", "ring"}, set()),  # both have it
        ({"300", "ml"}, set()),
    ],
)
def test_a_product_is_named_by_what_no_other_is_called(asked: set[str], named: set[str]) -> None:
    assert naming(PRODUCTS, asked) == named


def test_a_page_of_another_product_is_left_unless_it_has_the_name() -> None:
    router = replace(passage("Red: hardware fault."), product="Meshline R6")
    both = replace(passage("R6 and P6 have one ring each."), product="Meshline R6")
    none = passage("Red: call us.")
    named = frozenset({"p6"})
    assert [about(chunk, named) for chunk in (router, both, none)] == [False, True, True]
    assert about(router, frozenset())


@pytest.mark.parametrize(
    ("question", "other"),
    [
        ("how do I descale the Brewline 500?", True),
        ("is the meshline r7 any better", True),
        ("how do I descale the Brewline 300?", False),
        ("Meshline R6 and P6", False),
        ("Brewline 2.4.1 update", False),
        ("Brewline E04", False),
        ("which Brewline is it", False),
    ],
)
def test_a_model_that_there_is_none_of(question: str, other: bool) -> None:
    assert other_model(PRODUCTS, question) is other


@pytest.mark.parametrize(
    ("question", "plain"),
    [
        ("What is the price of the Brewline 300?", "What is the price of the ?"),
        ("brewline-300: no foam", ": no foam"),
        ("meshline  r6 or P6, red ring", "or , red ring"),
        ("R6怎么重置", "怎么重置"),
        ("the Brewline needs 300 ml in R65", "the Brewline needs 300 ml in R65"),
    ],
)
def test_a_product_is_left_out_by_its_whole_name_or_its_model(question: str, plain: str) -> None:
    assert unnamed(question, [*PRODUCTS, ""]) == plain
