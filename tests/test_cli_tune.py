"""The command `tune`, in an application of its own."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from api.cli_tune import register
from indexer.adapter import read_adapter
from indexer.align.deep import Deepening
from indexer.align.trial import Change
from indexer.building.build import build
from indexer.building.facts import BuildResult
from indexer.building.progress import Silent
from indexer.config import Settings
from indexer.errors import BadConfig, BadQuery, IndexNotFound, TriptychError
from indexer.lanes import TEXT
from tests.command_line import command_line
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


REFUSED = [
    (None, "cannot be read"),
    ([], "holds no pairs"),
    ([{"text": "x", "relevant": ["red.md"]}] * 2, "2 pairs"),
    ([{"text": "x", "relevant": ["no.md"]}], "line 1: 'no.md'"),
    ([{"text": "x", "image": "no.png", "relevant": ["red.md"]}], "line 1: image 'no.png': no such"),
    ([{"text": "x", "relevant": ["red.md"]}, "{"], "line 2: not JSON"),
]


@pytest.mark.parametrize("deep", [[], ["--deep"]])
@pytest.mark.parametrize(("lines", "said"), REFUSED)
def test_bad_pairs_are_one_sentence_before_any_work(
    index: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    lines: list[object] | None,
    said: str,
    deep: list[str],
) -> None:
    file = tmp_path / "bad.jsonl"
    if lines is not None:
        texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
        file.write_text("\n".join(texts))
    call = command_line(tmp_path, monkeypatch, capsys)
    outcome = call("tune", "--index", index, "--pairs", file, *deep)
    assert outcome.refused(said), outcome.err
    assert not (tmp_path / "cache" / "tuning").exists()


def test_a_model_that_cannot_be_trained(index: Path, tmp_path: Path) -> None:
    done = run("--index", index, "--pairs", pairs(tmp_path, groups=True), "--deep")
    assert isinstance(done.exception, BadConfig)
    assert "fake:demo, which cannot be trained" in str(done.exception)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--deep", "--closed"], "neither --remove nor --closed"),
        (["--into", "m"], "without --deep"),
    ],
)
def test_options_that_do_not_go_together(index: Path, options: list[str], said: str) -> None:
    done = run("--index", index, "--pairs", "p.jsonl", *options)
    assert isinstance(done.exception, BadQuery)
    assert said in str(done.exception)


def deepened(helps: bool) -> Deepening:
    """The figures of a training."""
    changes = {
        "recall@1": Change(0.5, 0.6, 0.0, 0.2, 0.125),
        "mrr@10": Change(0.6, 0.75, 0.05, 0.25, 0.015 if helps else 0.5),
    }
    model = Path("/m") if helps else None
    return Deepening(100, 20, 40, 3, changes, (0.5, 0.6), model, Path("/c/curves.png"), helps)


BUILT = BuildResult(2, 6, 6, False, (), (), {}, 1.0)


@pytest.fixture
def training(monkeypatch: pytest.MonkeyPatch) -> Callable[[bool], None]:
    """Have a training end with or without help."""

    def end(helps: bool) -> None:
        monkeypatch.setattr("indexer.align.deep.deepen", lambda *_: deepened(helps))
        monkeypatch.setattr("indexer.align.deep.install", lambda *_: BUILT)

    return end


def test_a_training_that_helps(index: Path, training: Callable[[bool], None]) -> None:
    training(True)
    said = run("--index", index, "--pairs", "p.jsonl", "--deep").stdout
    for part in (
        "100 questions about 40 matters; measured on 20 held out",
        "+0.150",
        "does not read: 3",
        "model: /m",
        "generation 2",
        'fake:demo: replace it by "local-dir:/m"',
    ):
        assert part in said
    done = json.loads(run("--index", index, "--pairs", "p", "--deep", "--json").stdout)
    assert (done["installed"], done["generation"], done["model"]) == (True, 2, "/m")
    assert done["cosine"] == {"before": 0.5, "after": 0.6}
    assert done["figures"]["mrr@10"]["after"] == 0.75


def test_a_training_that_does_not_help(index: Path, training: Callable[[bool], None]) -> None:
    training(False)
    done = run("--index", index, "--pairs", "p.jsonl", "--deep", "--json")
    assert isinstance(done.exception, TriptychError)
    said = str(done.exception)
    assert "20 questions held out: recall@1 0.500 to 0.600 (p 0.125), mrr@10 0.600" in said
    assert json.loads(done.stdout)["generation"] is None
