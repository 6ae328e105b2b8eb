"""Fusion by the confidence of the lanes, and as learnt."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from indexer.adapter import adapters_stamp
from indexer.config import Ranking
from indexer.encoders.base import Space
from indexer.errors import IndexDamaged, UnknownName
from indexer.lanes import TEXT
from search.fuse import Ranked
from search.fusion.base import FUSIONS, Signals
from search.fusion.confidence import adapted, calibrated, stretched, trust
from search.fusion.learn import PENALTY, Example, fit
from search.fusion.learnt import (
    FEATURES,
    Learnt,
    features,
    fusion_for,
    read_learnt,
    remove_learnt,
    write_learnt,
)
from search.fusion.methods import Convex

RANKINGS: dict[str, Ranked[str]] = {
    "text": [("a", 0.8), ("b", 0.5), ("a", 0.4)],
    "words": [("b", 12.0), ("a", 6.0), ("b", 3.0), ("c", 3.0)],
    "clip": [],
}
WEIGHTS = {"text": 1.0, "words": 0.5, "clip": 0.2}
CONVEX = Convex(Ranking())


def signals(words: int = 3, attainable: float = 6.0, image: bool = False) -> Signals:
    return Signals(WEIGHTS, words, attainable, image)


@pytest.mark.parametrize(
    ("attainable", "trusted"),
    [(12.0, 0.0), (24.0, 0.0), (6.0, 0.5), (4.0, 1.0), (2.0, 1.0), (0.0, 0.0)],
)
def test_words_are_trusted_as_far_as_they_are_found(attainable: float, trusted: float) -> None:
    assert trust(RANKINGS, signals(attainable=attainable)) == trusted
    assert adapted(RANKINGS, signals(attainable=attainable))["words"] == 0.5 * trusted


@pytest.mark.parametrize(
    ("codes", "attainable", "trusted"),
    [(1.0, 12.0, 1.0), (0.25, 12.0, 0.25), (1.0, 48.0, 0.25), (0.25, 6.0, 0.5)],
)
def test_codes_are_trusted_where_they_are_found_once(
    codes: float, attainable: float, trusted: float
) -> None:
    asked = Signals(WEIGHTS, 3, attainable, image=False, codes=codes)
    assert trust(RANKINGS, asked) == trusted


def test_words_of_tickets_images_and_alone() -> None:
    assert trust(RANKINGS, signals(words=32)) == 0.4
    assert trust(RANKINGS, signals(words=32, image=True)) == 1.0
    assert trust({"words": RANKINGS["words"]}, signals(attainable=100.0)) == 1.0
    assert trust({"text": [], "words": RANKINGS["words"]}, signals(attainable=100.0)) == 1.0


def test_scores_without_a_bound_are_shares_of_the_best() -> None:
    scores = calibrated(RANKINGS)
    assert scores["text"] == {"a": 0.8, "b": 0.5}
    assert scores["words"] == {"a": 0.5, "b": 1.0, "c": 0.25}
    assert scores["clip"] == {}
    assert calibrated({"lines": [("a", 8.0)], "text": [("b", 0.3)]})["lines"] == {
        "a": 1.0,
        "b": 0.0,
    }


def test_stretched_scores_go_from_the_last_to_the_first() -> None:
    scores = stretched({**RANKINGS, "lines": [("c", 7.0)]})
    assert scores["text"] == {"a": 1.0, "b": 0.0}
    assert scores["words"] == {"b": 1.0, "a": pytest.approx(1 / 3), "c": 0.0}
    assert (scores["clip"], scores["lines"]) == ({}, {"a": 0.0, "b": 0.0, "c": 1.0})


def test_features_are_shares_of_the_most() -> None:
    scores = stretched({"features": [("a", 8.0), ("b", 6.0), ("a", 3.0), ("c", 2.0)]})
    assert scores == {"features": {"a": 1.0, "b": 0.75, "c": 0.25}}


def test_pages_that_tie_on_a_line_come_before_those_without_it() -> None:
    rankings = {"text": [("a", 0.9), ("b", 0.5), ("c", 0.1)], "lines": [("b", 0.7), ("c", 0.7)]}
    fused = dict(CONVEX(rankings, signals(image=True)))
    # a: text 1, lines 0; b: text ½, lines 1; c: text 0, lines 1
    assert fused == pytest.approx({"b": 0.75, "a": 0.5, "c": 0.5})


def test_convex_with_an_image_stretches_and_trusts_all_words() -> None:
    fused = dict(CONVEX(RANKINGS, signals(image=True)))
    assert fused["a"] == pytest.approx((1.0 + 0.5 * 1 / 3) / 1.5)
    assert fused["b"] == pytest.approx((0.0 + 0.5 * 1.0) / 1.5)
    assert fused["c"] == 0.0


def test_lines_weigh_with_a_screenshot_alone() -> None:
    ranking = Ranking()
    kinds = [(False, True), (True, True), (True, False)]
    assert [ranking.weights(*kind)["lines"] for kind in kinds] == [1.0, 0.5, 0.0]


def test_convex_weighs_words_by_their_trust() -> None:
    fused = dict(CONVEX(RANKINGS, signals()))  # words .5 · .5; text 1; clip is empty
    assert fused["a"] == pytest.approx((0.8 + 0.25 * 0.5) / 1.25)
    assert fused["b"] == pytest.approx((0.5 + 0.25 * 1.0) / 1.25)
    assert fused["c"] == pytest.approx((0.5 + 0.25 * 0.25) / 1.25)


def test_log_odds_of_bounded_scores() -> None:
    fuse = FUSIONS.get("log-odds")(Ranking())
    fused = dict(fuse({"text": [("a", 0.8)], "clip": [("a", 2.0), ("b", 1.0)]}, signals()))
    odds = (np.log(0.8 / 0.2) + 0.2 * np.log(0.5 / 0.5)) / 1.2
    assert fused["b"] == pytest.approx(1 / (1 + np.exp(-odds)))


def test_reciprocal_ranks_count_a_document_once() -> None:
    fuse = FUSIONS.get("rrf")(Ranking(rrf_k=4.0))
    fused = dict(fuse(RANKINGS, signals()))
    assert fused["a"] == pytest.approx(1 / 5 + 0.5 / 6)
    assert fused["c"] == pytest.approx(0.5 / 7)


def test_an_unknown_fusion_is_named() -> None:
    with pytest.raises(UnknownName, match="known: convex, log-odds, rrf"):
        FUSIONS.get("sum")


def test_features_by_hand() -> None:
    rows = features([("b", 0.7), ("c", 0.1)], RANKINGS, signals())
    assert rows.tolist() == [[0.7, 0.5, 0.5, 1.0, 0.25, 0.0], [0.1, 0.5, 0.5, 0.25, 0.25, 0.0]]


def test_learning_finds_the_feature_that_tells() -> None:
    rows = np.zeros((2, len(FEATURES)))
    rows[:, 0], rows[1, 5] = (0.6, 0.5), 1.0
    weights = fit([Example(rows, np.array([False, True]))] * 4)
    assert (rows @ weights).argmax() == 1


def test_learning_stands_where_gain_and_penalty_balance() -> None:
    rows = np.zeros((2, len(FEATURES)))
    rows[1, 5] = 1.0  # standard deviation .5: the score of the right one is twice its weight
    weights = fit([Example(rows, np.array([False, True]))])
    standard = weights[5] * 0.5
    assert 2 / (1 + np.exp(2 * standard)) == pytest.approx(2 * PENALTY * standard, rel=1e-2)


def test_nothing_to_learn_from_keeps_the_order_before() -> None:
    rows = np.ones((1, len(FEATURES)))
    assert fit([Example(rows, np.array([False]))]).tolist() == [1, 0, 0, 0, 0, 0]


def test_learnt_weights_rank_typed_questions_alone() -> None:
    learnt = Learnt(np.array([0.0, 0, 0, -1, 0, 0]), "f", CONVEX)
    assert [key for key, _ in learnt(RANKINGS, signals())] == ["c", "a", "b"]
    asked = signals(image=True)
    assert learnt(RANKINGS, asked) == CONVEX(RANKINGS, asked)


def test_installing_taking_up_and_removing(tmp_path: Path) -> None:
    spaces = {name: Space(TEXT, "fake", "m", 8, name) for name in ("f", "other")}
    learnt = Learnt(np.arange(6.0), "f", CONVEX, {"pairs": 40})
    write_learnt(tmp_path, learnt)
    stamp = adapters_stamp(tmp_path)
    assert [name for name, _, _ in stamp] == ["fusion.json"]
    found = fusion_for(tmp_path, {TEXT: spaces["f"]}, Ranking())
    assert isinstance(found, Learnt)
    assert (found.weights.tolist(), found.figures) == ([0, 1, 2, 3, 4, 5], {"pairs": 40})
    assert isinstance(fusion_for(tmp_path, {TEXT: spaces["other"]}, Ranking()), Convex)
    assert not isinstance(
        fusion_for(tmp_path, {TEXT: spaces["f"]}, Ranking(fusion="rrf")), (Learnt, Convex)
    )
    assert remove_learnt(tmp_path)
    assert not remove_learnt(tmp_path)
    assert adapters_stamp(tmp_path) == ()
    assert read_learnt(tmp_path, CONVEX) is None


def test_a_damaged_file_says_how_to_be_rid_of_it(tmp_path: Path) -> None:
    write_learnt(tmp_path, Learnt(np.zeros(6), "f", CONVEX))
    path = tmp_path / "adapters" / "fusion.json"
    path.write_text(json.dumps({"format": 1, "weights": {}}))
    with pytest.raises(IndexDamaged, match="--fusion --remove"):
        read_learnt(tmp_path, CONVEX)
