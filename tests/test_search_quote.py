from __future__ import annotations

import numpy as np

from search.quote import quote, units


def _scores(*values: float) -> np.ndarray:
    return np.array(values, dtype=np.float32)


def test_sentences_and_steps_are_units() -> None:
    text = "Open it. Then wait!\n1. Press OK.  Hold it.\n- Check 3.5 bar. Done?"
    assert units(text) == [
        "Open it.",
        "Then wait!",
        "1. Press OK.  Hold it.",
        "- Check 3.5 bar. Done?",
    ]


def test_chinese_sentences_end_without_a_space() -> None:
    assert units("请先关机。等待十秒！再开机。") == ["请先关机。", "等待十秒！", "再开机。"]


def test_versions_and_abbreviations_do_not_end_a_sentence() -> None:
    assert units("Use version 2.5 of the tool, e.g. by download.") == [
        "Use version 2.5 of the tool, e.g. by download."
    ]


FILLER = "Nothing of this belongs to the answer. " * 15


def test_a_short_passage_is_quoted_whole() -> None:
    assert quote(["Open the valve.", "Lunch."], _scores(0.9, 0.0)) == "Open the valve. Lunch."


def test_a_quote_grows_to_good_neighbours_only() -> None:
    sentences = [FILLER, "Open the valve.", "Start the pump.", "Lunch."]
    assert quote(sentences, _scores(0.1, 0.9, 0.7, 0.2)) == "Open the valve. Start the pump."


def test_a_list_is_quoted_whole_with_its_introduction() -> None:
    sentences = ["Intro.", "Do this:", "1. Open.", "2. Press.", "3. Close.", "After."]
    found = quote(sentences, _scores(0.0, 0.1, 0.1, 0.9, 0.1, 0.1))
    assert found == "Do this:\n1. Open.\n2. Press.\n3. Close."


def test_an_introduction_brings_its_list() -> None:
    sentences = ["To restart:", "1. Hold the button.", "2. Wait.", FILLER]
    assert quote(sentences, _scores(0.9, 0.1, 0.1, 0.1)) == (
        "To restart:\n1. Hold the button.\n2. Wait."
    )


def test_a_caption_between_numbered_steps_does_not_end_the_list() -> None:
    sentences = [FILLER, "1. Open.", "2. Press.", "Step 2 of 4.", "3. Close.", "4. Done.", FILLER]
    found = quote(sentences, _scores(0.0, 0.9, 0.1, 0.1, 0.1, 0.1, 0.0))
    assert found == "1. Open.\n2. Press.\nStep 2 of 4.\n3. Close.\n4. Done."


def test_another_list_behind_a_sentence_is_not_taken_along() -> None:
    sentences = ["1. Open.", "2. Press.", "Or else:", "1. Call us.", FILLER]
    found = quote(sentences, _scores(0.9, 0.1, 0.1, 0.1, 0.0))
    assert found == "1. Open.\n2. Press."


def test_nothing_to_quote() -> None:
    assert quote([], _scores()) == ""
