"""Learning from judged questions how sure an answer is, and when to give none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import JsonValue

from indexer.adapter import adapters_for
from indexer.align.lesson import read_lesson
from indexer.align.pairs import Pair
from indexer.align.trial import FOLDS, SIGNIFICANT, Change, change_of, folds
from indexer.align.tune import FEWEST, changes_json
from indexer.config import Settings
from indexer.errors import BadQuery
from search.asking import Asking, answerables, ask, calibration_error, rights, threshold_of
from search.engine import Engine
from search.query import Query
from search.regression import Numbers, fit
from search.supported import Supported
from search.tuned import SHIPPED, SIGNALS, Tuned, features, write_tuned

LOSS, ANSWERED, WRONGLY = "log loss", "answered", "wrongly answered"

_LEAST = 1e-6  # a probability of 0 would make the loss infinite

Names = tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Askings:
    """Arrays (n,) of askings; fold and group are those of the question."""

    asked: Sequence[Asking]
    right: NDArray[np.bool_]
    answerable: NDArray[np.bool_]
    groups: NDArray[np.int64]
    fold: NDArray[np.int64]

    @classmethod
    def of(cls, asked: Sequence[Asking]) -> Askings:
        known: dict[str, int] = {}
        groups = np.array([known.setdefault(one.group, len(known)) for one in asked], np.int64)
        return cls(asked, rights(asked), answerables(asked), groups, folds(groups))

    def rows(self, names: Names) -> Numbers:
        """What a regression on `names` sees: float64 (n, d)."""
        known = [features(one.signals) for one in self.asked]
        return np.array([[one[name] for name in names] for one in known])


@dataclass(frozen=True, slots=True)
class ConfidenceTuning:
    """What came of it, on questions held out, and whether it was installed.

    `changes` are of log loss, and of the shares of questions with and without their documents
    that are answered at a threshold that keeps nine tenths of the first on the other folds.
    `error` is the calibration error before and after. `names` are what was learnt, `left_out`
    counts pairs of which the text lane says nothing. `adapted` says that a map of question
    vectors was in use: learnt from the same pairs, it knows their answers.
    """

    pairs: int
    groups: int
    left_out: int
    names: Names
    threshold: float
    changes: Mapping[str, Change]
    error: tuple[float, float]
    installed: bool
    adapted: bool = False


def tune_confidence(root: Path, file: Path, settings: Settings) -> ConfidenceTuning:
    """Refit confidence to the pairs in `file`; install it where that helps.

    Every question is asked of the whole index and without its right documents, with all that
    serves: an adapter and learnt fusion where they are installed. A regression on the shipped
    confidence (Platt's) and one on all signals beside it compete, five folds, questions of a
    group together; each fold is judged by the one that is better on the others. It helps where
    log loss or the share that is wrongly answered falls beyond chance, and neither rises so.

    Raises BadQuery for pairs that cannot be used, IndexMismatch for an index without a text
    space, and what opening an index raises.
    """
    lesson = read_lesson(root, file)
    engine = Engine.open(root, settings)
    try:
        found = [_ask(engine, pair) for pair in lesson.pairs]
    finally:
        engine.close()
    asked = [one for both in found for one in both]
    count, names = sum(map(bool, found)), {one.group for one in asked}
    if count < FEWEST or len(names) < FOLDS:
        raise BadQuery(
            f"{file}: {count:,} pairs in {len(names):,} groups that the text lane reads; it takes "
            f"{FEWEST} pairs and {FOLDS} groups to tell a gain from chance"
        )
    tuning, tuned = learn(asked, lesson.space.fingerprint)
    tuning = replace(
        tuning,
        pairs=count,
        left_out=len(lesson.pairs) - count,
        adapted=bool(adapters_for(root, {lesson.space.name: lesson.space})),
    )
    if tuning.installed:
        figures: dict[str, JsonValue] = {
            "pairs": tuning.pairs,
            "groups": tuning.groups,
            "known": changes_json(tuning.changes),
            "calibration_error": list(tuning.error),
        }
        write_tuned(root, replace(tuned, figures=figures))
    return tuning


def learn(asked: Sequence[Asking], fingerprint: str) -> tuple[ConfidenceTuning, Tuned]:
    """What askings teach, judged on folds held out; `pairs` and `left_out` are 0."""
    data = Askings.of(asked)
    known = [features(one.signals) for one in asked]
    shared = tuple(name for name in SIGNALS if all(name in one for one in known))
    candidates: list[Names] = [(SHIPPED,), (SHIPPED, *shared)]
    tried = [_held_out(data, names) for names in candidates]
    losses = np.stack([_loss(chances, data.right) for chances in tried])
    after = np.empty(len(asked))
    for number in range(FOLDS):
        inside = data.fold == number
        after[inside] = tried[int(losses[:, ~inside].mean(axis=1).argmin())][inside]
    best = int(losses.mean(axis=1).argmin())
    before = np.array([one.shipped for one in asked])
    changes = _changes(before, after, data)
    fallen = [_beyond(changes[name]) for name in (LOSS, WRONGLY)]
    threshold = threshold_of(tried[best], data.answerable)
    made = fit(data.rows(candidates[best]), data.right)
    weights = dict(zip(candidates[best], made.weights.tolist(), strict=True))
    tuning = ConfidenceTuning(
        pairs=0,
        groups=len(np.unique(data.groups)),
        left_out=0,
        names=candidates[best],
        threshold=threshold,
        changes=changes,
        error=(calibration_error(before, data.right), calibration_error(after, data.right)),
        installed=min(fallen) < 0 and max(fallen) <= 0,
    )
    return tuning, Tuned(weights, made.bias, threshold, fingerprint)


def _ask(engine: Engine, pair: Pair) -> list[Asking]:
    """A question with and without its documents; nothing where nothing is learnt of either."""
    documents = {chunk.document for chunk in engine.named(pair.relevant)}
    records = {document.partition("#")[2] for document in documents} - {""}

    def right(one: Supported) -> bool:
        return one.said.document in documents

    query = Query(pair.text, exclude=pair.exclude, k=1)
    found = ask(engine, query, pair.group, {*pair.relevant, *documents, *records}, right)
    return found if len([one for one in found if features(one.signals)]) == 2 else []


def _held_out(data: Askings, names: Names) -> Numbers:
    """The chance of each asking by a regression on the other folds, (n,)."""
    rows = data.rows(names)
    chances = np.empty(len(rows))
    for number in range(FOLDS):
        inside = data.fold == number
        chances[inside] = fit(rows[~inside], data.right[~inside]).chances(rows[inside])
    return chances


def _changes(before: Numbers, after: Numbers, data: Askings) -> dict[str, Change]:
    old, new = _answered(before, data), _answered(after, data)
    some, none = data.answerable, ~data.answerable
    return {
        LOSS: change_of(_loss(before, data.right), _loss(after, data.right), data.groups),
        ANSWERED: change_of(old[some], new[some], data.groups[some]),
        WRONGLY: change_of(old[none], new[none], data.groups[none]),
    }


def _beyond(change: Change) -> int:
    """-1 where a measure falls beyond chance, 1 where it rises so, else 0."""
    if change.chance >= SIGNIFICANT:
        return 0
    return 1 if change.after > change.before else -1


def _answered(chances: Numbers, data: Askings) -> Numbers:
    """1 for what is answered at the threshold that the other folds choose, else 0; (n,)."""
    found = np.empty(len(chances))
    for number in range(FOLDS):
        inside = data.fold == number
        threshold = threshold_of(chances[~inside], data.answerable[~inside])
        found[inside] = chances[inside] >= threshold
    return found


def _loss(chances: Numbers, right: NDArray[np.bool_]) -> Numbers:
    told = np.where(right, chances, 1 - chances)
    return np.asarray(-np.log(np.maximum(told, _LEAST)), np.float64)
