"""Measuring recall: judged queries through an engine, per lane, fused and reranked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import ir_measures
import numpy as np
from ir_measures import AP, RR, Measure, R, nDCG
from numpy.typing import NDArray

from indexer.errors import BadImage, BadQuery, BadSound
from search.engine import Engine
from search.qrels import JudgedQuery
from search.query import Query
from search.recall import Group
from search.rerank.order import RERANK
from search.trial import Measured, Trial

FUSED = "fused"
RERANKED = "reranked"
DEPTH = 100
"""Ranks that are looked at; average precision counts nothing beyond."""

_RESAMPLES = 2000
_WRONG = "//"  # before a rank; no name in an index begins so


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean over queries with its 95 % bootstrap interval."""

    value: float
    low: float
    high: float


Figures = Mapping[str, Mapping[str, Estimate]]
"""Estimates by ranking ("fused", "reranked" or a lane) and measure."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Figures of all queries and of each kind, and what they were made from, by query.

    `ranks` are those of what is right, from 1, by ranking and query; `relevant` is how much
    would be right; `took_ms` is the time of a search in milliseconds, without what the first
    one would load.
    """

    queries: int
    figures: Figures
    per_query: Mapping[str, Mapping[str, Mapping[str, float]]]
    by_kind: Mapping[str, Figures] = field(default_factory=dict)
    kinds: Mapping[str, str] = field(default_factory=dict)
    ranks: Mapping[str, Mapping[str, tuple[int, ...]]] = field(default_factory=dict)
    relevant: Mapping[str, int] = field(default_factory=dict)
    took_ms: Mapping[str, float] = field(default_factory=dict)
    empty: tuple[str, ...] = ()
    """Queries for which nothing at all was found."""

    @property
    def final(self) -> str:
        """The ranking that a user sees: "reranked" where a reranker is set, else "fused"."""
        return RERANKED if RERANKED in self.figures else FUSED

    def latency(self, kind: str = "") -> tuple[float, float]:
        """Median and 99th percentile of the time of a query, of one kind or all, in ms."""
        took = [ms for id, ms in self.took_ms.items() if kind in ("", self.kinds[id])]
        median, p99 = np.percentile(took, [50, 99])
        return float(median), float(p99)

    def recall_curve(self, ranking: str, deepest: int) -> NDArray[np.float64]:
        """Mean recall@k for k from 1 to `deepest`; float64 (deepest,)."""
        total = np.zeros(deepest)
        for id, relevant in self.relevant.items():
            ranks = np.array(self.ranks[ranking].get(id, ()), dtype=np.int64)
            total += (ranks[:, None] <= np.arange(1, deepest + 1)).sum(axis=0) / relevant
        return np.asarray(total / max(1, len(self.relevant)), dtype=np.float64)


class Tally:
    """Takes in queries with what their searches came to, one at a time, and sums up."""

    def __init__(self, cutoffs: Iterable[int]) -> None:
        self._measures = _measures(cutoffs)
        self._queries: dict[str, JudgedQuery] = {}
        self._runs: dict[str, dict[str, list[str]]] = {}
        self._took_ms: dict[str, float] = {}

    def add(self, query: JudgedQuery, trial: Trial) -> None:
        """Raises BadQuery for an id that was there already."""
        if query.id in self._queries:
            raise BadQuery(f"query {query.id}: this id is there twice; give each query its own")
        self._queries[query.id] = query
        self._took_ms[query.id] = trial.ms
        for name, keys in _rankings(trial, query).items():
            self._runs.setdefault(name, {})[query.id] = keys

    def evaluation(self) -> Evaluation:
        """The figures so far. Raises BadQuery when there is no query."""
        if not self._queries:
            raise BadQuery("no query was measured: none has anything that is right for it")
        qrels = {id: dict.fromkeys(query.relevant, 1) for id, query in self._queries.items()}
        per_query = {
            name: _score(run, qrels, self._measures) for name, run in sorted(self._runs.items())
        }
        kinds = {id: query.asked_with for id, query in self._queries.items()}
        return Evaluation(
            queries=len(self._queries),
            figures=self._figures(per_query, list(kinds)),
            per_query=per_query,
            by_kind={
                kind: self._figures(per_query, [id for id in kinds if kinds[id] == kind])
                for kind in dict.fromkeys(kinds.values())
            },
            kinds=kinds,
            ranks={
                name: {id: _ranks(keys) for id, keys in run.items()}
                for name, run in self._runs.items()
            },
            relevant={id: len(right) for id, right in qrels.items()},
            took_ms=dict(self._took_ms),
            empty=tuple(id for id, keys in self._runs[FUSED].items() if not keys),
        )

    def _figures(
        self,
        per_query: Mapping[str, Mapping[str, Mapping[str, float]]],
        ids: Sequence[str],
    ) -> Figures:
        return {
            name: {
                measure: estimate([table[id][measure] for id in ids]) for measure in self._measures
            }
            for name, table in per_query.items()
        }


def evaluate(
    engine: Engine, queries: Sequence[JudgedQuery], cutoffs: Iterable[int], step: Callable[[], None]
) -> Evaluation:
    """Run every query; `step` is called after each. Raises BadQuery naming the query."""
    tally = Tally(cutoffs)
    engine.warm_up()
    for query in queries:
        tally.add(query, try_query(engine, query))
        step()
    return tally.evaluation()


def try_query(engine: Measured, judged: JudgedQuery, answered: Query | None = None) -> Trial:
    """Search once; with `answered`, ask that in its place, and answer.

    Raises BadQuery naming the query.
    """
    try:
        return engine.trial(answered or judged.query(1), answered is not None)
    except BadImage as error:
        raise BadQuery(f"query {judged.id}: {judged.image or 'image'}: {error}") from error
    except BadSound as error:
        raise BadQuery(f"query {judged.id}: {judged.voice or 'voice'}: {error}") from error
    except BadQuery as error:
        if str(error).startswith(f"query {judged.id}: "):
            raise
        raise BadQuery(f"query {judged.id}: {error}") from error


def estimate(values: Sequence[float] | NDArray[np.float64]) -> Estimate:
    """Percentile bootstrap over queries, 2,000 resamples, fixed seed; Efron (1979)."""
    sample = np.asarray(values, dtype=np.float64)
    rng = np.random.default_rng(0)
    means = sample[rng.integers(0, len(sample), (_RESAMPLES, len(sample)))].mean(axis=1)
    low, high = np.percentile(means, [2.5, 97.5])
    return Estimate(float(sample.mean()), float(low), float(high))


def judge(group: Group, relevant: Sequence[str]) -> str:
    """The entry of `relevant` that names the group's document, asset or record, or ""."""
    best = group.chunks[0]
    names = (best.document, best.asset, best.document.partition("#")[2])
    return next((name for name in names if name and name in relevant), "")


def _measures(cutoffs: Iterable[int]) -> dict[str, Measure]:
    recalls = {f"recall@{k}": R @ k for k in sorted(set(cutoffs))}
    return recalls | {"mrr@10": RR @ 10, "ndcg@10": nDCG @ 10, "map": AP}


def _rankings(trial: Trial, query: JudgedQuery) -> dict[str, list[str]]:
    """Fused, reranked and per lane: what stands at each rank, by the judged name if right."""
    judged = [judge(group, query.relevant) for group in trial.fused]
    rankings = {FUSED: judged}
    if trial.reranked is not None:
        rankings[RERANKED] = [judge(group, query.relevant) for group in trial.reranked]
    for lane in {lane for group in trial.fused for lane in group.lanes} - {RERANK}:
        members = [
            (group.lanes[lane].rank, name)
            for group, name in zip(trial.fused, judged, strict=True)
            if lane in group.lanes
        ]
        rankings[lane] = [name for _, name in sorted(members, key=lambda pair: pair[0])]
    return {name: _label(keys) for name, keys in rankings.items()}


def _label(keys: Sequence[str]) -> list[str]:
    """Distinct ids: a name once, at its best rank; whatever is not right by its rank."""
    found: dict[str, None] = {}
    for rank, key in enumerate(keys[:DEPTH]):
        found.setdefault(key or f"{_WRONG}{rank}", None)
    return list(found)


def _ranks(keys: Sequence[str]) -> tuple[int, ...]:
    return tuple(rank for rank, key in enumerate(keys, start=1) if not key.startswith(_WRONG))


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
