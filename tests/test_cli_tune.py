"""The command `tune`, in an application of its own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from api.cli_tune import register
from indexer.adapter import read_adapter
from indexer.building.build import build
from indexer.building.progress import Silent
from indexer.config import Settings
from indexer.errors import BadQuery, IndexNotFound, TriptychError
from indexer.lanes import TEXT
from tests.fakes import AXES


@pytest.fixture
def index(tmp_path: Path, fake_settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TRIPTYCH_CACHE", str(fake_settings.cache))
    monkeypatch.setenv("TRIPTYCH_MODELS__TEXT", "fake:demo")
    monkeypatch.setenv("TRIPTYCH_MODELS__READER", "fake")
    monkeypatch.setenv("COLUMNS", "120")
    source = tmp_path / "pages"
    source.mkdir()
    for axis in AXES:
        (source / f"{axis}.md").write_text(f"# Page\n\nAll about {axis}.\n")
    build([source], tmp_path / "ix", fake_settings, True, Silent())
    return tmp_path / "ix"


def pairs(folder: Path, groups: bool) -> Path:
    """Thirty-six questions that name a thing, for the page of the next."""
    lines = [
        json.dumps(
            {
                "text": " ".join([axis] * (copy + 1)),
                "relevant": [f"{AXES[(place + 1) % 6]}.md"],
                "group": f"{axis} {copy}" if groups else axis,
            }
        )
        for place, axis in enumerate(AXES)
        for copy in range(6)
    ]
    path = folder / "pairs.jsonl"
    path.write_text("\n".join(lines))
    return path


def run(*arguments: object) -> Result:
    app = typer.Typer()
    register(app)
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_installing_and_removing(index: Path, tmp_path: Path) -> None:
    file = pairs(tmp_path, groups=True)
    done = run("--index", index, "--pairs", file, "--closed", "--json")
    assert done.exit_code == 0, done.output
    said = json.loads(done.stdout)
    assert (said["installed"], said["pairs"], said["groups"]) == (True, 36, 36)
    assert (said["known"]["recall@1"]["before"], said["known"]["recall@1"]["after"]) == (0, 1)
    assert read_adapter(index, TEXT) is not None
    assert "nothing" not in run("--index", index, "--remove").stdout
    assert read_adapter(index, TEXT) is None
    assert "nothing was installed" in run("--index", index, "--remove").stdout


def test_for_people(index: Path, tmp_path: Path) -> None:
    done = run("--index", index, "--pairs", pairs(tmp_path, groups=True), "--closed")
    assert "36 questions in 36 groups" in done.stdout
    assert "+1.000" in done.stdout
    assert "every answer held out" in done.stdout
    assert "installed" in done.stdout


def test_a_refusal_says_the_figures(index: Path, tmp_path: Path) -> None:
    done = run("--index", index, "--pairs", pairs(tmp_path, groups=False))
    assert isinstance(done.exception, TriptychError)
    assert "not installed" in str(done.exception)
    assert "recall@1 0.000 to 0.000" in str(done.exception)
    assert read_adapter(index, TEXT) is None


@pytest.mark.parametrize("options", [[], ["--pairs", "p.jsonl", "--remove"]])
def test_one_of_two_things_to_do(index: Path, options: list[str]) -> None:
    done = run("--index", index, *options)
    assert isinstance(done.exception, BadQuery)
    assert "either --pairs" in str(done.exception)


def test_removing_from_what_is_no_index(tmp_path: Path) -> None:
    assert isinstance(run("--index", tmp_path, "--remove").exception, IndexNotFound)
