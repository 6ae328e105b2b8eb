from __future__ import annotations

import math

import pytest

from indexer.records import Box, Kind, Line, Modality, Place, StoredChunk
from search.evidence import coverage, evidence
from search.matching import matched_lines


def _chunk(text: str, lines: tuple[str, ...] = (), title: str = "") -> StoredChunk:
    return StoredChunk(
        id=0,
        document="a.md",
        source="",
        title=title,
        kind=Kind.MANUAL,
        language="en",
        product="",
        date=None,
        metadata={},
        modality=Modality.TEXT,
        place=Place(),
        text=text,
        context="",
        lines=tuple(Line(line, Box(0, 0, 1, 1), 0.9) for line in lines),
        asset=None,
        thumb="",
    )


def test_evidence_grows_with_the_cosine_and_with_the_share() -> None:
    assert evidence(0.5, 1.0) == pytest.approx(1 / (1 + math.exp(-(4.92 + 1.41 - 6.83))))
    assert evidence(0.8, 0.5) > evidence(0.6, 0.5) > evidence(0.6, 0.1)
    assert evidence(None, 1.0) == pytest.approx(1 / (1 + math.exp(-0.76)))
    assert evidence(None, 1.0) > evidence(None, 0.0)


def test_coverage_counts_words_by_their_rarity() -> None:
    rarity = {"e04": 6.0, "display": 2.0, "error": 2.0}
    assert coverage(rarity, [_chunk("Code E04.")]) == pytest.approx(0.6)
    assert coverage(rarity, [_chunk("Code E04."), _chunk("", ("The display",))]) == pytest.approx(
        0.8
    )
    assert coverage(rarity, [_chunk("nothing", title="Errors")]) == pytest.approx(0.2)
    assert coverage({}, [_chunk("E04")]) == 0.0


def test_lines_that_share_half_their_words_are_marked_longest_match_first() -> None:
    def line(text: str) -> Line:
        return Line(text, Box(0, 0, 1, 1), 0.9)

    found = matched_lines(
        [line("File"), line("Pump pressure low"), line("Valve of the main boiler circuit")],
        {"pump", "pressur", "file", "valv"},
    )
    assert [one.text for one in found] == ["Pump pressure low", "File"]
