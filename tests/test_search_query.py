from __future__ import annotations

import pytest

from indexer.config import Limits
from indexer.errors import BadQuery
from indexer.records import Filter
from search.query import Query, parse_filters


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("product=Pump", Filter("product", "=", "Pump")),
        ("date>=2024-01-01", Filter("date", ">=", "2024-01-01")),
        ("priority != low", Filter("priority", "!=", "low")),
        ("note=a=b", Filter("note", "=", "a=b")),
        ("产品=水泵", Filter("产品", "=", "水泵")),
        ("size<3", Filter("size", "<", "3")),
        ("empty=", Filter("empty", "=", "")),
    ],
)
def test_filters_are_parsed(condition: str, expected: Filter) -> None:
    assert parse_filters([condition]) == (expected,)


@pytest.mark.parametrize("condition", ["product", "=Pump", ""])
def test_a_filter_of_another_shape_is_named(condition: str) -> None:
    with pytest.raises(BadQuery, match="not KEY=VALUE"):
        parse_filters([condition])


def test_queries_are_checked() -> None:
    limits = Limits(query_chars=10, results=50)
    Query("pump").check(limits)
    Query(image=b"x").check(limits)
    with pytest.raises(BadQuery, match="empty query"):
        Query("  \n").check(limits)
    with pytest.raises(BadQuery, match=r"11 characters; up to 10"):
        Query("x" * 11).check(limits)
    with pytest.raises(BadQuery, match="k is 51; it must be from 1 to 50"):
        Query("pump", k=51).check(limits)
