"""Learning from judged questions how sure an answer is, and when to give none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import JsonValue

from indexer.align.lesson import read_lesson
from indexer.align.pairs import Pair
from indexer.align.trial import FOLDS, SIGNIFICANT, Change, change_of, folds
from indexer.align.tune import FEWEST, changes_json
from indexer.config import Settings
from indexer.errors import BadQuery
from search.calibration import expected_calibration_error, reliability
from search.engine import Engine
from search.query import Query
from search.regression import Numbers, Regression, fit
from search.tuned import SHIPPED, SIGNALS, Tuned, features, offset, write_tuned

KEPT = 0.9
"""The share of questions with an answer that the threshold keeps."""

LOSS, ANSWERED, WRONGLY = "log loss", "answered", "wrongly answered"

_LEAST = 1e-6  # a probability of 0 would make the loss infinite

Names = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Asking:
    """A question asked once: what is known of its first candidate, and whether that is right.

    `before` is the confidence that it has without learning; `codes` what is added to what is
    learnt of SIGNALS, in logits.
    """

    group: str
    answerable: bool
    right: bool
    known: Mapping[str, float]
    codes: float
    before: float


@dataclass(frozen=True, slots=True, eq=False)
class Askings:
    """Arrays (n,) of askings; fold and group are those of the question."""

    asked: Sequence[Asking]
    right: NDArray[np.bool_]
    answerable: NDArray[np.bool_]
    groups: NDArray[np.int64]
    fold: NDArray[np.int64]

    def rows(self, names: Names) -> tuple[Numbers, Numbers]:
        """What a regression on `names` sees: float64 (n, d) and offsets (n,)."""
        rows = np.array([[one.known[name] for name in names] for one in self.asked])
        codes = np.array([0.0 if SHIPPED in names else one.codes for one in self.asked])
        return rows, codes


@dataclass(frozen=True, slots=True)
class ConfidenceTuning:
    """What came of it, on questions held out, and whether it was installed.

    `changes` are of log loss, and of the shares of questions with and without their documents
    that are answered at a threshold that keeps KEPT of the first on the other folds. `error` is
    the calibration error before and after. `names` are what was learnt, `left_out` counts pairs
    of which the text lane says nothing.
    """

    pairs: int
    groups: int
    left_out: int
    names: Names
    threshold: float
    changes: Mapping[str, Change]
    error: tuple[float, float]
    installed: bool


def tune_confidence(root: Path, file: Path, settings: Settings) -> ConfidenceTuning:
    """Refit confidence to the pairs in `file`; install it where that helps.

    Every question is asked of the whole index and without its right documents. A regression on
    the confidence so far (Platt's) and one on the signals that all have compete, five folds,
    questions of a group together; each fold is judged by the one that is better on the others.
    It helps where log loss or the share that is wrongly answered falls beyond chance, and
    neither rises so. An adapter of the index is laid aside meanwhile: one learnt from the same
    questions knows their answers.

    Raises BadQuery for pairs that cannot be used, IndexMismatch for an index without a text
    space, and what opening an index raises.
    """
    lesson = read_lesson(root, file)
    engine = Engine.open(root, settings, adapted=False)
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
    tuning = replace(tuning, pairs=count, left_out=len(lesson.pairs) - count)
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
    data = _arrays(asked)
    shared = tuple(name for name in SIGNALS if all(name in one.known for one in asked))
    candidates: list[Names] = [(SHIPPED,), shared]
    tried = [_held_out(data, names) for names in candidates]
    losses = np.stack([_loss(chances, data.right) for chances in tried])
    after = np.empty(len(asked))
    for number in range(FOLDS):
        inside = data.fold == number
        after[inside] = tried[int(losses[:, ~inside].mean(axis=1).argmin())][inside]
    best = int(losses.mean(axis=1).argmin())
    before = np.array([one.before for one in asked])
    changes = _changes(before, after, data)
    fallen = [_beyond(changes[name]) for name in (LOSS, WRONGLY)]
    threshold = _threshold(tried[best], data.answerable)
    made = fit(*_ordered(data, candidates[best]))
    weights = dict(zip(candidates[best], made.weights.tolist(), strict=True))
    tuning = ConfidenceTuning(
        pairs=0,
        groups=len(np.unique(data.groups)),
        left_out=0,
        names=candidates[best],
        threshold=threshold,
        changes=changes,
        error=(_error(before, data.right), _error(after, data.right)),
        installed=min(fallen) < 0 and max(fallen) <= 0,
    )
    return tuning, Tuned(weights, made.bias, threshold, fingerprint)


def _ask(engine: Engine, pair: Pair) -> list[Asking]:
    """A question with and without its documents; nothing where nothing is learnt of either."""
    documents = {chunk.document for chunk in engine.named(pair.relevant)}
    records = {document.partition("#")[2] for document in documents} - {""}
    found: list[Asking] = []
    for answerable in (True, False):
        left_out = frozenset() if answerable else frozenset({*pair.relevant, *documents, *records})
        rated = engine.supported(Query(pair.text, exclude=pair.exclude | left_out, k=1))
        known = features(rated[0].signals) if rated else {}
        if not rated or not known:
            continue
        found.append(
            Asking(
                group=pair.group,
                answerable=answerable,
                right=rated[0].group.chunks[0].document in documents,
                known=known,
                codes=offset(rated[0].signals, SIGNALS),
                before=rated[0].confidence,
            )
        )
    return found if len(found) == 2 else []


def _arrays(asked: Sequence[Asking]) -> Askings:
    known: dict[str, int] = {}
    groups = np.array([known.setdefault(one.group, len(known)) for one in asked], np.int64)
    return Askings(
        asked=asked,
        right=np.array([one.right for one in asked], np.bool_),
        answerable=np.array([one.answerable for one in asked], np.bool_),
        groups=groups,
        fold=folds(groups),
    )


def _ordered(data: Askings, names: Names) -> tuple[Numbers, NDArray[np.bool_], Numbers]:
    rows, codes = data.rows(names)
    return rows, data.right, codes


def _held_out(data: Askings, names: Names) -> Numbers:
    """The chance of each asking by a regression on the other folds, (n,)."""
    rows, codes = data.rows(names)
    chances = np.empty(len(rows))
    for number in range(FOLDS):
        inside = data.fold == number
        made: Regression = fit(rows[~inside], data.right[~inside], codes[~inside])
        chances[inside] = made.chances(rows[inside], codes[inside])
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
        threshold = _threshold(chances[~inside], data.answerable[~inside])
        found[inside] = chances[inside] >= threshold
    return found


def _threshold(chances: Numbers, answerable: NDArray[np.bool_]) -> float:
    return float(np.quantile(chances[answerable], 1 - KEPT))


def _loss(chances: Numbers, right: NDArray[np.bool_]) -> Numbers:
    told = np.where(right, chances, 1 - chances)
    return np.asarray(-np.log(np.maximum(told, _LEAST)), np.float64)


def _error(chances: Numbers, right: NDArray[np.bool_]) -> float:
    return expected_calibration_error(reliability(chances, right))
