"""Words that an index lacks, matched to those it has."""

from __future__ import annotations

from pathlib import Path

import pytest

from indexer.store.typos import Shelf, corrections, distance, typed
from indexer.store.words import WordFields, Words, WordsWriter

TERMS = {
    "router": 9,
    "printer": 7,
    "descal": 5,
    "descend": 2,
    "connect": 8,
    "satellit": 6,
    "rooter": 1,
    "rout": 3,
}


def correct(word: str) -> tuple[str, ...]:
    def shelf(letter: str) -> Shelf:
        return Shelf.of({term: n for term, n in TERMS.items() if term[0] == letter})

    return corrections(word, shelf)


@pytest.mark.parametrize(
    ("one", "other", "edits"),
    [
        ("router", "router", 0),
        ("ruoter", "router", 1),
        ("roter", "router", 1),
        ("routter", "router", 1),
        ("routes", "router", 1),
        ("ruotre", "router", 2),
        ("abcdef", "badcfe", 3),
        ("router", "printer", 3),
        ("ab", "", 2),
    ],
)
def test_distance(one: str, other: str, edits: int) -> None:
    assert distance(one, other, 3) == distance(other, one, 3) == edits
    assert distance(one, other, 1) == min(edits, 2)


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("ruoter", ("router",)),
        ("oruter", ("router",)),  # the first letter changed places
        ("touter", ()),  # or is right
        ("routr", ("router", "rout")),  # the more frequent first, and never `rooter`, once found
        ("descle", ("descal",)),
        ("connectign", ("connect",)),  # the ending is what was misspelt
        ("connectd", ("connect",)),
        ("sattelite", ("satellit",)),  # eight letters and more: two edits
        ("rtoutr", ()),  # two edits from router, but it has only six
    ],
)
def test_corrections(word: str, meant: tuple[str, ...]) -> None:
    assert correct(word) == meant


def test_short_words_codes_and_chinese_are_no_typos() -> None:
    assert typed("Teh ruoter shows E04x, wsl.exe: 打印機打印機 (again again!)") == [
        "ruoter",
        "shows",
        "again",
    ]


def opened(folder: Path, *texts: str) -> Words:
    writer = WordsWriter(folder / "words", 1)
    for row, text in enumerate(texts):
        writer.add(row, WordFields("", "", text, ""))
    writer.close()
    return Words([(folder / "words", 1)])


def test_a_typo_finds_the_word_at_half_its_score(tmp_path: Path) -> None:
    words = opened(tmp_path, "router restart", "router lights", "printer", "printer")
    right = words.search("router", 9, [None])
    assert [row for _, row, _ in right] == [0, 1]
    found = words.search("ruoter", 9, [None])
    assert [row for _, row, _ in found] == [0, 1]
    assert [score for *_, score in found] == pytest.approx([score / 2 for *_, score in right])
    assert words.corrections("my ruoter restart") == {"ruoter": ("router",)}


def test_a_word_that_exists_is_no_typo(tmp_path: Path) -> None:
    words = opened(tmp_path, "router", "router", "routes")
    assert [row for _, row, _ in words.search("routes", 9, [None])] == [2]
    assert words.corrections("routes router") == {}


def test_nothing_is_corrected_in_an_empty_index(tmp_path: Path) -> None:
    words = opened(tmp_path)
    assert words.search("ruoter", 9, [None]) == []


def test_a_code_with_other_zeros_is_found_and_meant(tmp_path: Path) -> None:
    words = opened(tmp_path, "grinder blocked E07", "N12 no address", "E70")
    assert [row for _, row, _ in words.search("E7", 9, [None])] == [0]
    assert words.corrections("E-7 or N012") == {"e7": ("e07",), "n012": ("n12",)}
    assert words.corrections("E07 E70 E99 BL3-110") == {}
