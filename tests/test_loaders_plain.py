"""The plain text loader."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from indexer.errors import BadFile
from indexer.loaders.plain import text_blocks
from tests.loading import load


def rows(text: str) -> list[tuple[str, str]]:
    return [
        (block.kind.value + (str(block.level) if block.level else ""), block.text)
        for block in text_blocks(text)
    ]


def test_page(tmp_path: Path) -> None:
    text = "PUMP MANUAL\n===========\n\nText.\n"
    document = load(tmp_path, "pump.txt", text)
    assert document.title == "PUMP MANUAL"
    assert document.content_hash == hashlib.sha256(text.encode()).hexdigest()
    assert load(tmp_path, "pump-care.log", "10:00 boot\n").title == "Pump care"
    with pytest.raises(BadFile, match="empty file"):
        load(tmp_path, "e.txt", "")


def test_wrapped_lines_become_a_paragraph_and_short_ones_stay() -> None:
    assert rows(
        "This paragraph goes over more than one line,\nas people write it in their files.\n\n"
        "Pump Ltd\n12 Long Street in a far place\nTown\n\n    code here\n      more\n"
    ) == [
        (
            "paragraph",
            "This paragraph goes over more than one line, as people write it in their files.",
        ),
        ("paragraph", "Pump Ltd\n12 Long Street in a far place\nTown"),
        ("code", "code here\n  more"),
    ]


def test_lists() -> None:
    assert rows("Do this:\n 1. Open the lid.\n 2. Close the lid\n    firmly.\n\n- a\n- b\n") == [
        ("paragraph", "Do this:"),
        ("list_item", "1. Open the lid."),
        ("list_item", "2. Close the lid firmly."),
        ("list_item", "a"),
        ("list_item", "b"),
    ]


@pytest.mark.parametrize(
    ("text", "row"),
    [
        ("Title\n=====", ("heading1", "Title")),
        ("Part two\n--------", ("heading2", "Part two")),
        ("1.2 Scope", ("heading2", "1.2 Scope")),
        ("1.2.3. Scope", ("heading3", "1.2.3. Scope")),
        ("Chapter 4: Care", ("heading1", "Chapter 4: Care")),
        ("第三章 安装", ("heading1", "第三章 安装")),
        ("SAFETY FIRST", ("heading2", "SAFETY FIRST")),
        ("1. Open the lid", ("list_item", "1. Open the lid")),
        ("WARNING", ("paragraph", "WARNING")),
        ("THIS IS LOUD.", ("paragraph", "THIS IS LOUD.")),
        ("Ends early", ("paragraph", "Ends early")),
    ],
)
def test_only_clear_headings(text: str, row: tuple[str, str]) -> None:
    assert rows(text) == [row]


def test_single_numbers_are_headings_beside_double_ones() -> None:
    assert rows("1. Care\n\nText.\n\n1.1 Daily\n\nText.\n\n2. Open the lid\n") == [
        ("heading1", "1. Care"),
        ("paragraph", "Text."),
        ("heading2", "1.1 Daily"),
        ("paragraph", "Text."),
        ("list_item", "2. Open the lid"),
    ]
