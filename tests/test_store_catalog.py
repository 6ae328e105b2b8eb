"""Documents and chunks: stored and given back whole, filtered as a plain loop would."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.errors import BadQuery
from indexer.records import (
    Box,
    Chunk,
    Document,
    Filter,
    Kind,
    Line,
    Modality,
    Operator,
    Picture,
    Place,
    StoredChunk,
)
from indexer.store.filters import check_filters
from tests.catalogs import document, image, stored, text


def test_a_chunk_comes_back_as_it_went_in(tmp_path: Path) -> None:
    box = Box(0.1, 0.2, 0.30000000000000004, 1.0)
    lines = (Line('打印 "x"', box, 0.875), Line("", Box(0, 0, 1, 1), 1.0))
    place = Place(page=3, box=box, heading=("A", "B > C"), start=1.5, end=2.25)
    chunk = Chunk(Modality.IMAGE, place, "caption\n", "around", lines, Picture("i/p.png", b"x"))
    entry = document(
        "m/a.md#7", title="T", kind=Kind.TICKET, language="de", product="P", date=date(2024, 2, 29),
        groups=("g",), metadata={"Größe": "1'; DROP TABLE chunks; --", "b": ""},
    )  # fmt: skip
    with stored(tmp_path, [(entry, [text(), chunk])]) as catalog:
        found = catalog.get([1], 5 << 32)[1]
    assert found == StoredChunk(
        id=(5 << 32) + 1,
        document="m/a.md#7",
        source="src",
        title="T",
        kind=Kind.TICKET,
        language="de",
        product="P",
        date=date(2024, 2, 29),
        metadata={"Größe": "1'; DROP TABLE chunks; --", "b": ""},
        modality=Modality.IMAGE,
        place=place,
        text="caption\n",
        context="around",
        lines=lines,
        asset="i/p.png",
        thumb="t1.webp",
    )


def test_absent_facts_come_back_absent(tmp_path: Path) -> None:
    with stored(tmp_path, [(document(), [text()])]) as catalog:
        found = catalog.get([0], 0)[0]
    assert (found.date, found.asset, found.place) == (None, None, Place())
    assert (found.metadata, found.lines, found.language) == ({}, (), "")


def test_broken_text_is_stored_readable(tmp_path: Path) -> None:
    with stored(tmp_path, [(document(title="a\udc80b"), [text("x\ud800\x00y")])]) as catalog:
        found = catalog.get([0], 0)[0]
    assert (found.title, found.text) == ("a?b", "x?\x00y")


def test_get_knows_what_it_read_before(tmp_path: Path) -> None:
    with stored(tmp_path, [(document(), [text(str(i)) for i in range(50)])]) as catalog:
        first = catalog.get([3, 9], 0)
        again = catalog.get([9, 4, 3], 0)
    assert {row: chunk.text for row, chunk in again.items()} == {9: "9", 4: "4", 3: "3"}
    assert again[3] is first[3]


def test_a_segment_that_moves_up_gives_its_chunks_other_ids(tmp_path: Path) -> None:
    with stored(tmp_path, [(document(), [text("a"), text("b")])]) as catalog:
        first = catalog.get([0, 1], 7 << 32)
        assert [first[row].id for row in (0, 1)] == [7 << 32, 7 << 32 | 1]
        moved = catalog.get([1, 0], 2 << 32)
        assert {row: (chunk.id, chunk.text) for row, chunk in moved.items()} == {
            1: (2 << 32 | 1, "b"),
            0: (2 << 32, "a"),
        }


TICKETS = [
    document(
        "t.csv#1", title="Jam", kind=Kind.TICKET, language="en", product="Pump",
        date=date(2024, 1, 1), metadata={"Status": "open", "Priority": "9"},
    ),
    document(
        "t.csv#2", title="Lid", kind=Kind.TICKET, language="zh", product="Drill",
        date=date(2024, 6, 1), metadata={"Status": "closed", "Priority": "10"},
    ),
    document("m.md", title="Pump", language="en", metadata={"priority": "high"}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("conditions", "rows"),
    [
        ([("kind", "=", "ticket")], [0, 1]),
        ([("KIND", "!=", "Ticket")], [2]),
        ([("language", "=", "EN")], [0, 2]),
        ([("product", "=", "Pump")], [0]),
        ([("product", "=", "")], [2]),
        ([("product", "!=", "Pump")], [1, 2]),
        ([("product", ">", "Drill")], [0]),
        ([("title", "=", "Lid")], [1]),
        ([("document", "=", "m.md")], [2]),
        ([("date", "=", "2024-06-01")], [1]),
        ([("date", "!=", "2024-06-01")], [0, 2]),
        ([("date", ">=", "2024-01-01")], [0, 1]),
        ([("date", ">", "2024-01-01")], [1]),
        ([("date", "<=", "2024-01-01")], [0]),
        ([("date", "<", "2024-01-01")], []),
        ([("status", "=", "open")], [0]),
        ([("status", "!=", "open")], [1, 2]),
        ([("priority", ">", "9")], [1, 2]),
        ([("priority", ">=", "9.0")], [0, 1, 2]),
        ([("priority", "=", "9.0")], [0]),
        ([("priority", "<", "ha")], [0, 1]),
        ([("priority", "=", "high")], [2]),
        ([("product", "=", "Pump"), ("product", "=", "Drill")], [0, 1]),
        ([("Status", "=", "open"), ("status", "=", "closed"), ("language", "=", "zh")], [1]),
        ([("product", "!=", "Pump"), ("product", "!=", "Drill")], [2]),
        ([("date", ">", "2024-01-01"), ("date", "<", "2024-12-31")], [1]),
        ([("status", "=", "' OR 1=1 --")], []),
    ],
)
def test_filters(
    tmp_path: Path, conditions: list[tuple[str, Operator, str]], rows: list[int]
) -> None:
    filters = [Filter(*condition) for condition in conditions]
    check_filters(filters, ["Status", "Priority", "priority"])
    with stored(tmp_path, [(ticket, [text()]) for ticket in TICKETS]) as catalog:
        assert catalog.select(filters, frozenset()).nonzero()[0].tolist() == rows


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        (
            Filter("colour", "=", "red"),
            "unknown filter key 'colour'; known: kind, language, product, date, title, document, "
            "modality, Priority, Status",
        ),
        (
            Filter("date", ">=", "01/02/2024"),
            "filter date>=01/02/2024: '01/02/2024' is not a date like 2024-12-31",
        ),
        (
            Filter("kind", "=", "book"),
            "unknown kind 'book'; known: manual, ticket, image, recording, video",
        ),
        (
            Filter("Modality", "!=", "smell"),
            "unknown modality 'smell'; known: text, image, audio, video",
        ),
    ],
)
def test_unusable_filters(condition: Filter, message: str) -> None:
    with pytest.raises(BadQuery) as caught:
        check_filters([condition], ["Status", "Priority"])
    assert str(caught.value) == message


def test_modality_is_a_fact_of_the_chunk(tmp_path: Path) -> None:
    with stored(
        tmp_path, [(document(), [text(), image("a.png")]), (document(), [text()])]
    ) as catalog:
        for operator, rows in (("=", [1]), ("!=", [0, 2])):
            item = Filter("modality", operator, "Image")  # type: ignore[arg-type]
            assert catalog.select([item], frozenset()).nonzero()[0].tolist() == rows


def test_exclusion_by_document_asset_and_record(tmp_path: Path) -> None:
    entries = [
        (document("m.md"), [text(), image("img/a.png"), image("img/b.png")]),
        (document("t.csv#42"), [text(), text()]),
        (document("t.csv#43"), [text()]),
        (document("42"), [text()]),
        (document("x.pdf"), [image("x.pdf#page=1&figure=2")]),
    ]
    with stored(tmp_path, entries) as catalog:

        def left(*names: str) -> list[int]:
            rows: list[int] = catalog.select([], frozenset(names)).nonzero()[0].tolist()
            return rows

        assert left("m.md") == [3, 4, 5, 6, 7]
        assert left("img/a.png") == [0, 2, 3, 4, 5, 6, 7]
        assert left("42") == [0, 1, 2, 5, 7]
        assert left("t.csv#42", "x.pdf#page=1&figure=2") == [0, 1, 2, 5, 6]
        assert left("", "nothing", "t.csv") == [0, 1, 2, 3, 4, 5, 6, 7]


COMPARE: Mapping[Operator, Callable[[Any, Any], bool]] = {
    "=": operator.eq, "!=": operator.ne, ">=": operator.ge,
    "<=": operator.le, ">": operator.gt, "<": operator.lt,
}  # fmt: skip
VALUES = st.sampled_from(["", "1", "01", "1.5", "-2", "+3", ".5", "10", "a", "B", "ab", "é", "1e3"])
KEYS = st.sampled_from(["k", "K", "other"])
DATES = st.dates(date(2024, 1, 1), date(2024, 1, 4))
DOCUMENTS = st.builds(
    document,
    product=VALUES,
    language=st.sampled_from(["", "en", "zh"]),
    date=st.none() | DATES,
    metadata=st.dictionaries(KEYS, VALUES, max_size=3),
)
FILTERS = st.one_of(
    st.builds(Filter, st.sampled_from(["k", "OTHER"]), st.sampled_from(sorted(COMPARE)), VALUES),
    st.builds(Filter, st.just("product"), st.sampled_from(sorted(COMPARE)), VALUES),
    st.builds(Filter, st.just("date"), st.sampled_from(sorted(COMPARE)), DATES.map(str)),
)


def number(value: str) -> float | None:
    return float(value) if re.fullmatch(r"[+-]?(\d+(\.\d*)?|\.\d+)", value) else None


def holds(entry: Document, item: Filter) -> bool:
    """What one filter means, without SQL."""
    if item.operator == "!=":
        return not holds(entry, Filter(item.key, "=", item.value))
    compare = COMPARE[item.operator]
    if item.key == "date":
        return entry.date is not None and compare(entry.date, date.fromisoformat(item.value))
    if item.key == "product":
        return compare(entry.product, item.value)
    for key, value in entry.metadata.items():
        if key.lower() == item.key.lower():
            left, right = number(value), number(item.value)
            both = left is not None and right is not None
            if compare(left, right) if both else compare(value, item.value):
                return True
    return False


def passes(entry: Document, filters: Sequence[Filter]) -> bool:
    equal: dict[str, list[bool]] = {}
    for item in filters:
        if item.operator == "=":
            equal.setdefault(item.key.lower(), []).append(holds(entry, item))
    rest = [holds(entry, item) for item in filters if item.operator != "="]
    return all(rest) and all(any(group) for group in equal.values())


QUESTIONS = st.lists(st.lists(FILTERS, min_size=1, max_size=4), min_size=8, max_size=8)


@settings(max_examples=15, deadline=None)
@given(st.lists(DOCUMENTS, min_size=1, max_size=8), QUESTIONS)
def test_any_filters_agree_with_a_plain_loop(
    documents: list[Document], questions: list[list[Filter]]
) -> None:
    with (
        TemporaryDirectory() as folder,
        stored(Path(folder), [(entry, [text()]) for entry in documents]) as catalog,
    ):
        for filters in questions:
            found = catalog.select(filters, frozenset()).tolist()
            assert found == [passes(entry, filters) for entry in documents]
