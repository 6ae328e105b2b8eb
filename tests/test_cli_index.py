from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.command_line import Run, command_line, index_of


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    return command_line(tmp_path, monkeypatch, capsys)


@pytest.fixture
def indexed(run: Run, manual: Path, tmp_path: Path) -> Path:
    return index_of(run, manual, tmp_path)


def _questions(folder: Path, relevant: Sequence[str] = ("valve.md",)) -> Path:
    path = folder / "questions.jsonl"
    lines = [
        {"id": f"q{number}", "text": "clockwise close", "relevant": [name]}
        for number, name in enumerate(relevant)
    ]
    lines.append({"id": "noise", "text": "grinding noise", "relevant": ["T1"]})
    path.write_text("\n".join(map(json.dumps, lines)))
    return path


def _found(run: Run, folder: Path, text: str) -> list[str]:
    hits = run("search", text, "--index", folder, "--json").json()["hits"]
    return [hit["document"] for hit in hits]


def _spoil(folder: Path) -> Path:
    """Flip a byte of the vectors of the largest segment."""
    path = max(folder.glob("segments/*/text.faiss"), key=lambda file: file.stat().st_size)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    return path.relative_to(folder)


def test_indexing_again_tells_what_changed(run: Run, manual: Path, indexed: Path) -> None:
    (manual / "valve.md").write_text("# Valve\n\nTurn the valve left to close it.\n")
    (manual / "lamp.png").unlink()
    (manual / "filter.md").write_text("# Filter\n\nRinse the filter.\n")
    (manual / "seal.md").write_text("# Seal\n\nReplace the seal.\n")
    shown = run("index", manual, "--into", indexed)
    assert "committed generation 2: 6 documents" in shown.out
    assert "\n2 added, 1 updated, 1 removed\n" in shown.out
    again = run("index", manual, "--into", indexed)
    assert "nothing changed, still generation 2" in again.out
    assert "added" not in again.out


def test_add_takes_more_in(run: Run, indexed: Path, tmp_path: Path) -> None:
    page = tmp_path / "filter.md"
    page.write_text("# Filter\n\nRinse the filter.\n")
    added = run("add", page, "--index", indexed, "--json").json()
    assert (added["generation"], added["documents"]) == (2, 6)
    assert (added["added"], added["updated"], added["removed"]) == (1, 0, 0)
    assert _found(run, indexed, "rinse")[0] == "filter.md"
    bad = tmp_path / "empty.md"
    bad.touch()
    skipped = run("add", bad, "--index", indexed)
    assert skipped.code == 1
    assert f"{bad}: empty file" in skipped.out


def test_removed_documents_stay_out(run: Run, manual: Path, indexed: Path) -> None:
    removed = run("remove", "valve.md", "tickets.csv", "--index", indexed, "--json").json()
    assert removed == {"index": str(indexed), "generation": 2, "removed": 3}
    assert "valve.md" not in _found(run, indexed, "clockwise close")
    assert run("index", manual, "--into", indexed, "--json").json()["documents"] == 2
    assert f"{indexed}: 1 removed, generation " in run("remove", "lamp.png", "--index", indexed).out
    assert run("add", manual / "valve.md", "--index", indexed, "--json").json()["added"] == 1
    assert _found(run, indexed, "clockwise close")[0] == "valve.md"


def test_a_document_of_two_sources_is_removed_by_source(
    run: Run, manual: Path, indexed: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "valve.md").write_text("# Valve\n\nPull the valve.\n")
    assert run("add", other, "--index", indexed).code == 0
    assert run("remove", "valve.md", "--index", indexed).refused("valve.md: is in several sources")
    chosen = ("--source", str(other.resolve()))
    assert run("remove", "valve.md", "--index", indexed, *chosen).code == 0
    assert "valve.md" in _found(run, indexed, "clockwise close")


def test_rebuild_makes_all_of_it_anew(run: Run, manual: Path, indexed: Path) -> None:
    (manual / "lamp.png").unlink()
    made = run("rebuild", "--index", indexed, "--json").json()
    assert (made["generation"], made["documents"], made["unchanged"]) == (2, 4, False)
    assert "clip" not in run("info", indexed, "--json").json()["spaces"]
    assert run("rebuild", "--index", indexed, "--clip", "fake:other").code == 0
    assert run("info", indexed, "--json").json()["spaces"]["clip"]["model"] == "other"


def test_a_gate_lets_an_equal_generation_through(run: Run, indexed: Path, tmp_path: Path) -> None:
    arguments = ("rebuild", "--index", indexed, "--gate", _questions(tmp_path))
    shown = run(*arguments)
    assert shown.code == 0
    assert "committed generation 2" in shown.out
    assert "recall@1" in shown.out
    assert "+0.000" in shown.out
    made = run(*arguments, "--json").json()
    assert (made["generation"], made["live"]) == (3, True)
    assert made["gate"]["passed"] is True
    assert made["gate"]["after"]["ndcg@10"]["value"] == 1.0
    assert run("info", indexed, "--json").json()["generation"] == 3


def test_a_gate_refuses_a_generation_that_finds_less(
    run: Run, manual: Path, indexed: Path, tmp_path: Path
) -> None:
    (manual / "valve.md").unlink()
    arguments = ("rebuild", "--index", indexed, "--gate", _questions(tmp_path))
    refused = run(*arguments)
    assert refused.refused("generation 2 is not live: recall@1 fell by 0.500, ")
    assert "more than the 0.01 allowed" in refused.err
    assert f"triptych rollback 2 --index {indexed}" in refused.err
    assert "q0: recall@1 1.00 → 0.00, " in refused.out
    assert "clockwise close" in refused.out
    assert "noise" not in refused.out
    assert _found(run, indexed, "clockwise close")[0] == "valve.md"

    again = run(*arguments, "--json")
    assert again.code == 2
    assert again.json()["live"] is False
    assert again.json()["gate"]["fallen"] == ["recall@1", "recall@5", "recall@10", "ndcg@10"]
    (worse,) = again.json()["gate"]["worse"]
    assert (worse["id"], worse["before"]["recall@5"], worse["after"]["recall@5"]) == ("q0", 1, 0)

    assert run("rollback", again.json()["generation"], "--index", indexed).code == 0
    assert "valve.md" not in _found(run, indexed, "clockwise close")


def test_a_gate_can_be_set_lower(run: Run, manual: Path, indexed: Path, tmp_path: Path) -> None:
    (manual / "valve.md").unlink()
    gate = ("--gate", _questions(tmp_path), "--min-drop", 0.5)
    shown = run("rebuild", "--index", indexed, *gate)
    assert shown.code == 0
    assert "-0.500" in shown.out
    assert run("info", indexed, "--json").json()["generation"] == 2


def test_of_many_lost_queries_ten_are_told_and_the_others_named(
    run: Run, manual: Path, indexed: Path, tmp_path: Path
) -> None:
    (manual / "valve.md").unlink()
    gate = _questions(tmp_path, ["valve.md"] * 12)
    shown = run("rebuild", "--index", indexed, "--gate", gate).out
    assert shown.count("clockwise close") == 10
    assert "and 2 more: q10, q11" in shown


def test_what_cannot_be_measured_is_told_before_the_work(
    run: Run, indexed: Path, tmp_path: Path
) -> None:
    questions = tmp_path / "q.jsonl"
    questions.write_text('{"id": "shot", "image": "gone.png", "relevant": ["valve.md"]}')
    arguments = ("rebuild", "--index", indexed, "--gate", questions)
    assert run(*arguments).refused(f"query shot: {tmp_path / 'gone.png'}: No such file")
    assert run(*arguments, "--gate-root", tmp_path / "x").refused(str(tmp_path / "x" / "gone.png"))
    assert run(*arguments, "--min-drop", "nan").refused("--min-drop nan")
    assert len(run("generations", "--index", indexed, "--json").json()["generations"]) == 1


def test_generations_are_listed_and_taken_back(run: Run, manual: Path, indexed: Path) -> None:
    assert run("remove", "valve.md", "--index", indexed).code == 0
    found = run("generations", "--index", indexed, "--json").json()["generations"]
    facts = [(f["number"], f["live"], f["cause"], f["parent"], f["documents"]) for f in found]
    assert facts == [(1, False, "index", 0, 5), (2, True, "remove", 1, 4)]
    assert all(f["bytes"] > 0 and not f["damaged"] for f in found)
    table = run("generations", "--index", indexed).out
    made, hour = found[1]["made"][:19].split("T")
    assert f"2 live      {made} {hour}  remove" in table

    back = run("rollback", 1, "--index", indexed)
    assert "generation 1 is live: 5 documents; generation 2 had 4" in back.out
    assert "valve.md" in _found(run, indexed, "clockwise close")
    forth = run("rollback", 2, "--index", indexed, "--json").json()
    assert forth["documents"] == 4
    assert forth["before"] == {"generation": 1, "documents": 5}


def test_a_damaged_generation_is_listed_as_such(run: Run, indexed: Path) -> None:
    assert run("remove", "valve.md", "--index", indexed).code == 0
    (indexed / "generations" / "000001.json").write_text("{}")
    shown = run("generations", "--index", indexed)
    assert shown.code == 0
    assert "damaged" in shown.out
    assert "generation 1: " in shown.out
    assert run("rollback", 1, "--index", indexed).code == 2


def test_merge_joins_what_is_mostly_deleted(run: Run, indexed: Path, tmp_path: Path) -> None:
    assert run("merge", "--index", indexed, "--json").json() == {
        "index": str(indexed),
        "generation": 1,
        "segments": {"before": 1, "after": 1},
    }
    assert "nothing to merge, segments: 1, generation 1" in run("merge", "--index", indexed).out
    gone = ("pump.md", "tickets.csv", "lamp.png")
    assert run("remove", *gone, "--index", indexed).code == 0
    merged = run("merge", "--index", indexed)
    assert "segments: 1 → 1, generation 3" in merged.out
    listed = run("generations", "--index", indexed, "--json").json()["generations"]
    assert (listed[-1]["cause"], listed[-1]["documents"]) == ("merge", 1)


def test_purge_leaves_nothing_of_what_was_removed(run: Run, indexed: Path) -> None:
    assert run("remove", "valve.md", "--index", indexed).code == 0
    purged = run("purge", "--index", indexed, "--json").json()
    assert (purged["generation"], purged["documents"], purged["segments"]) == (3, 1, 1)
    listed = run("generations", "--index", indexed, "--json").json()["generations"]
    assert [(f["number"], f["documents"]) for f in listed] == [(3, 4)]
    stored = b"".join(path.read_bytes() for path in indexed.rglob("*") if path.is_file())
    assert b"clockwise" not in stored
    assert b"grinding" in stored
    shown = run("purge", "--index", indexed, "--cache").out
    assert "gone: 0, segments rewritten: 0, freed: 0 bytes, generation 3" in shown
    assert "the live documents of this generation and no others" in shown


def test_verify_names_the_damage(run: Run, indexed: Path) -> None:
    assert "whole" in run("verify", "--index", indexed).out
    assert run("verify", "--index", indexed, "--json").json()["faults"] == []
    path = _spoil(indexed)
    found = run("verify", "--index", indexed)
    assert found.refused(f"triptych verify --index {indexed} --repair")
    assert f"  {path}: was altered" in found.out
    as_json = run("verify", "--index", indexed, "--json")
    assert as_json.code == 2
    assert as_json.json()["faults"] == [{"path": str(path), "reason": "was altered"}]


def test_repair_mends_the_damage(run: Run, indexed: Path) -> None:
    path = _spoil(indexed)
    repaired = run("verify", "--index", indexed, "--repair")
    assert repaired.code == 0
    assert f"  {path}: was altered" in repaired.out
    assert "repaired as generation 2: 5 documents" in repaired.out
    again = run("verify", "--index", indexed, "--repair", "--json").json()
    assert again == {"index": str(indexed), "faults": [], "gone": [], "repaired": None}
    assert _found(run, indexed, "clockwise close")[0] == "valve.md"


def test_repair_names_a_source_that_is_gone(run: Run, indexed: Path, tmp_path: Path) -> None:
    page = tmp_path / "filter.md"
    page.write_text("# Filter\n\nRinse the filter.\n")
    assert run("add", page, "--index", indexed).code == 0
    _spoil(indexed)
    (tmp_path / "source").rename(tmp_path / "elsewhere")
    repaired = run("verify", "--index", indexed, "--repair", "--json")
    assert repaired.code == 1
    assert repaired.json()["gone"] == [str(tmp_path / "source")]
    assert repaired.json()["repaired"]["documents"] == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("add", "{tmp}/gone.md", "--index", "{ix}"), "gone.md: no such file or folder"),
        (("remove", "gone.md", "--index", "{ix}"), "gone.md: no such document in {ix}"),
        (("remove", "valve.md", "--index", "{ix}", "--source", "x"), "no such document"),
        (("rollback", "7", "--index", "{ix}"), "no generation 7; kept: 1"),
        (("rebuild", "--index", "{ix}", "--gate", "{tmp}/gone"), "gone: cannot be read"),
        (("add", "{tmp}", "--index", "{none}"), "no index in {none}"),
        (("remove", "valve.md", "--index", "{none}"), "no index in {none}"),
        (("rebuild", "--index", "{none}"), "no index in {none}"),
        (("generations", "--index", "{none}"), "no index in {none}"),
        (("rollback", "1", "--index", "{none}"), "no index in {none}"),
        (("merge", "--index", "{none}"), "no index in {none}"),
        (("purge", "--index", "{none}"), "no index in {none}"),
        (("verify", "--index", "{none}"), "no index in {none}"),
        (("verify", "--index", "{none}", "--repair"), "no index in {none}"),
    ],
)
def test_bad_input_is_one_sentence_and_makes_no_folder(
    run: Run, indexed: Path, tmp_path: Path, arguments: tuple[str, ...], message: str
) -> None:
    places = {"ix": indexed, "tmp": tmp_path, "none": tmp_path / "none"}
    outcome = run(*(part.format(**places) for part in arguments))
    assert outcome.refused(message.format(**places))
    assert outcome.out == ""
    assert not places["none"].exists()
