from __future__ import annotations

from collections.abc import Mapping

import pytest

from indexer.errors import BadQuery
from search.evaluate import FUSED, RERANKED, Estimate, Evaluation
from search.paired import ALL, change, compare


def _evaluation(
    scores: Mapping[str, float], ranks: Mapping[str, tuple[int, ...]], ranking: str = FUSED
) -> Evaluation:
    """An evaluation by nDCG@10 alone; a query whose id begins with s is a screenshot."""
    table = {id: {"ndcg@10": score} for id, score in scores.items()}
    nothing = {"ndcg@10": Estimate(0.0, 0.0, 0.0)}
    tables = {FUSED: {id: {"ndcg@10": 0.0} for id in scores}} | {ranking: table}
    return Evaluation(
        queries=len(scores),
        figures=dict.fromkeys(tables, nothing),
        per_query=tables,
        kinds={id: "screenshot" if id.startswith("s") else "text" for id in scores},
        ranks={ranking: dict(ranks)},
        took_ms=dict.fromkeys(scores, 4.0),
    )


def test_a_change_counts_queries_won_lost_and_tied() -> None:
    found = change([0.0, 1.0, 0.5, 0.0], [1.0, 0.5, 0.5, 1.0])
    assert (found.before, found.after, found.change.value) == (0.375, 0.75, 0.375)
    assert (found.won, found.lost, found.tied) == (2, 1, 1)
    assert -0.5 <= found.change.low < 0.375 < found.change.high <= 1.0


def test_the_interval_is_that_of_the_paired_differences() -> None:
    found = change([0.0, 0.2, 0.9, 0.4], [0.1, 0.3, 1.0, 0.5])
    assert found.change.low == pytest.approx(0.1)
    assert found.change.high == pytest.approx(0.1)


def test_evaluations_are_paired_by_kind_and_by_what_a_user_sees() -> None:
    before = _evaluation({"s1": 1.0, "s2": 0.5, "t1": 0.0}, {"s1": (1,), "s2": (3, 5)})
    after = _evaluation({"s1": 0.0, "s2": 0.6, "t1": 0.0}, {"s1": (12,), "s2": (2,)}, RERANKED)
    found = compare(before, after)
    assert list(found.changes) == [ALL, "screenshot", "text"]
    shots = found.changes["screenshot"]["ndcg@10"]
    assert (shots.before, shots.after, shots.won, shots.lost) == (0.75, 0.3, 1, 1)
    assert found.changes["text"]["ndcg@10"].p == 1.0
    assert [(one.id, one.before, one.after) for one in found.moved] == [("s1", 1, 12), ("s2", 3, 2)]
    assert found.moved[1].change == pytest.approx(0.1)
    assert found.latency == ((4.0, 4.0), (4.0, 4.0))


def test_other_queries_cannot_be_compared() -> None:
    with pytest.raises(BadQuery, match="same queries"):
        compare(_evaluation({"t1": 1.0}, {}), _evaluation({"t2": 1.0}, {}))
