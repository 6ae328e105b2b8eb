"""The new order: places, scores, depth and budget, by hand."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from indexer.config import Reranking
from indexer.records import LaneRank
from search.recall import Group
from search.rerank.base import Asked, Scores
from search.rerank.order import rerank
from tests.reranking import asked, candidate

FUSED = [0.9, 0.8, 0.7, 0.6, 0.5, 0.4]


class Clock:
    """Seconds that pass only when told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class FakeReranker:
    """Scores a candidate by the number that is its text; a batch costs the next of `costs`."""

    def __init__(self, batch: int, clock: Clock, costs: Sequence[float] = ()) -> None:
        self.batch = batch
        self.calls: list[list[int]] = []
        self._clock = clock
        self._costs = iter(costs)

    def warm_up(self) -> None:
        """Nothing to load."""

    def takes(self, asked: Asked, candidate: Group) -> bool:
        return candidate.chunks[0].text != ""

    def score(self, asked: Asked, candidates: Sequence[Group]) -> Scores:
        self.calls.append([found.chunks[0].id for found in candidates])
        self._clock.now += next(self._costs, 0.0)
        return np.array([float(found.chunks[0].text) for found in candidates], dtype=np.float32)


def groups(*texts: str) -> list[Group]:
    return [candidate(i, text, FUSED[i]) for i, text in enumerate(texts)]


def order(found: Sequence[Group]) -> list[int]:
    return [one.chunks[0].id for one in found]


def run(reranker: FakeReranker, found: list[Group], limits: Reranking, clock: Clock) -> list[Group]:
    return rerank(asked("q"), found, reranker, limits, clock)


def test_best_first_with_the_fused_scores_of_their_places() -> None:
    clock = Clock()
    reranker = FakeReranker(2, clock)
    found = run(reranker, groups("1", "3", "2", "9"), Reranking(), clock)
    assert order(found) == [3, 1, 2, 0]
    assert [one.score for one in found] == [0.9, 0.8, 0.7, 0.6]
    assert [one.lanes["rerank"] for one in found] == [
        LaneRank(1, 9.0),
        LaneRank(2, 3.0),
        LaneRank(3, 2.0),
        LaneRank(4, 1.0),
    ]
    assert found[0].lanes["text"] == LaneRank(4, 0.6)
    assert reranker.calls == [[0, 1], [2, 3]]


def test_depth_bounds_what_is_scored() -> None:
    clock = Clock()
    reranker = FakeReranker(10, clock)
    found = run(reranker, groups("1", "3", "2", "9"), Reranking(depth=2), clock)
    assert order(found) == [1, 0, 2, 3]
    assert "rerank" not in found[2].lanes
    assert reranker.calls == [[0, 1]]


def test_what_cannot_be_judged_keeps_its_place() -> None:
    clock = Clock()
    found = run(FakeReranker(10, clock), groups("1", "", "2", ""), Reranking(), clock)
    assert order(found) == [2, 1, 0, 3]
    assert [one.score for one in found] == [0.9, 0.8, 0.7, 0.6]


def test_equal_scores_keep_the_fused_order_and_nan_is_the_worst() -> None:
    clock = Clock()
    found = run(FakeReranker(10, clock), groups("nan", "2", "2", "-5"), Reranking(), clock)
    assert order(found) == [1, 2, 3, 0]


def test_the_budget_ends_it_and_the_unreached_stay_behind() -> None:
    """0.125 s a batch of two, 0.3 s in all: a third batch would end at 0.375 s."""
    clock = Clock()
    reranker = FakeReranker(2, clock, [0.125, 0.125, 0.125])
    found = run(reranker, groups("1", "2", "3", "4", "9", "8"), Reranking(budget_ms=300.0), clock)
    assert reranker.calls == [[0, 1], [2, 3]]
    assert order(found) == [3, 2, 1, 0, 4, 5]
    assert [one.score for one in found] == FUSED


def test_a_slower_batch_overruns_by_less_than_itself() -> None:
    """The second batch is started at 0.1 s of 0.25 and takes 0.2 s; no third is started."""
    clock = Clock()
    reranker = FakeReranker(2, clock, [0.1, 0.2, 0.1])
    run(reranker, groups("1", "2", "3", "4", "9", "8"), Reranking(budget_ms=250.0), clock)
    assert reranker.calls == [[0, 1], [2, 3]]


def test_the_first_batch_is_always_scored() -> None:
    clock = Clock()
    reranker = FakeReranker(2, clock, [5.0])
    found = run(reranker, groups("1", "2", "3"), Reranking(budget_ms=1.0), clock)
    assert order(found) == [1, 0, 2]


def test_none_and_nothing() -> None:
    clock = Clock()
    found = groups("1", "2")
    assert rerank(asked("q"), found, None, Reranking()) == found
    assert run(FakeReranker(2, clock), [], Reranking(), clock) == []
