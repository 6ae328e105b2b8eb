"""The command `tune --confidence`."""

from __future__ import annotations

from pathlib import Path

import pytest

from api.cli_tune import tune
from api.confidence import ANSWERED, LOSS, WRONGLY, learn, tune_confidence
from api.render_confidence import confidence_json, confidence_refusal
from indexer.config import Settings
from indexer.encoders.base import Space
from indexer.errors import BadQuery
from indexer.store.index import Index
from search.asking import Asking
from search.engine import Engine
from search.evidence import TYPED, Coverage, Signals
from search.query import Query
from search.tuned import SHIPPED, Tuned, read_tuned, write_tuned
from tests.tuning import make


def asking(group: int, answerable: bool, lead: float) -> Asking:
    signals = Signals(Coverage(0.5), cosine=0.5, lead=lead)
    return Asking(str(group), answerable, answerable, signals)


def test_what_tells_them_apart_is_learnt_and_chooses_the_threshold() -> None:
    """Shipped, all are unlikely; what little they differ in says which have an answer."""
    asked = [
        asking(group, answerable, 0.12 if answerable else 0.08)
        for group in range(20)
        for answerable in (True, False)
    ]
    assert max(one.shipped for one in asked) < 0.01
    tuning, tuned = learn(asked, "print")
    assert (tuning.installed, tuning.groups) == (True, 20)
    assert tuning.names == (SHIPPED, "cosine", "head", "lead", "share", "had", "rarest")
    assert (tuning.changes[WRONGLY].before, tuning.changes[WRONGLY].after) == (0.0, 0.0)
    assert (tuning.changes[ANSWERED].before, tuning.changes[ANSWERED].after) == (1.0, 1.0)
    assert tuning.changes[LOSS].before > 3.0
    assert tuning.changes[LOSS].after < 0.2
    assert tuning.error[0] > 0.45
    assert 0.5 < tuning.threshold == tuned.threshold < 1.0
    assert tuned.weights[SHIPPED] > 0


def test_what_says_nothing_is_refused_with_its_figures(tmp_path: Path) -> None:
    even = -TYPED.bias / TYPED.lead  # as likely as not, and half of them are right
    asked = [asking(n, answerable, even) for n in range(20) for answerable in (True, False)]
    tuning, _ = learn(asked, "print")
    assert not tuning.installed
    assert "wrongly answered 1.000 to 1.000 (p 1.000)" in confidence_refusal(tuning)
    assert confidence_json(tuning, tmp_path)["installed"] is False


def test_every_question_is_asked_with_and_without_its_document(
    tmp_path: Path, fake_settings: Settings
) -> None:
    index = make(tmp_path, fake_settings, 4)
    tuning = tune_confidence(index, tmp_path / "pairs.jsonl", fake_settings)
    assert (tuning.pairs, tuning.groups, tuning.left_out) == (24, 6, 0)
    assert (tuning.changes[ANSWERED].before, tuning.changes[WRONGLY].before) == (1.0, 0.0)


def test_too_few_questions(tmp_path: Path, fake_settings: Settings) -> None:
    index = make(tmp_path, fake_settings, 1)
    with pytest.raises(BadQuery, match="6 pairs in 6 groups"):
        tune_confidence(index, tmp_path / "pairs.jsonl", fake_settings)


def test_the_threshold_is_live_until_it_is_removed(tmp_path: Path, fake_settings: Settings) -> None:
    index = make(tmp_path, fake_settings, 1)
    with Index.open(index) as opened:
        space: Space = opened.spaces["text"]
    engine = Engine.open(index, fake_settings)
    assert engine.answer(Query("pump")).found
    write_tuned(index, Tuned({"cosine": 0.0}, 0.0, 0.6, space.fingerprint))
    assert engine.changed()
    engine.close()
    engine = Engine.open(index, fake_settings)
    answer = engine.answer(Query("pump"))
    assert (answer.found, answer.confidence) == (False, 0.5)
    engine.close()
    tune(index, confidence=True, remove=True)
    assert read_tuned(index) is None
    engine = Engine.open(index, fake_settings)
    assert engine.answer(Query("pump")).found
    engine.close()


def test_confidence_goes_alone(tmp_path: Path) -> None:
    with pytest.raises(BadQuery, match="--confidence goes alone"):
        tune(tmp_path, pairs=tmp_path / "pairs.jsonl", confidence=True, fusion=True)
