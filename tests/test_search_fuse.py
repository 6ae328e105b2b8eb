from __future__ import annotations

import pytest

from search.fuse import (
    convex_combination,
    distinct,
    log_odds_combination,
    reciprocal_rank_fusion,
    second,
)


def test_rrf_adds_the_reciprocals_of_the_ranks() -> None:
    fused = reciprocal_rank_fusion({"text": ["a", "b"], "words": ["b", "c"]}, {}, k=60)
    assert [key for key, _ in fused] == ["b", "a", "c"]
    assert [score for _, score in fused] == pytest.approx([1 / 62 + 1 / 61, 1 / 61, 1 / 62])


def test_rrf_weighs_lanes() -> None:
    rankings = {"text": ["a", "b"], "words": ["b", "a"]}
    fused = dict(reciprocal_rank_fusion(rankings, {"text": 2.0, "words": 1.0}, k=10))
    assert fused["a"] == pytest.approx(2 / 11 + 1 / 12)
    assert fused["b"] == pytest.approx(2 / 12 + 1 / 11)
    assert fused["a"] > fused["b"]


def test_rrf_keeps_the_order_of_the_first_ranking_on_ties() -> None:
    rankings = {"text": ["a", "b"], "words": ["b", "a"]}
    assert [key for key, _ in reciprocal_rank_fusion(rankings, {}, k=60)] == ["a", "b"]


def test_a_lane_of_weight_zero_adds_nothing() -> None:
    fused = reciprocal_rank_fusion({"text": ["a"], "clip": ["b"]}, {"clip": 0.0}, k=60)
    assert [key for key, _ in fused] == ["a", "b"]
    assert [score for _, score in fused] == pytest.approx([1 / 61, 0.0])


def test_no_rankings_give_nothing() -> None:
    assert reciprocal_rank_fusion({}, {}, k=60) == []


def test_convex_is_the_weighted_mean() -> None:
    scores = {"text": {"a": 0.8, "b": 0.6}, "words": {"b": 1.0, "c": 0.5}}
    fused = convex_combination(scores, {"text": 3.0, "words": 1.0})
    assert [key for key, _ in fused] == ["a", "b", "c"]
    # a key that a ranking lacks has the least score there: words .5, text .6
    expected = [0.75 * 0.8 + 0.25 * 0.5, 0.75 * 0.6 + 0.25 * 1.0, 0.75 * 0.6 + 0.25 * 0.5]
    assert [score for _, score in fused] == pytest.approx(expected)


def test_an_empty_ranking_changes_nothing() -> None:
    scores = {"text": {"a": 0.8}, "regions": {}}
    assert convex_combination(scores, {}) == [("a", 0.8)]
    assert convex_combination({}, {}) == log_odds_combination({}, {}) == []


def test_convex_with_no_weight_at_all_keeps_the_keys() -> None:
    assert convex_combination({"text": {"a": 0.8}}, {"text": 0.0}) == [("a", 0.0)]


def test_log_odds_cancel_and_are_held_from_certainty() -> None:
    fused = dict(log_odds_combination({"x": {"a": 0.8, "b": 1.0}, "y": {"a": 0.2, "b": 1.0}}, {}))
    assert fused["a"] == pytest.approx(0.5)
    assert fused["b"] == pytest.approx(0.98)


def test_a_key_that_comes_again_counts_once_at_its_best() -> None:
    ranking = [("manual", 0.9), ("ticket", 0.8), ("manual", 0.7), ("manual", 0.1)]
    assert distinct(ranking) == {"manual": 0.9, "ticket": 0.8}
    assert second(ranking) == {"manual": 0.7}
