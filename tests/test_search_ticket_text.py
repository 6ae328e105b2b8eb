from __future__ import annotations

from search.ticket_text import readings

BODY = " ".join(["slow"] * 70)


def test_a_ticket_is_read_by_its_title_and_whole() -> None:
    assert readings(f" Pump stops \n{BODY}\n") == ["Pump stops ", f"Pump stops \n{BODY}"]


def test_a_question_is_read_whole() -> None:
    assert readings("Why does it stop?\nIt is red.") == ["Why does it stop?\nIt is red."]
    assert readings(BODY) == [BODY]


def test_a_first_paragraph_is_no_title() -> None:
    assert readings(f"{BODY}\n{BODY}") == [f"{BODY}\n{BODY}"]
