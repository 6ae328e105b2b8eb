from __future__ import annotations

import math
from dataclasses import replace

import pytest

from indexer.records import Box, Kind, Line, Modality, Place, StoredChunk
from indexer.store.analysis import tokens
from search.evidence import (
    RANKED,
    SHOWN,
    TYPED,
    Coverage,
    Signals,
    above,
    ahead,
    confidence,
    coverage,
    evidence,
    telling,
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


def _logistic(z: float) -> float:
    return 1 / (1 + math.exp(-z))


def _logit(signals: Signals) -> float:
    chance = confidence(signals)
    return math.log(chance / (1 - chance))


def test_support_grows_with_the_cosine_and_with_the_share() -> None:
    both = evidence(Signals(Coverage(1.0), 0.5))
    assert both == pytest.approx(_logistic(4.92 + 1.41 - 6.83))
    assert evidence(Signals(Coverage(0.5, 1.0), 0.5)) == pytest.approx(
        _logistic(4.92 + 0.705 - 6.83 + 3)
    )
    assert evidence(Signals(Coverage(0.5, -1.0), 0.5)) == pytest.approx(
        _logistic(4.92 + 0.705 - 6.83 - 2)
    )


def test_every_signal_adds_its_weight_to_the_logit_of_confidence() -> None:
    plain = Signals(Coverage(0.5, rarest=2.0, missing=0.5), 0.6, near=0.3)
    for signals, weights in ((plain, TYPED), (replace(plain, seen=0.4), SHOWN)):
        assert _logit(signals) == pytest.approx(
            weights.bias
            + 0.3 * weights.near
            + (signals.seen or 0.0) * weights.seen
            + 2.0 * weights.rarest
            + 0.5 * weights.missing
        )
    nearer = replace(plain, near=0.4)
    assert _logit(nearer) - _logit(plain) == pytest.approx(0.1 * TYPED.near)


def test_fused_scores_take_the_place_of_the_text_lane_alone() -> None:
    signals = Signals(
        Coverage(0.5, -1.0, rarest=2.0), 0.6, near=0.3, fused=0.7, lead=0.25, ahead=0.15
    )
    logit = RANKED.bias + 0.25 * RANKED.lead + 0.15 * RANKED.ahead + 2.0 * RANKED.rarest - 2.0
    assert _logit(signals) == pytest.approx(logit)
    assert _logit(replace(signals, seen=0.4)) == pytest.approx(
        SHOWN.bias + 0.3 * SHOWN.near + 0.4 * SHOWN.seen + 2.0 * SHOWN.rarest + SHOWN.missing - 2.0
    )


def test_without_a_sentence_encoder_only_words_and_codes_count() -> None:
    assert evidence(Signals(Coverage(1.0))) == pytest.approx(_logistic(1.92 - 1.16))
    assert evidence(Signals(Coverage(0.5, 1.0))) == pytest.approx(_logistic(0.96 - 1.16 + 3))
    assert confidence(Signals(Coverage(0.0))) == pytest.approx(_logistic(-1.16))


def test_a_code_speaks_for_a_passage_that_has_it_and_against_one_that_has_not() -> None:
    logits = [
        _logit(Signals(Coverage(0.5, codes, 2.0, 0.5), 0.5, near=0.3)) for codes in (1.0, 0.0, -0.5)
    ]
    assert logits[0] - logits[1] == pytest.approx(3.0)
    assert logits[2] - logits[1] == pytest.approx(-1.0)


def test_the_codes_of_a_ticket_count_for_nothing_but_in_its_screenshot() -> None:
    short = Signals(Coverage(0.5, -1.0, words=31), 0.5, near=0.3)
    ticket = replace(short, covered=Coverage(0.5, -1.0, words=32))
    assert _logit(ticket) - _logit(short) == pytest.approx(2.0)
    shown = [_logit(replace(one, seen=0.1)) for one in (short, ticket)]
    assert shown[0] == pytest.approx(shown[1])
    assert evidence(ticket) == evidence(short)


def test_a_score_is_measured_from_the_lower_half_of_its_lane() -> None:
    assert above(0.8, [0.8, 0.7, 0.4, 0.2]) == pytest.approx(0.5)
    assert above(0.8, [0.8, 0.5, 0.3]) == pytest.approx(0.4)
    assert above(0.8, []) == 0.8


def test_a_score_is_measured_from_the_ten_best_others() -> None:
    assert ahead(0, [0.9, 0.5, 0.3]) == pytest.approx(0.5)
    assert ahead(1, [0.9, 0.5, 0.3]) == pytest.approx(-0.1)
    assert ahead(0, [0.9, *[0.4] * 10, 0.0]) == pytest.approx(0.5)
    assert ahead(0, [0.9]) == 0.9


def test_the_rarest_word_had_and_the_rarest_missing() -> None:
    rarity = {"leak": 6.0, "display": 2.0, "error": 3.0}
    found = coverage(rarity, [_chunk("The display shows an error.")])
    assert (found.rarest, found.missing) == (3.0, 1.0)
    found = coverage(rarity, [_chunk("The display leaks.")])
    assert (found.rarest, found.missing) == (6.0, 0.5)
    assert coverage({"leak": 6.0}, [_chunk("It leaks.")]) == Coverage(1.0, 0.0, 6.0, 0.0, 1)


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
    assert coverage({"bl300": 1.9}, [_chunk("BL-300")]) == Coverage(1.0, 0.0, 1.9, 0.0, 1)
    assert coverage({"bl300": 1.9}, [_chunk("other")]) == Coverage(0.0, 0.0, 0.0, 1.0, 1)


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
