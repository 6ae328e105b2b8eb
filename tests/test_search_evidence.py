from __future__ import annotations

import math

import pytest

from indexer.records import Box, Kind, Line, Modality, Place, StoredChunk
from indexer.store.analysis import tokens
from search.evidence import Coverage, coverage, evidence, telling
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
    both = evidence(0.5, Coverage(1.0))
    assert both == pytest.approx(1 / (1 + math.exp(-(4.92 + 1.41 - 6.83))))
    rising = [evidence(*pair) for pair in ((0.6, Coverage(0.1)), (0.6, Coverage(0.5)))]
    assert rising[0] < rising[1] < evidence(0.8, Coverage(0.5))
    assert evidence(None, Coverage(1.0)) == pytest.approx(1 / (1 + math.exp(-0.76)))
    assert evidence(None, Coverage(1.0)) > evidence(None, Coverage(0.0))


def test_a_code_speaks_for_a_passage_that_has_it_and_against_one_that_has_not() -> None:
    had, plain, missed = (evidence(0.5, Coverage(0.5, codes)) for codes in (1.0, 0.0, -1.0))
    z = 4.92 + 0.705 - 6.83
    assert had == pytest.approx(1 / (1 + math.exp(-(z + 3))))
    assert plain == pytest.approx(1 / (1 + math.exp(-z)))
    assert missed == pytest.approx(1 / (1 + math.exp(-(z - 2))))
    assert evidence(None, Coverage(0.5, 1.0)) == pytest.approx(1 / (1 + math.exp(-2.8)))


def covered(rarity: dict[str, float], *chunks: StoredChunk) -> tuple[float, float]:
    found = coverage(rarity, chunks)
    return found.share, found.codes


def test_coverage_counts_words_by_their_rarity() -> None:
    rarity = {"leak": 6.0, "display": 2.0, "error": 2.0}
    leaks = _chunk("It leaks.")
    assert covered(rarity, leaks) == pytest.approx((0.6, 0.0))
    assert covered(rarity, leaks, _chunk("", ("The display",))) == pytest.approx((0.8, 0.0))
    assert covered(rarity, _chunk("nothing", title="Errors")) == pytest.approx((0.2, 0.0))
    assert covered({}, leaks) == (0.0, 0.0)


def test_codes_are_had_or_missed_by_their_rarity() -> None:
    rarity = {"e04": 6.0, "bl3110": 3.0, "error": 1.0}
    assert covered(rarity, _chunk("E-04, BL3-110")) == pytest.approx((0.9, 1.0))
    assert covered(rarity, _chunk("Code E04.")) == pytest.approx((0.6, 1 / 3))
    assert covered(rarity, _chunk("Error.")) == pytest.approx((0.1, -1.0))


def test_a_code_that_every_eighth_chunk_has_tells_nothing() -> None:
    assert coverage({"bl300": 1.9}, [_chunk("BL-300")]) == Coverage(1.0, 0.0)
    assert coverage({"bl300": 1.9}, [_chunk("other")]) == Coverage(0.0, 0.0)


def test_parts_of_codes_and_words_that_only_ask_do_not_count() -> None:
    asked = dict.fromkeys(tokens("How do I clear E-04 on my display?"), 2.0)
    assert telling(asked) == dict.fromkeys(("clear", "e04", "display"), 2.0)
    assert telling(dict.fromkeys(tokens("What can I do?"), 1.0)) == dict.fromkeys(
        ("what", "can", "i", "do"), 1.0
    )


def test_lines_that_share_half_their_words_are_marked_longest_match_first() -> None:
    def line(text: str) -> Line:
        return Line(text, Box(0, 0, 1, 1), 0.9)

    found = matched_lines(
        [line("File"), line("Pump pressure low"), line("Valve of the main boiler circuit")],
        {"pump", "pressur", "file", "valv"},
    )
    assert [one.text for one in found] == ["Pump pressure low", "File"]
