"""`triptych bench recall` with the fake models: kinds, comparisons, answers and the report."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import pytest
from PIL import Image

from tests.command_line import Run, command_line, index_of


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    return command_line(tmp_path, monkeypatch, capsys)


@pytest.fixture
def indexed(run: Run, manual: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    folder = index_of(run, manual, tmp_path)
    capsys.readouterr()
    return folder


@pytest.fixture
def queries(tmp_path: Path) -> Path:
    Image.new("RGB", (64, 48), (0, 0, 255)).save(tmp_path / "shot.png")
    lines = [
        {"id": "a", "text": "clockwise close", "relevant": ["valve.md"]},
        {"id": "b", "text": "grinding noise", "relevant": ["T1"], "kind": "ticket"},
        {"id": "c<i>", "text": "<script>alert(1)</script> noise", "relevant": ["gone.md"]},
        {"id": "s", "image": "shot.png", "relevant": ["lamp.png"]},
    ]
    path = tmp_path / "queries.jsonl"
    path.write_text("\n".join(map(json.dumps, lines)))
    return path


def test_figures_by_kind(run: Run, indexed: Path, queries: Path, tmp_path: Path) -> None:
    table = tmp_path / "scores.csv"
    arguments = ("bench", "recall", "--index", indexed, "--queries", queries)
    data = run(*arguments, "--json", "--csv", table).json()
    assert {kind: found["queries"] for kind, found in data["kinds"].items()} == {
        "text": 2,
        "ticket": 1,
        "screenshot": 1,
    }
    assert data["kinds"]["ticket"]["fused"]["map"]["value"] == 1.0
    assert data["kinds"]["text"]["lanes"]["words"]["recall@1"]["value"] == 0.5
    assert 0 < data["latency_ms"]["median"] <= data["latency_ms"]["p99"]
    rows = list(csv.DictReader(table.read_text().splitlines()))
    assert {row["query"]: row["kind"] for row in rows}["s"] == "screenshot"
    assert "ticket: 1 query" in run(*arguments).out


def test_a_comparison_pairs_the_queries(
    run: Run, indexed: Path, queries: Path, manual: Path, tmp_path: Path
) -> None:
    (manual / "tickets.csv").unlink()
    assert run("index", manual, "--into", tmp_path / "less").code == 0
    arguments = ("bench", "recall", "--index", tmp_path / "less", "--queries", queries)
    found = run(*arguments, "--against", indexed, "--json").json()["against"]
    lost = found["changes"]["ticket"]["recall@10"]
    assert (lost["before"], lost["after"], lost["lost"]) == (1.0, 0.0, 1)
    moved = {one["id"]: one for one in found["moved"]}
    assert (moved["b"]["before"], moved["b"]["after"]) == (1, None)
    shown = run(*arguments, "--against", indexed).out
    assert "fell most, by first right rank: b (1 → none)" in shown

    config = tmp_path / "same.toml"
    config.write_text("[answer]\nevidence = 0.5\n")
    same = run(*arguments, "--against-config", config, "--json").json()["against"]
    assert same["moved"] == []
    assert {one["p"] for one in same["changes"]["all"].values()} == {1.0}


def test_a_report_is_one_file_that_escapes_what_it_shows(
    run: Run, indexed: Path, queries: Path, tmp_path: Path
) -> None:
    page = tmp_path / "report.html"
    lines = queries.read_text() + '\n{"id": "u", "text": "pancakes and syrup", "relevant": []}'
    queries.write_text(lines)
    arguments = ("bench", "recall", "--index", indexed, "--queries", queries, "--answers")
    data = run(*arguments, "--report", page, "--json").json()
    assert (data["answers"]["questions"], data["answers"]["answerable"]) == (5, 4)
    text = page.read_text()
    assert "<script" not in text
    assert "&lt;script&gt;alert(1)" in text
    assert "c&lt;i&gt;" in text
    assert "Not in the index: gone.md" in text
    assert set(re.findall(r'(?:src|href)="(?!#)([^":]*):', text)) <= {"data"}
    assert not re.search(r"url\((?!#)", text)
    assert text.count("<svg") == 4
    ids = re.findall(r' id="([^"]+)"', text)
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize(
    ("option", "message"),
    [
        (("--report", "{tmp}/none/r.html"), "there is no folder"),
        (("--report", "{tmp}"), "a folder is there"),
        (("--csv", "{tmp}/none/s.csv"), "there is no folder"),
        (("--against-config", "{tmp}/none.toml"), "none.toml: cannot be read"),
        (("--against", "{tmp}/none"), "no index in"),
    ],
)
def test_what_cannot_be_done_is_said_before_the_work(
    run: Run, indexed: Path, queries: Path, tmp_path: Path, option: tuple[str, str], message: str
) -> None:
    filled = [part.format(tmp=tmp_path) for part in option]
    assert run("bench", "recall", "--index", indexed, "--queries", queries, *filled).refused(
        message
    )


def test_queries_of_another_index_and_ids_twice(run: Run, indexed: Path, tmp_path: Path) -> None:
    path = tmp_path / "other.jsonl"
    line = {"id": "a", "text": "pump", "relevant": ["other.md"]}
    path.write_text(json.dumps(line))
    arguments = ("bench", "recall", "--index", indexed, "--queries", path)
    assert run(*arguments).refused("holds none of the 1 documents")
    path.write_text("\n".join([json.dumps(line | {"relevant": ["pump.md"]})] * 2))
    assert run(*arguments).refused("query a: this id is there twice")
    path.write_text(json.dumps(line | {"relevant": []}))
    assert run(*arguments).refused("measured with --answers")
