"""A table of contents is not read: it has the words of every page and says nothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from indexer.loaders.pdf_contents import without_contents
from indexer.loaders.pdf_layout import Piece
from indexer.records import BlockKind
from tests.pdf_writer import BODY, Sheet, load, make_pdf, shapes

NAMES = ("Safety", "Unpack and place", "Water tank", "Make a coffee", "Cleaning")


def piece(text: str, kind: BlockKind = BlockKind.LIST_ITEM) -> Piece:
    return Piece(kind, text, 0, 0, 100, 10)


def heading(text: str) -> Piece:
    return piece(text, BlockKind.HEADING)


CHAPTERS = [[heading(f"{n} {name}"), piece("Text.")] for n, name in enumerate(NAMES, start=1)]
LISTED = [piece(f"{n} {name} {n + 3}") for n, name in enumerate(NAMES, start=1)]


def test_entries_go_with_the_heading_above_and_the_rest_stays() -> None:
    page = [heading("Contents"), *LISTED, piece("Text below.", BlockKind.PARAGRAPH)]
    kept = without_contents([page, *CHAPTERS])
    assert [one.text for one in kept[0]] == ["Text below."]
    assert kept[1:] == CHAPTERS


@pytest.mark.parametrize(
    "entry", ["{n} {name} … {page}", "{name} ..... {page}", "{n} | {name} | {page} |"]
)
def test_leaders_and_cells_part_name_and_page(entry: str) -> None:
    lines = [entry.format(n=n, name=name, page=n + 3) for n, name in enumerate(NAMES, start=1)]
    whole = [piece("\n".join(lines), BlockKind.TABLE)]
    assert without_contents([whole, *CHAPTERS])[0] == []


@pytest.mark.parametrize(
    ("page", "why"),
    [
        (LISTED[:3], "too few"),
        ([piece(f"Part {n} {n}") for n in range(9)], "named after no heading"),
        ([piece(f"{name} 4") for name in NAMES], "all on one page: an amount"),
        ([*reversed(LISTED)], "pages that go back"),
        ([replace(one, text=one.text + " x") for one in LISTED], "no number at the end"),
        ([piece(f"{name}\n{n}") for n, name in enumerate(NAMES)], "a line that is no entry"),
    ],
)
def test_what_is_no_table_of_contents_is_kept(page: list[Piece], why: str) -> None:
    assert without_contents([page, *CHAPTERS])[0] == page, why


def test_a_manual_is_read_without_its_contents(tmp_path: Path) -> None:
    contents = Sheet().text(50, 700, "Contents", size=18, font="F2")
    for n, name in enumerate(NAMES):
        contents.text(50, 660 - 20 * n, name).text(500, 660 - 20 * n, f"{n + 2}")
    chapters = [
        Sheet().text(50, 700, name, size=18, font="F2").lines(50, 660, *BODY) for name in NAMES
    ]
    document = load(tmp_path, make_pdf([contents, *chapters]))
    expected = [[("heading", name), ("paragraph", " ".join(BODY))] for name in NAMES]
    assert shapes(document) == [shape for chapter in expected for shape in chapter]
