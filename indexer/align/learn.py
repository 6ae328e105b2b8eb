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
from indexer.align.trial import MEASURES, Change, Ranks, chosen, compare, folds, ranks
from indexer.encoders.base import Space

STRENGTHS = (0.0, 0.15, 0.3, 1.0)
"""Of the memory: from leaving what is nearest to decide to deciding itself."""

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


def learn(examples: Examples, pool: Pool, space: Space, worth: Worth) -> Adapter:
    """An adapter from all of `examples`, with the scale that keeps scores of right passages."""
    adapter = _learn(examples, pool, space)
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
    much it helps known ones; unless the answers are `closed`, when all questions are known.
    """
    strict = _groups_hold_answers(examples)
    fold = folds(examples.groups if strict else examples.answers)
    learnt = _learn_folds(examples, pool, space, fold)
    floor = _OPEN_TO_ALL if closed else _floor(examples, learnt)
    before = ranks(examples.queries, examples, pool)
    new = _try(examples, pool, learnt, floor)
    known, known_fold = new, fold
    if not strict:
        known_fold = folds(examples.groups)
        known = _try(examples, pool, _learn_folds(examples, pool, space, known_fold), floor)
    first = MEASURES["recall@1"]
    hits = [float(first(one).mean()) for one in (before, *new)]
    safe = [i for i, found in enumerate(hits[1:]) if closed or not i or found >= hits[0]]
    best, after = chosen([known[i] for i in safe], known_fold)
    strength = STRENGTHS[safe[best]]
    gained = compare(before, after, examples.groups)
    unseen = gained if strict else compare(before, new[safe[best]], examples.answers)
    return Worth(strength, floor, gained, unseen)


def _learn(examples: Examples, pool: Pool, space: Space) -> Adapter:
    residual, offset = learn_metric(examples, pool)
    memory = learn_memory(examples, pool)
    return Adapter(space.name, space.fingerprint, residual, offset, memory)


def _learn_folds(
    examples: Examples, pool: Pool, space: Space, fold: NDArray[np.int64]
) -> list[Learnt]:
    masks = [fold == number for number in np.unique(fold)]
    return [(inside, _learn(examples.subset(~inside), pool, space)) for inside in masks]


def _try(examples: Examples, pool: Pool, learnt: list[Learnt], floor: float) -> list[Ranks]:
    """The ranks of held-out questions at each of STRENGTHS."""
    tried = [np.empty(len(examples.queries), np.int64) for _ in STRENGTHS]
    for inside, adapter in learnt:
        held = examples.subset(inside)
        for found, strength in zip(tried, STRENGTHS, strict=True):
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
