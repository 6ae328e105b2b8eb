from __future__ import annotations

import numpy as np

from search.outline import Form, outline
from search.quote import Extract, chooses, quote

FILLER = "Nothing of this belongs to the answer at all, however long it may be. " * 8


def _quote(
    text: str,
    scores: list[float],
    own: range | None = None,
    asked: str = "",
    steps: bool = True,
) -> list[Extract]:
    units = outline(text)
    assert len(units) == len(scores)
    return quote(units, np.array(scores, np.float32), own or range(len(units)), asked, steps)


def _said(extracts: list[Extract]) -> list[str]:
    return [unit.whole for extract in extracts for unit in extract.units]


def _steps(count: int) -> str:
    return "\n".join(
        f"{n}. Do the thing of number {n}, which takes a while." for n in range(1, count + 1)
    )


def test_a_short_passage_is_quoted_whole() -> None:
    assert _said(_quote("Open the valve. Lunch.", [0.9, 0.0])) == ["Open the valve.", "Lunch."]


def test_scores_are_asked_for_where_something_is_chosen() -> None:
    short, long = outline("Open the valve. Lunch."), outline(f"Open the valve. {FILLER}")
    table = outline("| E-04 | Hold |\n| E-05 | Wait |")
    assert [chooses(units, range(len(units))) for units in (short, long, table)] == [
        False,
        True,
        True,
    ]
    assert chooses(long, range(1)) is False  # its own sentence is all there is of it


def test_a_title_is_not_quoted() -> None:
    assert _said(_quote("Good to know\n\nOpen the valve.", [0.9, 0.0])) == ["Open the valve."]


def test_a_quote_grows_to_good_neighbours_only() -> None:
    text = "Lead. " * 3 + "Open the valve. Start the pump. Lunch."
    found = _quote(text, [0.1, 0.1, 0.1, 0.9, 0.7, 0.2])
    assert _said(found) == ["Open the valve.", "Start the pump."]


def test_a_list_is_quoted_whole_with_its_introduction() -> None:
    text = "Intro.\n\nDo this:\n\n1. Open.\n2. Press.\n3. Close.\n\nAfter."
    found = _quote(text, [0.0, 0.1, 0.1, 0.9, 0.1, 0.1])
    assert _said(found) == ["Do this:", "1. Open.", "2. Press.", "3. Close."]
    assert [extract.form for extract in found] == [Form.SENTENCE, Form.ITEM]


def test_an_introduction_brings_its_list() -> None:
    found = _quote("A. B. C.\n\nTo restart:\n\n1. Hold it.\n2. Wait.", [0, 0, 0, 0.9, 0.1, 0.1])
    assert _said(found) == ["To restart:", "1. Hold it.", "2. Wait."]


def test_a_caption_between_numbered_steps_does_not_end_the_list() -> None:
    text = "1. Open.\n2. Press.\n\nStep 2 of 4.\n\n3. Close.\n4. Done.\n\nAfter. More."
    found = _quote(text, [0.9, 0.1, 0.1, 0.1, 0.1, 0.0, 0.0])
    assert _said(found) == ["1. Open.", "2. Press.", "3. Close.", "4. Done."]


def test_another_list_behind_a_sentence_is_not_taken_along() -> None:
    text = "1. Open.\n2. Press.\n\nOr else:\n\n1. Call us.\n\nAfter. More."
    assert _said(_quote(text, [0.9, 0.1, 0.1, 0.1, 0.0, 0.0])) == ["1. Open.", "2. Press."]


def test_a_list_goes_on_in_the_next_passage() -> None:
    found = _quote("1. Open.\n2. Press.\n3. Close.", [0.9, 0.1, 0.0], range(2))
    assert _said(found) == ["1. Open.", "2. Press.", "3. Close."]


def test_steps_beyond_the_limit_are_counted() -> None:
    found = _quote(_steps(11), [0.0] * 2 + [0.9] + [0.0] * 8)
    assert [unit.number for unit in found[0].units] == [f"{n}." for n in range(1, 9)]
    assert found[0].more == 3


def test_a_list_begins_at_the_step_that_is_named_or_that_lies_beyond_the_limit() -> None:
    named = _quote(_steps(6), [0.9] + [0.0] * 5, asked="What comes at step 5 now?")
    assert [unit.number for unit in named[0].units] == ["5.", "6."]
    far = _quote(_steps(12), [0.0] * 9 + [0.9] + [0.0] * 2)
    assert [unit.number for unit in far[0].units] == ["10.", "11.", "12."]


def test_rows_that_match_are_quoted_with_their_header() -> None:
    text = "Code | Meaning\nE1 | hot\nE2 | cold\nE3 | wet\nE4 | dry\nE5 | old"
    found = _quote(text, [0.0, 0.1, 0.9, 0.8, 0.2, 0.1])
    assert _said(found) == ["E2 | cold", "E3 | wet"]
    assert found[0].heading is not None
    assert found[0].heading.text == "Code | Meaning"
    assert found[0].more == 0


def test_rows_that_match_as_well_but_are_too_many_are_counted() -> None:
    text = "Code | Meaning\n" + "\n".join(f"E{n} | hot" for n in range(1, 9))
    found = _quote(text, [0.0] + [0.9] * 8)
    assert [unit.text for unit in found[0].units] == [f"E{n} | hot" for n in range(1, 7)]
    assert found[0].more == 2


def test_what_all_rows_have_is_no_reason_to_quote_them() -> None:
    text = "Ring | Meaning\nWhite | online\nBlue | pairing\nAmber | offline\nRed | fault"
    assert _said(_quote(text, [0.0, 0.8, 0.81, 0.8, 0.9])) == ["Red | fault"]
    fewer = text.rpartition("\n")[0]
    assert len(_said(_quote(fewer, [0.0, 0.8, 0.81, 0.9]))) == 3


def test_a_sentence_beside_a_table_is_not_quoted_with_its_row() -> None:
    text = "Code | Meaning\nE1 | hot\nE2 | cold\n\nOther codes are on the next page."
    assert _said(_quote(text, [0.0, 0.9, 0.1, 0.3])) == ["E1 | hot"]


def test_a_question_on_the_page_brings_its_answer() -> None:
    text = f"{FILLER}\n\nNo network upstairs? Update it. Then wait.\n\nNo sound? Plug it in."
    scores = [0.0] * 8 + [0.9, 0.1, 0.1, 0.2, 0.0]
    assert _said(_quote(text, scores)) == ["No network upstairs?", "Update it.", "Then wait."]


def test_steps_that_follow_are_taken_along_where_they_are_wanted() -> None:
    text = "The drinks are locked.\n\nE14 on the display.\n\n1. Fill the tank.\n2. Rinse."
    scores = [0.9, 0.1, 0.0, 0.0]
    whole = ["The drinks are locked.", "E14 on the display.", "1. Fill the tank.", "2. Rinse."]
    assert _said(_quote(text, scores, range(1))) == [whole[0], *whole[2:]]
    assert _said(_quote(text, scores, range(1), steps=False)) == whole[:1]
    assert _said(_quote(text.replace("1. Fill", "3. Fill"), scores, range(1))) == whole[:1]


def test_of_loose_items_those_that_match_are_quoted_where_a_fact_is_asked() -> None:
    text = "- Use cold water only.\n- Use roasted beans only.\n- Put it on a level surface."
    assert _said(_quote(text, [0.9, 0.8, 0.1])) == [line[2:] for line in text.splitlines()]
    assert _said(_quote(text, [0.9, 0.8, 0.1], steps=False)) == [
        "Use cold water only.",
        "Use roasted beans only.",
    ]


def test_nothing_to_quote() -> None:
    assert quote([], np.zeros(0, np.float32), range(0)) == []
