"""From examples to an adapter, and what it is worth on questions it has not seen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from indexer.adapter import Adapter, Memory
from indexer.align.examples import Examples
from indexer.align.keys import learn_memory
from indexer.align.metric import learn_metric, nearest_right
from indexer.align.pool import Pool
from indexer.align.ridge import ridge_memory
from indexer.align.trial import FIRST, MEASURES, RANK, Change, Ranks, chosen, compare, folds, ranks
from indexer.encoders.base import Space

STRENGTHS = (0.0, 0.15, 0.3, 1.0)
"""Of the memory: from leaving what is nearest to decide to deciding itself."""

_CLOSED_STRENGTHS = (0.0, 3.0, 1000.0)
"""Where all answers are known: the last leaves next to nothing to what is nearest."""

_NEW_LEFT_ALONE = 95
"""Percentage of questions with an unknown answer that are to lie below the memory's floor."""

_OPEN_TO_ALL = -10.0
"""A floor that no question lies below."""

Learnt = tuple[NDArray[np.bool_], Adapter]
"""A fold, as a mask over all examples, and what the others taught."""


@dataclass(frozen=True, slots=True)
class Worth:
    """What adapters gain on held-out questions, and the memory that gains most.

    `known` holds out groups, `new` all questions of an answer at once.
    """

    strength: float
    floor: float
    known: Mapping[str, Change]
    new: Mapping[str, Change]
    closed: bool = False


def learn(examples: Examples, pool: Pool, space: Space, worth: Worth) -> Adapter:
    """An adapter from all of `examples`, with the scale that keeps scores of right passages."""
    adapter = _learn(examples, pool, space, worth.closed)
    if worth.strength:
        adapter = _remembering(adapter, worth.floor, worth.strength)
    else:
        adapter = replace(adapter, memory=Memory.none(space.dim))
    right = nearest_right(examples, pool)
    before = np.einsum("nd,nd->n", examples.queries, right).mean()
    after = np.einsum("nd,nd->n", adapter.apply(examples.queries), right).mean()
    return replace(adapter, scale=float(before / after) if after > 1e-6 else 1.0)


def cross_validate(examples: Examples, pool: Pool, space: Space, closed: bool = False) -> Worth:
    """Five folds of groups, and five of answers where groups share answers.

    A memory that puts fewer new questions right than no adapter does is not chosen, however
    much it helps known ones; unless the answers are `closed`, when all questions are known and
    what counts is how often the right answer is first.
    """
    strict = _groups_hold_answers(examples)
    fold = folds(examples.groups if strict else examples.answers)
    strengths = _CLOSED_STRENGTHS if closed else STRENGTHS
    learnt = _learn_folds(examples, pool, space, fold, closed)
    floor = _OPEN_TO_ALL if closed else _floor(examples, learnt)
    before = ranks(examples.queries, examples, pool)
    new = _try(examples, pool, learnt, floor, strengths)
    known, known_fold = new, fold
    if not strict:
        known_fold = folds(examples.groups)
        others = _learn_folds(examples, pool, space, known_fold, closed)
        known = _try(examples, pool, others, floor, strengths)
    first = MEASURES[FIRST]
    hits = [float(first(one).mean()) for one in (before, *new)]
    safe = [i for i, found in enumerate(hits[1:]) if closed or not i or found >= hits[0]]
    judged = (FIRST,) if closed else (FIRST, RANK)
    best, after = chosen([known[i] for i in safe], known_fold, judged)
    strength = strengths[safe[best]]
    gained = compare(before, after, examples.groups)
    unseen = gained if strict else compare(before, new[safe[best]], examples.answers)
    return Worth(strength, floor, gained, unseen, closed)


def _learn(examples: Examples, pool: Pool, space: Space, closed: bool) -> Adapter:
    residual, offset = learn_metric(examples, pool)
    linear = Adapter(space.name, space.fingerprint, residual, offset, Memory.none(space.dim))
    if closed:
        memory = ridge_memory(examples, linear.apply(examples.queries), pool)
    else:
        memory = learn_memory(examples, pool)
    return replace(linear, memory=memory)


def _learn_folds(
    examples: Examples, pool: Pool, space: Space, fold: NDArray[np.int64], closed: bool
) -> list[Learnt]:
    masks = [fold == number for number in np.unique(fold)]
    return [(inside, _learn(examples.subset(~inside), pool, space, closed)) for inside in masks]


def _try(
    examples: Examples,
    pool: Pool,
    learnt: list[Learnt],
    floor: float,
    strengths: tuple[float, ...],
) -> list[Ranks]:
    """The ranks of held-out questions at each strength."""
    tried = [np.empty(len(examples.queries), np.int64) for _ in strengths]
    for inside, adapter in learnt:
        held = examples.subset(inside)
        for found, strength in zip(tried, strengths, strict=True):
            mapped = _remembering(adapter, floor, strength).apply(held.queries)
            found[inside] = ranks(mapped, held, pool)
    return tried


def _floor(examples: Examples, learnt: list[Learnt]) -> float:
    """What hardly any question reaches in similarity to a key that is not for its answer."""
    nearest = [
        (examples.queries[inside] @ adapter.memory.keys.T).max(axis=1) for inside, adapter in learnt
    ]
    return float(np.percentile(np.concatenate(nearest), _NEW_LEFT_ALONE))


def _remembering(adapter: Adapter, floor: float, strength: float) -> Adapter:
    return replace(adapter, memory=replace(adapter.memory, floor=floor, strength=strength))


def _groups_hold_answers(examples: Examples) -> bool:
    """Whether all questions of an answer are in one group, so that groups hold it out whole."""
    both = np.unique(np.stack([examples.answers, examples.groups]), axis=1)
    return int(both.shape[1]) == len(np.unique(examples.answers))
