from __future__ import annotations

from dataclasses import replace

import pytest

from indexer.records import Box, Kind, Line, Modality, Place, StoredChunk
from indexer.store.analysis import tokens
from search.evidence import (
    APART,
    FOREIGN,
    PASTED,
    PICTURED,
    SHOWN,
    TYPED,
    WORDS,
    Coverage,
    Signals,
    Weights,
    above,
    ahead,
    confidence,
    coverage,
    log_odds,
    logistic,
    telling,
    weights_for,
)
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


def test_every_signal_adds_its_weight_to_the_log_odds(monkeypatch: pytest.MonkeyPatch) -> None:
    names = (
        "lead",
        "cosine",
        "ahead",
        "share",
        "had",
        "rarest",
        "missed",
        "named",
        "line",
        "same",
        "made",
    )
    ones = Weights(1.0, **{name: 10.0**place for place, name in enumerate(names)})
    monkeypatch.setattr("search.evidence.SHOWN", ones)
    covered = Coverage(0.4, codes=-0.7, rarest=0.6, had=0.5)
    signals = Signals(covered, 0.2, lead=0.1, ahead=0.3, made=True, shown=True, line=0.9, same=True)
    # 1 + .1 + .2 · 10 + .3 · 10² + … + .7 · 10⁶ + .9 · 10⁸ + 1 · 10⁹ + 1 · 10¹⁰
    assert log_odds(signals) == pytest.approx(11_090_765_433.1)
    has = replace(signals, covered=replace(covered, codes=0.8))  # .8 · 10⁷ and not .7 · 10⁶
    assert log_odds(has) == pytest.approx(11_098_065_433.1)
    assert confidence(signals) == pytest.approx(1.0)


def test_each_way_of_asking_has_its_own_weights() -> None:
    covered = Coverage(0.5, words=31)
    ticket = replace(covered, words=32)
    assert weights_for(Signals(covered, 0.6, lead=0.4)) is TYPED
    assert weights_for(Signals(covered, 0.6)) is APART
    assert weights_for(Signals(ticket, 0.6, lead=0.4)) is PASTED
    assert weights_for(Signals(covered, lead=0.4)) is FOREIGN
    assert weights_for(Signals(covered)) is WORDS
    assert weights_for(Signals(ticket, 0.6, lead=0.4, shown=True)) is SHOWN
    assert weights_for(Signals(ticket, 0.6, shown=True)) is PICTURED


def test_confidence_grows_with_what_speaks_for_a_document() -> None:
    typed = Signals(Coverage(0.5, had=6.0), 0.6, lead=0.45)
    assert log_odds(typed) == pytest.approx(-8.89 + 15.75 * 0.45 + 0.106 * 6)
    assert confidence(replace(typed, lead=0.5)) > confidence(typed)
    assert confidence(replace(typed, covered=Coverage(0.5, had=9.0))) > confidence(typed)
    assert confidence(replace(typed, covered=Coverage(0.5, -1.0, had=6.0))) < confidence(typed)
    assert confidence(Signals(Coverage(1.0))) == pytest.approx(logistic(-2.84 + 3.9))


@pytest.mark.parametrize("lead", [0.4, None])
def test_a_code_that_a_document_lacks_counts_against_it_in_every_language(
    lead: float | None,
) -> None:
    foreign = Signals(Coverage(0.5, had=6.0), lead=lead)
    lacking = replace(foreign, covered=Coverage(0.5, codes=-1.0, had=6.0))
    assert log_odds(lacking) == pytest.approx(log_odds(foreign) - 1.25)


def test_a_document_is_ahead_of_the_ten_best_others() -> None:
    scores = [0.9, 0.8, *[0.5] * 9, 0.1]
    assert ahead(0, scores) == pytest.approx(0.9 - (0.8 + 9 * 0.5) / 10)
    assert ahead(1, scores) == pytest.approx(0.8 - (0.9 + 9 * 0.5) / 10)
    assert ahead(0, [0.4]) == 0.4


def test_a_score_is_measured_from_the_lower_half_of_its_lane() -> None:
    assert above(0.8, [0.8, 0.7, 0.4, 0.2]) == pytest.approx(0.5)
    assert above(0.8, [0.8, 0.5, 0.3]) == pytest.approx(0.4)
    assert above(0.8, []) == 0.8


def test_the_rarest_word_had_and_the_sum_of_all() -> None:
    rarity = {"leak": 6.0, "display": 2.0, "error": 3.0}
    found = coverage(rarity, [_chunk("The display shows an error.")])
    assert (found.rarest, found.had) == (3.0, 5.0)
    found = coverage(rarity, [_chunk("The display leaks.")])
    assert (found.rarest, found.had) == (6.0, 8.0)
    assert coverage({"leak": 6.0}, [_chunk("It leaks.")]) == Coverage(1.0, 0.0, 6.0, 1, 6.0)


def test_a_long_text_counts_as_one_of_several_telling_words() -> None:
    assert coverage(dict.fromkeys(("w", "x", "y", "z"), 6.0), [_chunk("w x y z")]).had == 20.0


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
    alone = coverage({"e04": 6.0}, [_chunk("Code E04.")])
    assert (alone.named, alone.missed) == (1.0, 0.0)
    among = coverage({"e04": 6.0, "pump": 6.0}, [_chunk("Code E04.")])
    assert (among.named, among.share) == (1.0, 0.5)  # whatever else is asked
    assert [Coverage(1.0, codes).missed for codes in (1.0, 0.0, -0.25)] == [0.0, 0.0, 0.25]
    rarity = {"e04": 6.0, "bl3110": 3.0, "error": 1.0}
    assert covered(rarity, _chunk("E-04, BL3-110")) == pytest.approx((0.9, 1.0))
    assert covered(rarity, _chunk("Code E04.")) == pytest.approx((0.6, 1 / 3))
    assert covered(rarity, _chunk("Error.")) == pytest.approx((0.1, -1.0))


def test_a_code_that_every_eighth_chunk_has_tells_nothing() -> None:
    assert coverage({"bl300": 1.9}, [_chunk("BL-300")]) == Coverage(1.0, 0.0, 1.9, 1, 1.9)
    assert coverage({"bl300": 1.9}, [_chunk("other")]) == Coverage(0.0, 0.0, 0.0, 1)


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
        {"pump": 1.0, "pressur": 1.0, "file": 1.0, "valv": 1.0},
    )
    assert [one.text for one in found] == ["Pump pressure low", "File"]


def test_a_telling_line_is_marked_before_a_menu_of_common_words() -> None:
    def line(text: str) -> Line:
        return Line(text, Box(0, 0, 1, 1), 0.9)

    found = matched_lines(
        [line("File Edit View"), line("Calibrate compass")],
        {"file": 0.5, "edit": 0.4, "view": 0.3, "calibr": 3.0},
    )
    assert [one.text for one in found] == ["Calibrate compass", "File Edit View"]
