from __future__ import annotations

import pytest

from search.outline import Form, Unit, cells, joined, outline, units


def test_sentences_and_steps_are_units_of_running_text() -> None:
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


def test_a_passage_is_titles_sentences_items_and_rows() -> None:
    text = (
        "Good to know\n\nTake it out. Rinse it.\n\n1. Open.\n2. Close.\n\nCode | Meaning\nE1 | hot"
    )
    assert outline(text) == [
        Unit("Good to know", Form.TITLE),
        Unit("Take it out."),
        Unit("Rinse it."),
        Unit("Open.", Form.ITEM, "1."),
        Unit("Close.", Form.ITEM, "2."),
        Unit("Code | Meaning", Form.ROW),
        Unit("E1 | hot", Form.ROW),
    ]


def test_lines_below_each_other_are_items_unless_they_are_code() -> None:
    listed = outline("Use cold water only.\nUse roasted beans. No sugar.")
    assert [(unit.form, unit.text) for unit in listed] == [
        (Form.ITEM, "Use cold water only."),
        (Form.ITEM, "Use roasted beans. No sugar."),
    ]
    code = "wsl --shutdown\nwsl --update"
    assert outline(code) == [Unit(code)]


@pytest.mark.parametrize("counter", ["Step 3 of 6.", "第 3 步，共 6 步。"])
def test_a_counter_of_steps_is_no_sentence(counter: str) -> None:
    assert outline(f"3. Pour it in.\n\n{counter}\n\n4. Touch Start.")[1].form is Form.TITLE


def test_the_cells_of_a_row() -> None:
    assert cells("Code: E1 | Meaning: hot") == ["Code: E1", "Meaning: hot"]
    assert cells("| Meaning: hot") == ["Meaning: hot"]


@pytest.mark.parametrize(
    ("before", "after", "whole"),
    [
        ("A | b\nE1 | wait.", "Then go.\nE2 | stop", "A | b\nE1 | wait. Then go.\nE2 | stop"),
        ("Code: E1", "| Meaning: hot", "Code: E1\n\n| Meaning: hot"),
        ("C: 1 | D: 2", "| E: 3", "C: 1 | D: 2 | E: 3"),
        ("4. Fill it.", "5. Close it.", "4. Fill it.\n5. Close it."),
        ("Call us for", "help. Wait.", "Call us for help. Wait."),
        ("It is done.", "Now go.", "It is done.\n\nNow go."),
    ],
)
def test_what_was_cut_is_put_together(before: str, after: str, whole: str) -> None:
    assert joined([before, after]) == whole
