from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import pytest

from indexer.records import Kind, Modality, Place, StoredChunk
from search.alike import claim, difference, repeats
from search.amounts import amounts
from search.outline import outline
from search.sources import Remark, Source, remarks

HOLD = "Hold the reset button for {} until the ring turns red."


def _chunk(
    text: str,
    document: str,
    *,
    title: str = "Reset",
    kind: Kind = Kind.MANUAL,
    day: date | None = None,
    heading: tuple[str, ...] = (),
    product: str = "",
    metadata: Mapping[str, str] | None = None,
) -> StoredChunk:
    return StoredChunk(
        id=0, document=document, source="docs", title=title, kind=kind, language="en",
        product=product, date=day, metadata=metadata or {}, modality=Modality.TEXT,
        place=Place(heading=heading), text=text, context="", lines=(), asset=None, thumb="",
    )  # fmt: skip


def _source(number: int, chunk: StoredChunk) -> Source:
    texts = [unit.text for unit in outline(chunk.text)]
    return Source(number, chunk, tuple(map(claim, texts)), frozenset(texts))


def _remarks(*chunks: StoredChunk) -> list[Remark]:
    return remarks([_source(number, chunk) for number, chunk in enumerate(chunks, start=1)])


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Wait 30 minutes.", [("1800", "s", "30 minutes")]),
        ("Wait ten minutes.", [("600", "s", "10 minutes")]),
        ("请等待两小时。", [("7200", "s", "2小时")]),
        ("Use BL3-501 at 95 °C.", [("bl3501", "", "BL3-501"), ("95", "°c", "95 °C")]),
        ("Needs v2.4.1 or 2.5 GB.", [("2.4.1", "", "v2.4.1"), ("2500", "b", "2.5 GB")]),
        ("See section 8.2 and step 3, of 14 April 2026.", []),
    ],
)
def test_figures_of_a_sentence(text: str, found: list[tuple[str, str, str]]) -> None:
    assert [(a.value, a.unit, a.written) for a in amounts(text)[0]] == found


def test_sentences_repeat_each_other_only_with_the_same_figures() -> None:
    thirty, other = claim(HOLD.format("30 seconds")), claim(HOLD.format("thirty seconds"))
    assert repeats(thirty, other, None)
    assert not repeats(thirty, claim(HOLD.format("20 seconds")), 0.99)
    assert not repeats(
        claim("Do close the valve tightly."), claim("Do not close it tightly."), 0.99
    )
    assert repeats(claim("Shut the big red valve."), claim("Close that large valve, red."), 0.95)


def test_one_hour_is_60_minutes() -> None:
    one, other = claim(HOLD.format("1 hour")), claim(HOLD.format("60 minutes"))
    assert difference(one, other) is None


def test_two_sources_that_state_different_figures() -> None:
    found = _remarks(
        _chunk(HOLD.format("30 seconds"), "a.md"), _chunk(HOLD.format("ten seconds"), "b.md")
    )
    assert found == [Remark("differ", (1, 2), ("30 seconds", "10 seconds"))]


def test_the_older_of_two_that_differ_is_named() -> None:
    found = _remarks(
        _chunk(HOLD.format("30 seconds"), "a.md", day=date(2024, 5, 1)),
        _chunk(HOLD.format("10 seconds"), "t.csv#T1", kind=Kind.TICKET, day=date(2023, 4, 2)),
    )
    assert found[1] == Remark("date", (2, 1), ("2023-04-02",))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Wait 30 minutes.", "Wait 20 minutes."),  # too short to be about one thing
        (HOLD.format("30 seconds"), "Hold the power switch for 10 seconds at the back."),
        (HOLD.format("30 seconds"), HOLD.format("2 fingers")),  # other units
        ("E10 means that the pump found no water.", "E12 means that the pump found no water."),
        ("Step 3 of the wizard asks for a name.", "Step 4 of the wizard asks for a name."),
        ("Sold on 14 April 2026 with a faster start.", "Sold on 3 May 2025 with a faster start."),
    ],
)  # fmt: skip
def test_ordinary_sentences_do_not_differ(one: str, other: str) -> None:
    assert _remarks(_chunk(one, "a.md"), _chunk(other, "b.md")) == []


def test_other_products_models_and_systems_do_not_differ() -> None:
    thirty, ten = HOLD.format("30 seconds"), HOLD.format("10 seconds")
    assert _remarks(_chunk(thirty, "a.md", product="R6"), _chunk(ten, "b.md", product="P6")) == []
    named = _chunk(thirty, "a.md", title="Reset the X100"), _chunk(ten, "b.md", title="The X200")
    assert _remarks(*named) == []
    systems = (
        _chunk(thirty, "a.md", heading=("Windows 10",)),
        _chunk(ten, "b.md", heading=("Windows 11",)),
    )
    assert _remarks(*systems) == []


def test_an_older_edition_of_a_page_is_named() -> None:
    found = _remarks(
        _chunk("Open it.", "v2.10/wifi.md", title="Wi-Fi"),
        _chunk("Close it.", "v2.9/wifi.md", title="Wi-Fi"),
    )
    assert found == [Remark("version", (2, 1), ("2.9", "2.10"))]
    dated = _remarks(
        _chunk("Open it.", "manual-2023.pdf", title="Pump", day=date(2023, 1, 1)),
        _chunk("Close it.", "manual-2025.pdf", title="Pump", day=date(2025, 1, 1)),
    )
    assert dated == [Remark("date", (1, 2), ("2023-01-01",))]


def test_a_ticket_of_the_same_code_is_outdated_a_year_before_the_manual() -> None:
    manual = _chunk("E17 means no water.", "m.md", day=date(2025, 6, 1))
    ticket = _chunk("Vented it.", "t#1", title="E17", kind=Kind.TICKET, day=date(2024, 5, 31))
    recent = _chunk("Vented it.", "t#2", title="E17", kind=Kind.TICKET, day=date(2024, 6, 2))
    assert _remarks(manual, ticket) == [Remark("date", (2, 1), ("2024-05-31",))]
    assert _remarks(manual, recent) == []


def test_tickets_without_a_resolution_are_named() -> None:
    ticket = _chunk("It howls.", "t#1", kind=Kind.TICKET, heading=("Description",))
    solved = _chunk("Vented it.", "t#2", kind=Kind.TICKET, heading=("Resolution",))
    assert _remarks(solved, ticket) == [Remark("unsolved", (2,))]
