from __future__ import annotations

import csv
import errno
import io
import json
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from api.ann import live_vectors
from tests.command_line import Run, command_line, index_of
from tests.conftest import ROOT
from tests.recordings import wav


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    return command_line(tmp_path, monkeypatch, capsys)


@pytest.fixture
def indexed(run: Run, manual: Path, tmp_path: Path) -> Path:
    return index_of(run, manual, tmp_path)


def test_index_says_what_it_did(run: Run, manual: Path, tmp_path: Path) -> None:
    first = run("index", manual, "--into", tmp_path / "ix")
    assert first.code == 0
    assert "committed generation 1: 5 documents, 9 chunks" in first.out
    assert "\n5 added, 0 updated, 0 removed\n" in first.out
    again = run("index", manual, "--into", tmp_path / "ix", "--json")
    assert again.json()["unchanged"] is True
    assert again.json()["documents"] == 5


def test_skipped_files_are_named_and_give_exit_code_1(
    run: Run, manual: Path, tmp_path: Path
) -> None:
    (manual / "empty.md").write_bytes(b"")
    shown = run("index", manual, "--into", tmp_path / "ix")
    assert shown.code == 1
    assert f"{manual / 'empty.md'}: empty file" in shown.out
    again = run("index", manual, "--into", tmp_path / "ix", "--json")
    assert again.code == 1
    assert again.json()["skipped"] == [{"path": str(manual / "empty.md"), "reason": "empty file"}]


def test_search_prints_the_agreed_json(run: Run, indexed: Path) -> None:
    found = run("search", "grease stem", "--index", indexed, "--json", "-k", 2).json()
    assert found["query"] == "grease stem"
    assert len(found["hits"]) == 2
    hit = found["hits"][0]
    assert hit["rank"] == 1
    assert hit["document"] == "tickets.csv#T2"
    assert hit["title"] == "Valve stuck"
    assert hit["kind"] == "ticket"
    assert hit["asset"] is None
    assert hit["place"]["heading"][-1] == "Resolution"
    assert hit["text"] == "Grease the valve stem."
    assert hit["lanes"]["words"]["rank"] == 1
    scores = [one["score"] for one in found["hits"]]
    assert scores == sorted(scores, reverse=True)
    assert 0 < hit["score"] <= 1
    assert all(isinstance(ms, float) for ms in found["took_ms"].values())


def test_search_by_screenshot(run: Run, indexed: Path, tmp_path: Path) -> None:
    shot = tmp_path / "shot.png"
    Image.new("RGB", (40, 30), "red").save(shot)
    found = run("search", "--image", shot, "--index", indexed, "--json").json()
    assert found["hits"][0]["document"] == "pump.md"
    assert found["hits"][0]["asset"] == "images/panel.png"
    assert found["read"][0]["text"] == "40x30"


def test_search_by_voice(run: Run, indexed: Path, tmp_path: Path) -> None:
    note = tmp_path / "note.wav"
    note.write_bytes(wav(1.0))  # the fake reader hears the first of the headings
    found = run("search", "--voice", note, "--index", indexed, "--json").json()
    assert (found["query"], found["heard"]) == ("", "who")
    typed = run("search", "who", "--index", indexed, "--json").json()
    assert found["hits"] == typed["hits"]
    assert run("answer", "--voice", note, "--index", indexed).out.startswith("heard: who\n")


def test_filters_on_the_command_line(run: Run, indexed: Path) -> None:
    arguments = ("search", "pump", "--index", indexed, "--json", "--filter")
    found = run(*arguments, "product=P100").json()
    assert [hit["document"] for hit in found["hits"]] == ["tickets.csv#T1"]


def test_answer_cites_its_sources(run: Run, indexed: Path) -> None:
    shown = run("answer", "the pump makes a grinding noise", "--index", indexed)
    assert shown.code == 0
    assert "Bleed the air out of the pump. [" in shown.out
    assert "tickets.csv#T1" in shown.out
    data = run("answer", "pancakes and syrup", "--index", indexed, "--json").json()
    assert data["found"] is False
    assert data["answer"].startswith("Nothing found that answers this.")


def test_info_describes_the_index(run: Run, indexed: Path) -> None:
    data = run("info", indexed, "--json").json()
    assert data["generation"] == 1
    assert data["counts"]["documents"] == 5
    assert data["counts"]["modality"] == {"text": 7, "image": 2}
    assert data["lanes"]["text"] == "on"
    assert data["lanes"]["clip"].startswith("off: ")
    assert data["spaces"]["text"]["fingerprint"] == "fake-demo"
    assert "generation" in run("info", indexed).out


def test_bench_recall(run: Run, indexed: Path, tmp_path: Path) -> None:
    queries = tmp_path / "queries.jsonl"
    lines = [
        {"id": "a", "text": "clockwise close", "relevant": ["valve.md"]},
        {"id": "b", "text": "grinding noise", "relevant": ["T1"]},
        {"id": "c", "text": "grinding noise", "relevant": ["T1"], "exclude": ["T1"]},
        {"id": "d", "text": "red panel", "relevant": ["images/panel.png"]},
    ]
    queries.write_text("\n".join(map(json.dumps, lines)))
    table = tmp_path / "scores.csv"
    arguments = ("bench", "recall", "--index", indexed, "--queries", queries)
    data = run(*arguments, "--json", "--csv", table, "-k", "1,3").json()
    assert data["queries"] == 4
    assert set(data["fused"]) == {"recall@1", "recall@3", "mrr@10", "ndcg@10", "map"}
    assert data["fused"]["recall@3"]["value"] == 0.75
    assert data["fused"]["recall@3"]["low"] <= 0.75 <= data["fused"]["recall@3"]["high"]
    assert data["lanes"]["words"]["recall@1"]["value"] == 0.75
    rows = list(csv.DictReader(io.StringIO(table.read_text())))
    excluded = [row for row in rows if row["query"] == "c"]
    assert {row["recall@3"] for row in excluded} == {"0"}
    assert "recall@1" in run(*arguments).out


def test_bench_ann_sweeps_the_vectors_that_can_be_found(
    run: Run, manual: Path, tmp_path: Path
) -> None:
    rows = [f"Q{number},Pump {number},{'pump ' * (number % 7)}valve" for number in range(40)]
    (manual / "more.csv").write_text("\n".join(["id,subject,description", *rows]))
    indexed = index_of(run, manual, tmp_path)
    chunks = run("info", indexed, "--json").json()["counts"]["chunks"]
    assert run("remove", "more.csv#Q0", "--index", indexed).code == 0
    assert len(live_vectors(indexed, "text")) == chunks - 1

    arguments = ("bench", "ann", "--index", indexed, "--out", tmp_path / "plots")
    swept = run(*arguments, "--json").json()
    assert swept["plot"] == str(tmp_path / "plots" / "ann-text.png")
    assert [path.name for path in (tmp_path / "plots").iterdir()] == ["ann-text.png"]
    with Image.open(swept["plot"]) as plot:
        assert plot.format == "PNG"
    (exact,) = [result for result in swept["results"] if result["kind"] == "flat"]
    assert (exact["recall_at_10"], exact["chosen"]) == (1.0, True)
    assert "exact" in run(*arguments).out
    assert run(*arguments, "--space", "clip").refused("no space 'clip'; there are: text")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("search", "", "--index", "{ix}"), "empty query"),
        (("search", "x" * 20_001, "--index", "{ix}"), "20,001 characters; up to 20,000"),
        (("search", "pump", "--index", "{tmp}/none"), "no index in"),
        (("info", "{tmp}/none"), "triptych index SOURCE --into"),
        (("search", "pump", "--index", "{ix}", "-k", "0"), "k is 0; it must be from 1"),
        (("search", "pump", "--index", "{ix}", "--filter", "x"), "not KEY=VALUE"),
        (("search", "pump", "--index", "{ix}", "--filter", "colour=red"), "known: "),
        (("search", "--image", "{tmp}/gone.png", "--index", "{ix}"), "No such file"),
        (
            ("search", "--image", "{tmp}/html.png", "--index", "{ix}"),
            "html.png: not an image (it holds HTML)",
        ),
        (("search", "--voice", "{tmp}/gone.wav", "--index", "{ix}"), "No such file"),
        (("search", "--voice", "{tmp}/html.png", "--index", "{ix}"), "html.png: "),
        (("index", "{tmp}/gone", "--into", "{tmp}/new"), "no such file or folder"),
        (("bench", "recall", "--index", "{ix}", "--queries", "{tmp}/q.jsonl"), "line 1: no 'id'"),
        (
            ("bench", "recall", "--index", "{ix}", "--queries", "{tmp}/q.jsonl", "-k", "x"),
            "line 1: no 'id'",
        ),
    ],
)
def test_bad_input_is_one_sentence_and_exit_code_2(
    run: Run, indexed: Path, tmp_path: Path, arguments: tuple[str, ...], message: str
) -> None:
    (tmp_path / "html.png").write_text("<html></html>")
    (tmp_path / "q.jsonl").write_text('{"text": "pump", "relevant": ["x"]}')
    outcome = run(*(part.format(ix=indexed, tmp=tmp_path) for part in arguments))
    assert outcome.code == 2
    assert message in outcome.err
    assert outcome.err.startswith("triptych: ")
    assert outcome.err.count("\n") == 1
    assert outcome.out == ""


def test_a_flipped_byte_is_found_when_opening(run: Run, indexed: Path) -> None:
    path = next(indexed.glob("segments/*/text.faiss"))
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    outcome = run("search", "pump", "--index", indexed)
    assert outcome.code == 2
    assert "text.faiss" in outcome.err
    assert f"triptych verify --index {indexed} --repair" in outcome.err
    assert outcome.err.count("\n") == 1


def test_a_bad_settings_file_names_the_key(
    run: Run, indexed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "triptych.toml"
    config.write_text("[ranking]\ndepht = 5\n")
    monkeypatch.setenv("TRIPTYCH_CONFIG", str(config))
    outcome = run("search", "pump", "--index", indexed)
    assert outcome.code == 2
    assert "ranking.depht" in outcome.err
    config.write_text("[ranking\n")
    assert "not valid TOML" in run("search", "pump", "--index", indexed).err


@pytest.mark.parametrize(
    ("flags", "writable"), [((), None), (("--writable",), True), (("--read-only",), False)]
)
def test_serve_takes_changes_as_told_or_as_the_address_says(
    run: Run,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    flags: tuple[str, ...],
    writable: bool | None,
) -> None:
    served: list[tuple[object, ...]] = []
    monkeypatch.setattr("api.serve.serve", lambda *told: served.append((*told[:1], *told[2:])))
    assert run("serve", "--index", tmp_path, "--port", 0, *flags).code == 0
    assert served == [(tmp_path, "127.0.0.1", 0, writable)]


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "{ix}: No space left on device"),
        (RuntimeError("write error in a.faiss: (No space left on device)"), "{ix}: No space left"),
        (PermissionError(errno.EACCES, "Permission denied", "a/b"), "triptych: a/b: Permission"),
        (sqlite3.OperationalError("database or disk is full"), "{cache}: the cache cannot be used"),
    ],
)
def test_what_the_system_refuses_is_one_sentence(
    run: Run,
    indexed: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    sentence: str,
) -> None:
    def fail(*_: object) -> None:
        raise error

    expected = sentence.format(ix=indexed, cache=tmp_path / "cache")
    monkeypatch.setattr("indexer.store.merge.compact", fail)
    assert run("merge", "--index", indexed).refused(expected)


def test_what_cannot_be_read_is_named(
    run: Run, indexed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError(errno.EIO, "Input/output error", "a.faiss")

    monkeypatch.setattr("search.engine.Engine.open", fail)
    assert run("search", "pump", "--index", indexed).refused("a.faiss: Input/output error")


def test_a_fault_of_the_program_is_not_hidden(
    run: Run, indexed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("wrong turn")

    monkeypatch.setattr("indexer.store.merge.compact", fail)
    with pytest.raises(RuntimeError, match="wrong turn"):
        run("merge", "--index", indexed)


def test_help_loads_no_heavy_library() -> None:
    code = (
        "import sys; sys.argv = ['triptych', 'search', '--help']\n"
        "from api.cli import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "heavy = {'torch', 'numpy', 'faiss', 'duckdb', 'fastapi', 'onnxruntime'}\n"
        "print('LOADED', sorted(heavy & set(sys.modules)))"
    )
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert found.stdout.splitlines()[-1] == "LOADED []"
