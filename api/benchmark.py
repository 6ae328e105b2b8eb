"""A benchmark from start to end: one index, or the same queries through two."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from api.commands import open_engine
from indexer.config import Settings
from indexer.errors import BadQuery, CannotWrite
from search.answered import AnswerFigures, answer_all, answer_figures
from search.desk import Desk
from search.evaluate import Evaluation, evaluate
from search.paired import Comparison, compare
from search.qrels import JudgedQuery
from search.report.page import Report
from search.report.worst import worst_queries
from search.trial import Measured

Stage = Callable[[str, int], None]
Step = Callable[[], None]


@dataclass(frozen=True, slots=True)
class Side:
    """An index and the settings it is asked with."""

    index: Path
    settings: Settings
    name: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What to measure: `against` is what it is compared with, `pictures` are for a report."""

    side: Side
    queries: Sequence[JudgedQuery]
    cutoffs: Sequence[int]
    against: Side | None = None
    answers: bool = False
    pictures: bool = False

    @property
    def judged(self) -> list[JudgedQuery]:
        """The queries that something is right for."""
        return [query for query in self.queries if query.relevant]


def run(plan: Plan, stage: Stage, step: Step) -> Report:
    """Measure, `stage` naming what runs and `step` called after each query.

    Raises BadQuery when nothing that is right is in the index, or naming a query at fault, and
    as opening an index does.
    """
    before: Evaluation | None = None
    if plan.against:
        with open_engine(plan.against.index, plan.against.settings) as engine:
            check_known(engine, plan.judged, plan.against.name)
            before = _evaluate(engine, plan, f"searching {plan.against.name}", stage, step)
    with open_engine(plan.side.index, plan.side.settings) as engine:
        check_known(engine, plan.judged, plan.side.name)
        evaluation = _evaluate(engine, plan, f"searching {plan.side.name}", stage, step)
        comparison: Comparison | None = compare(before, evaluation) if before else None
        answers: AnswerFigures | None = None
        if plan.answers:
            stage("answering", len(plan.queries))
            answers = answer_figures(answer_all(engine, plan.queries, step))
        if plan.pictures:
            stage("looking at the worst", 1)
        return Report(
            index=plan.side.name,
            generation=engine.generation,
            made=f"{datetime.now().astimezone():%Y-%m-%d %H:%M}",
            evaluation=evaluation,
            against=plan.against.name if plan.against else "",
            before=before,
            comparison=comparison,
            answers=answers,
            worst=worst_queries(engine, plan.judged, evaluation, comparison)
            if plan.pictures
            else (),
        )


def check_known(engine: Measured, queries: Sequence[JudgedQuery], index: str) -> None:
    """Raises BadQuery when the index holds nothing of what is right for any query."""
    names = list(dict.fromkeys(name for query in queries for name in query.relevant))
    if names and not engine.named(names):
        raise BadQuery(
            f"{index} holds none of the {len(names):,} documents that are right for the queries, "
            f"such as {names[0]!r}: they are for another index, or were indexed from another "
            "folder"
        )


def check_writable(path: Path) -> None:
    """Raises CannotWrite when a file cannot be written to `path`, before hours of work."""
    folder = path.parent
    if path.is_dir():
        reason = "a folder is there"
    elif not folder.is_dir():
        reason = f"there is no folder {folder}"
    elif not os.access(path if path.exists() else folder, os.W_OK):
        reason = "this may not be written"
    else:
        return
    raise CannotWrite(f"{path}: {reason}; name a file in a folder that you may write to")


def write_text(path: Path, text: str) -> None:
    """Raises CannotWrite."""
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise CannotWrite(f"{path}: cannot be written: {error.strerror}") from error


def _evaluate(engine: Desk, plan: Plan, name: str, stage: Stage, step: Step) -> Evaluation:
    if not plan.judged:
        raise BadQuery("no query has anything that is right for it; there is no recall to measure")
    stage(name, len(plan.judged))
    return evaluate(engine, plan.judged, plan.cutoffs, step)
