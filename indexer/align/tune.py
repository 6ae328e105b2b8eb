"""Learning an adapter for the questions of an index, and installing it if it helps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
from pydantic import JsonValue

from indexer.adapter import write_adapter
from indexer.align.examples import examples_of
from indexer.align.learn import Worth, cross_validate, learn
from indexer.align.lesson import check_right, read_lesson
from indexer.align.pairs import Pair
from indexer.align.pool import narrow
from indexer.align.trial import FIRST, FOLDS, RANK, SIGNIFICANT, Change, gained
from indexer.config import Settings
from indexer.encoders.choose import encoder_of
from indexer.errors import BadQuery

FEWEST = 20
"""Pairs below which no gain could be told from chance."""


@dataclass(frozen=True, slots=True)
class Tuning:
    """What came of it, on questions held out, and whether it was installed.

    `left_out` counts pairs in a language that the encoder does not read.
    """

    pairs: int
    groups: int
    left_out: int
    worth: Worth
    installed: bool


def helps(worth: Worth, closed: bool = False) -> bool:
    """Whether the right document stands higher, beyond chance, and first at least as often.

    On questions with a new answer no loss may be beyond chance, unless answers are `closed`:
    then it must be first more often, beyond chance.
    """
    harmed = any(
        change.after < change.before and change.chance < SIGNIFICANT
        for change in worth.new.values()
    )
    return gained(worth.known, FIRST if closed else RANK) and (closed or not harmed)


def tune(root: Path, file: Path, settings: Settings, closed: bool = False) -> Tuning:
    """Learn an adapter from the pairs in `file`; install it where it helps (see `helps`).

    `closed` says that no question will come whose answer no pair has.

    Raises BadQuery for pairs that cannot be used, IndexMismatch for an index without a text
    space or with other weights, and what opening an index raises.
    """
    lesson = read_lesson(root, file)
    space = lesson.space
    encoder = encoder_of(space, settings, root)
    kept = lesson.understood(encoder.languages)
    left_out = len(lesson.pairs) - len(kept)
    _check_enough(file, kept, left_out)
    queries = encoder.encode_queries([pair.text for pair in kept])
    pool = narrow(lesson.pool, queries, {name for pair in kept for name in pair.relevant})
    examples = examples_of(kept, queries, pool)
    check_right(file, kept, examples)
    worth = cross_validate(examples, pool, space, closed)
    groups = len(np.unique(examples.groups))
    tuning = Tuning(len(kept), groups, left_out, worth, helps(worth, closed))
    if tuning.installed:
        adapter = learn(examples, pool, space, worth)
        write_adapter(root, replace(adapter, figures=_figures(tuning)))
    return tuning


def _figures(tuning: Tuning) -> dict[str, JsonValue]:
    return {
        "pairs": tuning.pairs,
        "groups": tuning.groups,
        "known": changes_json(tuning.worth.known),
        "new": changes_json(tuning.worth.new),
    }


def changes_json(changes: Mapping[str, Change]) -> dict[str, JsonValue]:
    """Each measure as `{"before", "after", "low", "high", "chance"}`."""
    return {name: dict(asdict(change)) for name, change in changes.items()}


def _check_enough(file: Path, pairs: list[Pair], left_out: int) -> None:
    groups = len({pair.group for pair in pairs})
    answers = len({frozenset(pair.relevant) for pair in pairs})
    if len(pairs) >= FEWEST and min(groups, answers) >= FOLDS:
        return
    foreign = f" ({left_out:,} more in a language the encoder does not read)" if left_out else ""
    raise BadQuery(
        f"{file}: {len(pairs):,} pairs{foreign} in {groups:,} groups with {answers:,} different "
        f"answers; it takes {FEWEST} pairs, {FOLDS} groups and {FOLDS} answers to tell a gain "
        "from chance"
    )
