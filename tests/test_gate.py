from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from indexer.building.build import add, build, rebuild
from indexer.building.progress import Silent
from indexer.config import Models, Ranking, Settings, Weights
from indexer.errors import BadConfig, BadQuery
from search.evaluate import FUSED, Estimate, Evaluation
from search.gate import MEASURES, Gate, judge, live_generation, measure, promote


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """The fake encoder for text alone, fused by ranks: its cosines mean nothing."""
    weights = Weights(clip=0, passages=0, text=2, words=1, lines=0)
    return Settings(
        cache=tmp_path / "cache",
        models=Models(text="fake:demo", clip="", reader="fake"),
        ranking=Ranking(fusion="rrf", question=weights),
    )


@pytest.fixture
def questions(tmp_path: Path) -> Path:
    """Two questions on the small source, each with its document first."""
    path = tmp_path / "questions.jsonl"
    lines = [
        {"id": "close", "text": "clockwise close", "relevant": ["valve.md"]},
        {"id": "noise", "text": "grinding noise", "relevant": ["tickets.csv#T1"]},
    ]
    path.write_text("\n".join(map(json.dumps, lines)))
    return path


def _evaluation(scores: Mapping[str, Mapping[str, float]]) -> Evaluation:
    """An evaluation of which only the fused figures count, those left out being 1."""
    table = {id: dict.fromkeys(MEASURES, 1.0) | dict(found) for id, found in scores.items()}
    means = {name: sum(row[name] for row in table.values()) / len(table) for name in MEASURES}
    figures = {name: Estimate(mean, mean, mean) for name, mean in means.items()}
    return Evaluation(len(table), {FUSED: figures}, {FUSED: table})


@pytest.mark.parametrize(
    ("after", "fallen"),
    [
        ({}, ()),
        ({"close": {"recall@1": 0.9}}, ()),  # by .05, which is just what is allowed
        ({"close": {"recall@1": 0.89}}, ("recall@1",)),
        ({"noise": {"recall@5": 0.0, "ndcg@10": 0.5}}, ("recall@5", "ndcg@10")),
        ({"close": {"recall@10": 0.0}, "noise": {"ndcg@10": 0.8}}, ("recall@10", "ndcg@10")),
    ],
)
def test_a_measure_may_fall_by_what_is_allowed_and_no_more(
    questions: Path, after: Mapping[str, Mapping[str, float]], fallen: tuple[str, ...]
) -> None:
    gate = Gate.read(questions, None, 0.05)
    before = _evaluation({"close": {}, "noise": {}})
    verdict = judge(before, _evaluation({"close": {}, "noise": {}, **after}), gate)
    assert verdict.fallen == fallen
    assert verdict.passed is not bool(fallen)


def test_the_queries_behind_a_fall_come_greatest_loss_first(questions: Path) -> None:
    before = _evaluation({"close": {"recall@1": 0.0}, "noise": {}})
    worse = _evaluation({"close": {"recall@1": 0.0, "ndcg@10": 0.9}, "noise": {"ndcg@10": 0.2}})
    verdict = judge(before, worse, Gate.read(questions, None, 0.01))
    assert verdict.fallen == ("ndcg@10",)
    assert [found.id for found in verdict.worse] == ["noise", "close"]
    assert verdict.worse[0].text == "grinding noise"
    assert verdict.worse[0].before["ndcg@10"] == 1.0
    assert verdict.worse[0].after["ndcg@10"] == 0.2
    assert verdict.worse[1].after["recall@1"] == 0.0


def test_a_gain_elsewhere_does_not_make_up_for_a_fall(questions: Path) -> None:
    before = _evaluation({"close": {"recall@1": 0.0}, "noise": {}})
    after = _evaluation({"close": {}, "noise": {"recall@5": 0.0}})
    assert judge(before, after, Gate.read(questions, None, 0.01)).fallen == ("recall@5",)


@pytest.mark.parametrize("drop", [-0.01, 1.5, float("nan"), float("inf")])
def test_a_drop_that_no_measure_can_have_is_refused(questions: Path, drop: float) -> None:
    with pytest.raises(BadQuery, match=f"--min-drop {drop}"):
        Gate.read(questions, None, drop)


def test_two_generations_are_measured_beside_each_other(
    settings: Settings, manual: Path, questions: Path, tmp_path: Path
) -> None:
    root = tmp_path / "ix"
    build([manual], root, settings, True, Silent())
    (manual / "valve.md").unlink()
    made = rebuild(root, settings, Silent(), promote=False)
    assert (live_generation(root), made.generation) == (1, 2)

    gate = Gate.read(questions, None, 0.01)
    asked: list[int] = []
    old, new = (
        measure(root, number, settings, gate.queries, lambda: asked.append(1)) for number in (1, 2)
    )
    assert len(asked) == 4
    verdict = judge(old, new, gate)
    assert {name: estimate.value for name, estimate in verdict.before.items()} == dict.fromkeys(
        MEASURES, 1.0
    )
    assert {name: estimate.value for name, estimate in verdict.after.items()} == dict.fromkeys(
        MEASURES, 0.5
    )
    assert verdict.fallen == MEASURES
    assert [worse.id for worse in verdict.worse] == ["close"]
    assert judge(old, new, Gate(gate.queries, 0.5)).passed


def test_promoting_never_undoes_what_was_changed_meanwhile(
    settings: Settings, manual: Path, tmp_path: Path
) -> None:
    root = tmp_path / "ix"
    build([manual], root, settings, True, Silent())
    made = rebuild(root, settings, Silent(), promote=False)
    page = tmp_path / "new.md"
    page.write_text("# Filter\n\nRinse the filter.\n")
    assert add([page], root, settings, Silent()).generation == 3
    with pytest.raises(BadConfig, match="generation 3 became live while 2 was measured"):
        promote(root, made.generation, 1)
    assert live_generation(root) == 3
    promote(root, made.generation, 3)
    assert live_generation(root) == 2
