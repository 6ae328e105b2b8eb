"""Holding a rebuilt generation to the figures of the one it would replace."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from indexer.config import Settings
from indexer.errors import BadConfig, BadQuery
from indexer.store.generations import rollback
from indexer.store.index import Index
from indexer.store.lock import writer_lock
from indexer.store.manifest import read_current
from search.engine import Engine
from search.evaluate import Estimate, Evaluation, evaluate
from search.models import Models
from search.qrels import JudgedQuery, read_queries

CUTOFFS = (1, 5, 10)

MEASURES = ("recall@1", "recall@5", "recall@10", "ndcg@10")
"""What may not fall, of the ranking that a user sees."""

_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Gate:
    """The questions a generation is held to, and how far a measure may fall: 0.01 for 1 in 100."""

    queries: Sequence[JudgedQuery]
    min_drop: float

    @classmethod
    def read(cls, path: Path, images: Path | None, min_drop: float) -> Gate:
        """Read a query file (see search/qrels.py). Raises BadQuery."""
        if not 0 <= min_drop <= 1:  # NaN is none either
            raise BadQuery(f"--min-drop {min_drop} is not a number from 0 to 1, such as 0.01")
        return cls(read_queries(path, images), min_drop)


@dataclass(frozen=True, slots=True)
class Worse:
    """A query that does worse in a measure that fell, and its scores in MEASURES.

    `text` is the path of the image where a question has no words.
    """

    id: str
    text: str
    before: Mapping[str, float]
    after: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Verdict:
    """Two generations on the same queries, by MEASURES.

    `fallen` names the measures that fell by more than `min_drop`, and `worse` the queries that
    account for it, the greatest loss first. A verdict without `fallen` is a pass.
    """

    queries: int
    min_drop: float
    before: Mapping[str, Estimate]
    after: Mapping[str, Estimate]
    fallen: tuple[str, ...]
    worse: tuple[Worse, ...]

    @property
    def passed(self) -> bool:
        return not self.fallen


def live_generation(root: Path) -> int:
    """The number of the generation that is served. Raises IndexNotFound, IndexDamaged."""
    return read_current(root).generation


def measure(
    root: Path,
    generation: int,
    settings: Settings,
    queries: Sequence[JudgedQuery],
    step: Callable[[], None],
) -> Evaluation:
    """The figures of one generation, live or not; `step` is called after each query.

    Raises BadConfig when it is not on disk, IndexDamaged, IndexMismatch, MissingModel, and
    BadQuery naming a query that cannot be asked.
    """
    index = Index.open(root, generation=generation)
    try:
        engine = Engine(root, index, settings, Models(index.spaces, settings, root=root))
    except BaseException:
        index.close()
        raise
    try:
        return evaluate(engine, queries, CUTOFFS, step)
    finally:
        engine.close()


def judge(before: Evaluation, after: Evaluation, gate: Gate) -> Verdict:
    """Compare two evaluations of the queries of `gate`."""
    old, new = before.figures[before.final], after.figures[after.final]
    fallen = tuple(
        name for name in MEASURES if old[name].value - new[name].value > gate.min_drop + _ROUNDING
    )
    return Verdict(
        queries=before.queries,
        min_drop=gate.min_drop,
        before={name: old[name] for name in MEASURES},
        after={name: new[name] for name in MEASURES},
        fallen=fallen,
        worse=_worse(before, after, gate.queries, fallen),
    )


def promote(root: Path, generation: int, live: int) -> None:
    """Make a generation that passed live, in place of the one it was compared with.

    Raises BadConfig when another became live meanwhile, whose changes would be lost.
    """
    with writer_lock(root):
        now = live_generation(root)
        if now != live:
            raise BadConfig(
                f"{root}: generation {now} became live while {generation} was measured against "
                f"{live}; rebuild again, or do without what changed: "
                f"triptych rollback {generation} --index {root}"
            )
        rollback(root, generation)


def _worse(
    before: Evaluation,
    after: Evaluation,
    queries: Sequence[JudgedQuery],
    fallen: Sequence[str],
) -> tuple[Worse, ...]:
    old, new = before.per_query[before.final], after.per_query[after.final]
    losses = {
        query.id: [old[query.id][name] - new[query.id][name] for name in fallen]
        for query in queries
    }
    found = [
        Worse(
            query.id,
            query.text or str(query.image),
            {name: old[query.id][name] for name in MEASURES},
            {name: new[query.id][name] for name in MEASURES},
        )
        for query in queries
        if any(loss > _ROUNDING for loss in losses[query.id])
    ]
    return tuple(sorted(found, key=lambda worse: -sum(losses[worse.id])))
