from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from api.cli import main
from tests.conftest import ROOT


@dataclass(frozen=True)
class Outcome:
    code: int
    out: str
    err: str

    def json(self) -> Any:
        return json.loads(self.out)


Run = Callable[..., Outcome]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs the command line in this process, with the fake models chosen by environment."""
    monkeypatch.setenv("TRIPTYCH_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("TRIPTYCH_MODELS__TEXT", "fake:demo")
    monkeypatch.setenv("TRIPTYCH_MODELS__READER", "fake")
    monkeypatch.setenv("COLUMNS", "200")

    def call(*arguments: object) -> Outcome:
        monkeypatch.setattr(sys, "argv", ["triptych", *map(str, arguments)])
        with pytest.raises(SystemExit) as exit_info:
            main()
        captured = capsys.readouterr()
        code = exit_info.value.code
        return Outcome(code if isinstance(code, int) else 0, captured.out, captured.err)

    return call


@pytest.fixture
def indexed(run: Run, manual: Path, tmp_path: Path) -> Path:
    assert run("index", manual, "--into", tmp_path / "ix").code == 0
    return tmp_path / "ix"


def test_index_says_what_it_did(run: Run, manual: Path, tmp_path: Path) -> None:
    first = run("index", manual, "--into", tmp_path / "ix")
    assert first.code == 0
    assert "committed generation 1: 5 documents, 9 chunks" in first.out
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
    assert hit["score"] == pytest.approx(
        sum(
            weight / (5 + hit["lanes"][lane]["rank"])
            for lane, weight in (("text", 2), ("words", 1))
        )
    )
    assert all(isinstance(ms, float) for ms in found["took_ms"].values())


def test_search_by_screenshot(run: Run, indexed: Path, tmp_path: Path) -> None:
    shot = tmp_path / "shot.png"
    Image.new("RGB", (40, 30), "red").save(shot)
    found = run("search", "--image", shot, "--index", indexed, "--json").json()
    assert found["hits"][0]["document"] == "pump.md"
    assert found["hits"][0]["asset"] == "images/panel.png"
    assert found["read"][0]["text"] == "40x30"


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
    assert set(data["fused"]) == {"recall@1", "recall@3", "mrr@10", "ndcg@10"}
    assert data["fused"]["recall@3"]["value"] == 0.75
    assert data["fused"]["recall@3"]["low"] <= 0.75 <= data["fused"]["recall@3"]["high"]
    assert data["lanes"]["words"]["recall@1"]["value"] == 0.75
    rows = list(csv.DictReader(io.StringIO(table.read_text())))
    excluded = [row for row in rows if row["query"] == "c"]
    assert {row["recall@3"] for row in excluded} == {"0"}
    assert "recall@1" in run(*arguments).out


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
    assert "rebuild" in outcome.err
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
