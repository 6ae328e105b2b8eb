"""Learning from judged questions how far to trust each lane of an index."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import JsonValue

from indexer.align.lesson import read_lesson
from indexer.align.pairs import Pair
from indexer.align.trial import FOLDS, Change, compare, folds, gained
from indexer.align.tune import FEWEST, changes_json
from indexer.config import Reranking, Settings
from indexer.errors import BadQuery
from search.engine import Engine
from search.evaluate import judge
from search.fusion.learn import Example, fit
from search.fusion.learnt import Learnt, features, teaches, write_learnt
from search.fusion.methods import Convex
from search.qrels import JudgedQuery
from search.recall import group, key_of, rankings_of

_UNFOUND = 10_000
"""The rank of a right document that no lane recalled."""

Ranks = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class FusionTuning:
    """What came of it, on questions held out, and whether it was installed.

    `left_out` counts pairs whose question the text lane takes no part in.
    """

    pairs: int
    groups: int
    left_out: int
    changes: Mapping[str, Change]
    installed: bool


def tune_fusion(root: Path, file: Path, settings: Settings) -> FusionTuning:
    """Learn weights of the lanes from the pairs in `file`; install them where that helps.

    Five folds, questions of a group together; it helps where the right document stands higher,
    beyond chance, and first at least as often, than by the convex combination of the settings.
    An adapter of the index is laid aside meanwhile: one learnt from the same questions knows
    their answers, and the text lane would seem better than it is for others.

    Raises BadQuery for pairs that cannot be used, IndexMismatch for an index without a text
    space, and what opening an index raises.
    """
    lesson = read_lesson(root, file)
    pairs = lesson.pairs
    plain = settings.ranking.model_copy(update={"fusion": "convex"})
    engine = Engine.open(
        root, settings.model_copy(update={"ranking": plain, "rerank": Reranking()}), adapted=False
    )
    try:
        found = [_example(engine, pair, Convex(plain)) for pair in pairs]
    finally:
        engine.close()
    examples = [one for one in found if one is not None]
    groups = _numbers([pair.group for pair, one in zip(pairs, found, strict=True) if one])
    _check_enough(file, len(examples), len(set(groups.tolist())))
    before, after = _held_out(examples, groups)
    changes = compare(before, after, groups)
    tuning = FusionTuning(
        len(examples),
        len(set(groups.tolist())),
        len(pairs) - len(examples),
        changes,
        gained(changes),
    )
    if tuning.installed:
        figures: dict[str, JsonValue] = {
            "pairs": tuning.pairs,
            "groups": tuning.groups,
            "known": changes_json(changes),
        }
        write_learnt(root, Learnt(fit(examples), lesson.space.fingerprint, Convex(plain), figures))
    return tuning


def _example(engine: Engine, pair: Pair, convex: Convex) -> Example | None:
    """Features of what a question recalls, best fused first; None where nothing is learnt."""
    judged = JudgedQuery(str(pair.line), pair.text, None, pair.relevant, pair.exclude)
    query = judged.query(1)
    found = engine.recalled(query)
    rankings = rankings_of(found.lanes, found.chunks, query.collapse)
    if not teaches(rankings, found.signals):
        return None
    groups = group(found.lanes, found.chunks, query.collapse, convex, found.signals)
    order = [(key, one.score) for one in groups if (key := key_of(one, query.collapse))]
    right = np.array([bool(judge(one, pair.relevant)) for one in groups], np.bool_)
    return Example(features(order, rankings, found.signals), right)


def _held_out(examples: Sequence[Example], groups: NDArray[np.int64]) -> tuple[Ranks, Ranks]:
    """Rank of the first right document of each question, fused as before and as learnt, (n,)."""
    fold = folds(groups)
    before, after = np.empty(len(examples), np.int64), np.empty(len(examples), np.int64)
    for number in range(FOLDS):
        weights = fit([examples[i] for i in np.flatnonzero(fold != number).tolist()])
        for i in np.flatnonzero(fold == number).tolist():
            rows = examples[i].features
            before[i] = _rank(np.arange(len(rows)), examples[i].right)
            after[i] = _rank(np.argsort(-(rows @ weights), kind="stable"), examples[i].right)
    return before, after


def _rank(order: NDArray[np.intp], right: NDArray[np.bool_]) -> int:
    places = np.flatnonzero(right[order])
    return int(places[0]) + 1 if len(places) else _UNFOUND


def _numbers(values: Sequence[str]) -> NDArray[np.int64]:
    """Equal values, equal numbers, from 0 in order of appearance."""
    known: dict[str, int] = {}
    return np.array([known.setdefault(value, len(known)) for value in values], np.int64)


def _check_enough(file: Path, pairs: int, groups: int) -> None:
    if pairs < FEWEST or groups < FOLDS:
        raise BadQuery(
            f"{file}: {pairs:,} pairs in {groups:,} groups that the text lane reads; it takes "
            f"{FEWEST} pairs and {FOLDS} groups to tell a gain from chance"
        )
