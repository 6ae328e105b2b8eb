"""Two evaluations of the same queries, query by query: is the difference more than chance?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from indexer.chance import ROUNDING, randomisation
from indexer.errors import BadQuery
from search.evaluate import Estimate, Evaluation, estimate

ALL = "all"
"""Among the kinds of a comparison: all queries together."""

_DECIDING = "ndcg@10"


@dataclass(frozen=True, slots=True)
class Change:
    """A measure before and after, on the same queries.

    `change` is the mean difference with its 95 % paired bootstrap interval; `p` is the chance
    of a difference as large if the two were alike (two-sided). `won`, `lost` and `tied` count
    the queries that do better, worse, and as well as before.
    """

    before: float
    after: float
    change: Estimate
    p: float
    won: int
    lost: int
    tied: int


@dataclass(frozen=True, slots=True)
class Moved:
    """A query whose right answer moved: its first rank before and after, None for not found.

    `change` is that of its nDCG@10.
    """

    id: str
    before: int | None
    after: int | None
    change: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """Changes by kind of query ("all" first) and measure, and who moved, furthest first.

    `latency` holds median and 99th percentile in milliseconds, before and after.
    """

    changes: Mapping[str, Mapping[str, Change]]
    moved: tuple[Moved, ...]
    latency: tuple[tuple[float, float], tuple[float, float]]


def compare(before: Evaluation, after: Evaluation) -> Comparison:
    """Pair two evaluations by query, each by the ranking that its users see.

    Raises BadQuery unless both have the same queries and measures.
    """
    old, new = before.per_query[before.final], after.per_query[after.final]
    measures = list(before.figures[before.final])
    if old.keys() != new.keys() or measures != list(after.figures[after.final]):
        raise BadQuery("only evaluations of the same queries at the same cut-offs can be compared")
    groups = {ALL: list(old)}
    for id, kind in before.kinds.items():
        groups.setdefault(kind, []).append(id)
    if len(groups) == 2:  # one kind is all there is
        groups = {ALL: groups[ALL]}
    changes = {
        kind: {
            name: change([old[id][name] for id in ids], [new[id][name] for id in ids])
            for name in measures
        }
        for kind, ids in groups.items()
    }
    return Comparison(changes, _moved(before, after), (before.latency(), after.latency()))


def change(before: Sequence[float], after: Sequence[float]) -> Change:
    """One measure on the same queries in the same order; at least one query."""
    old, new = np.asarray(before, dtype=np.float64), np.asarray(after, dtype=np.float64)
    gained = new - old
    won, lost = int((gained > ROUNDING).sum()), int((gained < -ROUNDING).sum())
    return Change(
        before=float(old.mean()),
        after=float(new.mean()),
        change=estimate(gained),
        p=randomisation(gained),
        won=won,
        lost=lost,
        tied=len(gained) - won - lost,
    )


def _moved(before: Evaluation, after: Evaluation) -> tuple[Moved, ...]:
    old, new = before.per_query[before.final], after.per_query[after.final]
    old_ranks = before.ranks.get(before.final, {})
    new_ranks = after.ranks.get(after.final, {})
    found = [
        Moved(
            id,
            min(old_ranks.get(id, ()), default=None),
            min(new_ranks.get(id, ()), default=None),
            new[id][_DECIDING] - old[id][_DECIDING],
        )
        for id in old
    ]
    changed = [one for one in found if abs(one.change) > ROUNDING]
    return tuple(sorted(changed, key=lambda one: -abs(one.change)))
