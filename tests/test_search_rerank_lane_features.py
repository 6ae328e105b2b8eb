"""Lane features and the weights learnt for them, by hand."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from indexer.config import Reranking, Settings
from indexer.errors import BadConfig, MissingModel
from indexer.records import LaneRank
from search.recall import Group
from search.rerank.base import Asked, reranker_of
from search.rerank.lane_features import FEATURES, features, read_weights, write_weights
from search.rerank.learn import Example, fit, held_out_scores
from search.rerank.order import rerank
from tests.reranking import asked, candidate


def group(number: int, score: float, **lanes: LaneRank) -> Group:
    return Group(score, candidate(number).chunks, lanes)


GROUPS = [
    group(0, 0.5, text=LaneRank(1, 0.8), words=LaneRank(3, 4.0)),
    group(1, 0.4, text=LaneRank(2, 0.6)),
    group(2, 0.2, words=LaneRank(1, 16.0)),
]


def test_features() -> None:
    """Fused share, 1/(5 + rank), cosine or the lowest, 1/(5 + rank), share of the best BM25."""
    wanted = [
        [1.0, 1 / 6, 0.8, 1 / 8, 0.25],
        [0.8, 1 / 7, 0.6, 0.0, 0.25],
        [0.4, 0.0, 0.6, 1 / 6, 1.0],
    ]
    np.testing.assert_allclose(features(GROUPS), wanted, atol=1e-12)


def test_lanes_that_are_off_count_nothing() -> None:
    found = features([group(0, 0.5), group(1, 0.25)])
    np.testing.assert_allclose(found, [[1.0, 0, 0, 0, 0], [0.5, 0, 0, 0, 0]], atol=1e-12)
    assert features([]).shape == (0, 5)


def test_weights_order_candidates(tmp_path: Path) -> None:
    path = tmp_path / "weights.json"
    write_weights(path, np.array([0.0, 0.0, 1.0, 0.0, 2.0]))
    assert json.loads(path.read_text())["words_score"] == 2.0
    settings = Settings(cache=tmp_path, rerank=Reranking(model=f"lane-features:{path}"))
    reranker = reranker_of(settings)
    assert reranker
    np.testing.assert_allclose(reranker.score(asked("q"), GROUPS), [1.3, 1.1, 2.6], rtol=1e-6)
    found = rerank(asked("q"), GROUPS, reranker, Reranking())
    assert [one.chunks[0].id for one in found] == [2, 0, 1]
    assert not reranker.takes(Asked("", "read in an image", lambda name: None), GROUPS[0])


def test_weights_that_are_none(tmp_path: Path) -> None:
    path = tmp_path / "weights.json"
    with pytest.raises(MissingModel, match=r"learn the weights with: .* --write .*weights\.json"):
        read_weights(path)
    path.write_text('{"fused": 1.0}')
    with pytest.raises(BadConfig, match=f"not weights of {', '.join(FEATURES)}"):
        read_weights(path)
    path.write_text(json.dumps(dict.fromkeys(FEATURES, float("nan"))))
    with pytest.raises(BadConfig, match="not a finite number"):
        read_weights(path)
    settings = Settings(cache=tmp_path, rerank=Reranking(model="lane-features"))
    with pytest.raises(BadConfig, match="needs its weights: write lane-features:FILE"):
        reranker_of(settings)


def example(matter: str, right: int) -> Example:
    """Two candidates that differ in the third feature alone, by 2, the first above the second."""
    rows = np.zeros((2, 5))
    rows[0, 2] = 2.0
    return Example(rows, np.arange(2) == right, matter)


def test_the_optimum_of_one_feature() -> None:
    """Features (2, 0) have spread 1, so with weight w the loss is log(1 + exp(-2w)) + w²/100.

    Its slope, -2/(1 + exp(2w)) + w/50, is 0 at w = 1.95700.
    """
    weights = fit([example("a", 0)])
    np.testing.assert_allclose(weights, [0, 0, 1.95700, 0, 0], atol=1e-4)


def test_nothing_to_learn_from() -> None:
    none = Example(np.ones((2, 5)), np.zeros(2, dtype=np.bool_), "a")
    np.testing.assert_array_equal(fit([none]), np.zeros(5))
    np.testing.assert_array_equal(fit([]), np.zeros(5))


def test_a_matter_is_not_judged_by_what_it_taught() -> None:
    """Matter a alone says the opposite of all others; held out, it is scored by theirs."""
    examples = [example("a", 1), example("a", 1), *(example(name, 0) for name in "bcde")]
    scores = held_out_scores(examples)
    assert scores[0][0] > scores[0][1]
    assert fit(examples[:2])[2] < 0
