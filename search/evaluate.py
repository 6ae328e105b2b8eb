"""Measuring recall: judged queries through an engine, per lane and fused."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import ir_measures
import numpy as np
from ir_measures import RR, Measure, R, nDCG

from indexer.errors import BadImage, BadQuery
from search.engine import Engine
from search.qrels import JudgedQuery
from search.recall import Group

FUSED = "fused"
_DEPTH = 100
_RESAMPLES = 2000


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean over queries with its 95 % bootstrap interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Figures by ranking ("fused" or a lane) and measure, and the scores of every query."""

    queries: int
    figures: Mapping[str, Mapping[str, Estimate]]
    per_query: Mapping[str, Mapping[str, Mapping[str, float]]]


def evaluate(
    engine: Engine, queries: Sequence[JudgedQuery], cutoffs: Iterable[int], step: Callable[[], None]
) -> Evaluation:
    """Run every query; `step` is called after each. Raises BadQuery naming the query."""
    measures = _measures(cutoffs)
    runs: dict[str, dict[str, list[str]]] = {}
    for query in queries:
        try:
            groups = engine.candidates(query.query(1))
        except BadImage as error:
            raise BadQuery(f"query {query.id}: {query.image}: {error}") from error
        for name, keys in _rankings(groups, query).items():
            runs.setdefault(name, {})[query.id] = keys
        step()
    qrels = {query.id: dict.fromkeys(query.relevant, 1) for query in queries}
    per_query = {name: _score(run, qrels, measures) for name, run in sorted(runs.items())}
    figures = {
        name: {
            measure: _estimate([scores[measure] for scores in table.values()])
            for measure in measures
        }
        for name, table in per_query.items()
    }
    return Evaluation(len(queries), figures, per_query)


def _measures(cutoffs: Iterable[int]) -> dict[str, Measure]:
    recalls = {f"recall@{k}": R @ k for k in sorted(set(cutoffs))}
    return recalls | {"mrr@10": RR @ 10, "ndcg@10": nDCG @ 10}


def _rankings(groups: Sequence[Group], query: JudgedQuery) -> dict[str, list[str]]:
    """Fused and per lane: what stands at each rank, by the judged name where it is right."""
    judged = [judge(group, query.relevant) for group in groups]
    rankings = {FUSED: judged}
    for lane in {lane for group in groups for lane in group.lanes}:
        members = [
            (group.lanes[lane].rank, name)
            for group, name in zip(groups, judged, strict=True)
            if lane in group.lanes
        ]
        rankings[lane] = [name for _, name in sorted(members, key=lambda pair: pair[0])]
    return {name: _label(keys) for name, keys in rankings.items()}


def judge(group: Group, relevant: Sequence[str]) -> str:
    """The entry of `relevant` that names the group's document, asset or record, or ""."""
    best = group.chunks[0]
    names = (best.document, best.asset, best.document.partition("#")[2])
    return next((name for name in names if name and name in relevant), "")


def _label(keys: Sequence[str]) -> list[str]:
    """Distinct ids: a name once, at its best rank; whatever is not right by its rank."""
    found: dict[str, None] = {}
    for rank, key in enumerate(keys[:_DEPTH]):
        found.setdefault(key or f"#{rank}", None)
    return list(found)


def _score(
    run: Mapping[str, Sequence[str]],
    qrels: Mapping[str, Mapping[str, int]],
    measures: Mapping[str, Measure],
) -> dict[str, dict[str, float]]:
    """Measure by query; a query that a ranking lacks scores 0 there."""
    scored = {
        query: {key: float(len(keys) - rank) for rank, key in enumerate(keys)}
        for query, keys in run.items()
    }
    names = {measure: name for name, measure in measures.items()}
    table = {query: dict.fromkeys(measures, 0.0) for query in qrels}
    for metric in ir_measures.iter_calc(list(names), qrels, scored):
        table[metric.query_id][names[metric.measure]] = float(metric.value)
    return table


def _estimate(values: Sequence[float]) -> Estimate:
    """Percentile bootstrap over queries, 2,000 resamples, fixed seed."""
    sample = np.asarray(values, dtype=np.float64)
    rng = np.random.default_rng(0)
    means = sample[rng.integers(0, len(sample), (_RESAMPLES, len(sample)))].mean(axis=1)
    low, high = np.percentile(means, [2.5, 97.5])
    return Estimate(float(sample.mean()), float(low), float(high))
