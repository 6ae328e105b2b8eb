from __future__ import annotations

import pytest

from search.fuse import collapse, reciprocal_rank_fusion


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


def test_collapse_keeps_the_best_rank_of_each_key() -> None:
    keys = {1: "manual", 2: "ticket", 3: "manual"}
    assert collapse([3, 9, 2, 1], keys) == ["manual", "ticket"]
