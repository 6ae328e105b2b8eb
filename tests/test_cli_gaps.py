"""Similar tickets, gaps and worded answers, as one types them."""

from __future__ import annotations

import json
from math import exp
from pathlib import Path

import pytest

from tests.command_line import Run, command_line, index_of
from tests.fake_chat import DONE, KEY, WAIT, Script, event, serving


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    return command_line(tmp_path, monkeypatch, capsys)


@pytest.fixture
def indexed(run: Run, manual: Path, tmp_path: Path) -> Path:
    with (manual / "tickets.csv").open("a") as file:
        file.write("T3,Pump is loud,A pump hums since Monday.,,P100,2025-07-01\n")
    return index_of(run, manual, tmp_path)


def logistic(z: float) -> float:
    return 1 / (1 + exp(-z))


def test_a_duplicate_is_marked_and_the_ticket_itself_left_out(run: Run, indexed: Path) -> None:
    found = run("similar", "tickets.csv#T1", "--index", indexed, "--json").json()
    assert (found["document"], found["title"]) == ("tickets.csv#T1", "Pump is loud")
    alike = {one["hit"]["document"]: one for one in found["tickets"]}
    assert set(alike) == {"tickets.csv#T2", "tickets.csv#T3"}
    # the same title; both problems point along the axis of "pump"
    assert alike["tickets.csv#T3"]["likeness"] == pytest.approx(logistic(8.1 + 6.61 - 7.86))
    assert alike["tickets.csv#T3"]["same"] is True
    # no word in common, and valves lie at a right angle to pumps
    assert alike["tickets.csv#T2"]["likeness"] == pytest.approx(logistic(-7.86))
    assert alike["tickets.csv#T2"]["same"] is False
    shown = run("similar", "tickets.csv#T1", "--index", indexed, "-k", 1).out
    assert "100%  duplicate  Pump is loud" in shown
    assert "P100 · 2025-07-01 · tickets.csv#T3" in shown
    assert "tickets.csv#T2" not in shown


def test_a_page_has_the_tickets_that_it_solves(run: Run, indexed: Path) -> None:
    found = run("similar", "valve.md", "--index", indexed, "--json").json()
    assert [one["hit"]["document"] for one in found["tickets"]] == ["tickets.csv#T2"]
    assert found["tickets"][0]["same"] is True
    pump = run("similar", "pump.md", "--index", indexed, "--json").json()
    # T3 was never resolved
    assert [one["hit"]["document"] for one in pump["tickets"]] == ["tickets.csv#T1"]
    assert "solved" in run("similar", "valve.md", "--index", indexed).out
    assert "solves no ticket" in run("similar", "lamp.png", "--index", indexed).out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("valve.txt",), "valve.txt: not in the index; name a document as hits show it"),
        (("tickets.csv",), "tickets.csv: a file of 3 tickets; name one, such as tickets.csv#T1"),
        (("valve.md", "-k", 0), "k is 0; it must be from 1 to 200"),
    ],
)
def test_a_document_that_is_none(
    run: Run, indexed: Path, arguments: tuple[object, ...], said: str
) -> None:
    assert run("similar", *arguments, "--index", indexed).refused(said)


def test_what_the_manuals_lack_is_clustered_and_named(
    run: Run, indexed: Path, tmp_path: Path
) -> None:
    lines = [
        {"id": "a", "text": "Flickering green screen"},
        {"id": "b", "text": "recipe for pancakes", "relevant": ["x"]},
        {"id": "c", "text": "green screen keeps flickering\nNo idea why"},
        {"text": "How to close the valve"},
        {"id": "e", "image": "x.png"},
    ]
    questions = tmp_path / "questions.jsonl"
    questions.write_text("\n".join(map(json.dumps, lines)))
    found = run("gaps", "--index", indexed, "--questions", questions, "--json").json()
    assert (found["questions"], found["answered"], found["unanswered"]) == (4, 1, 3)
    first, second = found["clusters"]
    assert (first["size"], [one["id"] for one in first["questions"]]) == (2, ["a", "c"])
    assert set(first["words"]) == {"flickering", "green", "screen"}
    assert first["central"]["title"] == "Flickering green screen"
    assert (second["size"], second["central"]["id"]) == (1, "b")
    shown = run("gaps", "--index", indexed, "--questions", questions).out
    assert "4 questions: the manuals answer 1, not the other 3 (75%)" in shown
    assert "Flickering green screen" in shown
    assert "and 1 single question; all with --json" in shown


def test_without_a_file_the_tickets_are_asked(run: Run, indexed: Path) -> None:
    found = run("gaps", "--index", indexed, "--json").json()
    # pumps and valves are in the manuals
    assert (found["questions"], found["answered"], found["clusters"]) == (3, 3, [])


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('{"text": "a"}\n{', "q.jsonl: line 2: not JSON"),
        ("[]", "q.jsonl: line 1: no object with a 'text'"),
        ('{"id": "e", "image": "x.png"}', "q.jsonl: holds no line with a text"),
    ],
)
def test_a_file_of_no_questions(
    run: Run, indexed: Path, tmp_path: Path, content: str, said: str
) -> None:
    (tmp_path / "q.jsonl").write_text(content)
    outcome = run("gaps", "--index", indexed, "--questions", tmp_path / "q.jsonl")
    assert outcome.refused(said)


def test_an_index_without_tickets_has_no_questions(run: Run, manual: Path, tmp_path: Path) -> None:
    (manual / "tickets.csv").unlink()
    assert run("gaps", "--index", index_of(run, manual, tmp_path)).refused(
        "no questions: the index"
    )


def test_an_answer_in_the_words_of_a_model(
    run: Run, indexed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = ("answer", "the pump makes a grinding noise", "--index", indexed)
    quoted = run(*asked, "--json").json()
    number = next(c["number"] for c in quoted["citations"] if c["document"] == "tickets.csv#T1")
    assert (quoted["model"], quoted["note"]) == ("", "")
    reply = [event("Bleed the air "), event(f"out [{number}]. It may explode."), DONE]
    with serving(Script(reply)) as fake:
        monkeypatch.setenv("TRIPTYCH_LLM__ENDPOINT", fake.url)
        monkeypatch.setenv("TRIPTYCH_LLM__MODEL", "tiny")
        monkeypatch.setenv("TRIPTYCH_LLM__KEY", KEY)
        data = run(*asked, "--llm", "--json").json()
        shown = run(*asked, "--llm")
    assert data["answer"] == "Bleed the air out [1]."
    assert [c["document"] for c in data["citations"]] == ["tickets.csv#T1"]
    assert data["citations"][0]["quote"] == "Bleed the air out of the pump."
    assert data["model"] == "tiny"
    assert data["note"].startswith("1 of 2 sentences of tiny left out")
    assert "in the words of tiny, checked" in shown.out
    assert KEY not in shown.out + shown.err
    sent = fake.asked[0]["messages"][1]["content"]
    assert f"[{number}] Pump is loud › Resolution\nBleed the air out of the pump." in sent
    assert sent.endswith("Question: the pump makes a grinding noise")


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        (Script([event("Bleed"), WAIT]), "it did not answer in time"),
        (Script([], 500), "status 500"),
        (Script([b"data: what?\n\n"]), "it sends what is not JSON"),
        (
            Script([event("It explodes.", "stop")]),
            "its citations support only 0 of its 1 sentences",
        ),
    ],
)
def test_an_endpoint_that_fails_leaves_the_quotation(
    run: Run, indexed: Path, monkeypatch: pytest.MonkeyPatch, script: Script, reason: str
) -> None:
    with serving(script) as fake:
        monkeypatch.setenv("TRIPTYCH_LLM__ENDPOINT", fake.url)
        monkeypatch.setenv("TRIPTYCH_LLM__MODEL", "tiny")
        monkeypatch.setenv("TRIPTYCH_LLM__TIMEOUT_S", "0.3")
        asked = ("answer", "the pump makes a grinding noise", "--index", indexed)
        shown = run(*asked, "--llm")
    assert shown.code == 0
    assert "Bleed the air out of the pump. [" in shown.out
    assert f"quoted instead, tiny could not be used: {reason}" in shown.out


def test_no_language_model_is_one_sentence(
    run: Run, indexed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = ("answer", "pump", "--index", indexed, "--llm")
    assert run(*asked).refused("no language model is set; give llm.endpoint and llm.model")
    config = tmp_path / "triptych.toml"
    config.write_text(f'[llm]\nkeey = "{KEY}"\n')
    monkeypatch.setenv("TRIPTYCH_CONFIG", str(config))
    outcome = run(*asked)
    assert outcome.refused("llm.keey: Extra inputs are not permitted")
    assert KEY not in outcome.err


def test_without_a_document_all_tickets_are_clustered(run: Run, indexed: Path) -> None:
    found = run("similar", "--index", indexed, "--json").json()
    # two tickets about pumps, one about a valve: a right angle between them
    assert found["tickets"] == 3
    assert [[one["id"] for one in cluster["tickets"]] for cluster in found["clusters"]] == [
        ["tickets.csv#T1", "tickets.csv#T3"],
        ["tickets.csv#T2"],
    ]
    assert "loud" in found["clusters"][0]["words"]
    shown = run("similar", "--index", indexed).out
    assert "3 tickets" in shown
    assert "and 1 single ticket; all with --json" in shown
