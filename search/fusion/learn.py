"""Weights of fusion features, learnt from questions whose right documents are known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from search.fusion.learnt import FEATURES, Features

Weights = NDArray[np.float64]
"""One number per feature; float64 (6,)."""

PENALTY = 0.03


@dataclass(frozen=True, slots=True)
class Example:
    """One question: features of its candidates (n, 6) and which are right (n,)."""

    features: Features
    right: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class _Lists:
    """All examples below one another: features (n, d), right (n,), first row and length of each."""

    features: Features
    right: NDArray[np.bool_]
    starts: NDArray[np.int64]
    sizes: NDArray[np.int64]


def fit(examples: Sequence[Example]) -> Weights:
    """Weights under which a right candidate is the likeliest to come first.

    Maximises the mean log probability of the right ones, a softmax over each question's
    candidates: ListNet's top-one loss (Cao et al., "Learning to Rank: From Pairwise Approach to
    Listwise Approach", ICML 2007), by L-BFGS. The first feature, the fusion before learning, is
    fitted alone; then all are, less PENALTY times the squared distance of the standardised
    weights from there, so that few questions change little. Questions without a right candidate
    teach nothing. Without any that do, the weights are those of the first feature alone.
    """
    first: Weights = np.eye(1, len(FEATURES))[0]
    useful = [one for one in examples if one.right.any()]
    if not useful:
        return first
    rows = np.concatenate([one.features for one in useful])
    spread = rows.std(axis=0)
    spread[spread < 1e-9] = 1.0
    sizes = np.array([len(one.right) for one in useful], np.int64)
    right = np.concatenate([one.right for one in useful])
    every = _Lists(rows / spread, right, np.cumsum(sizes) - sizes, sizes)
    alone = _least(np.zeros(1), replace(every, features=every.features[:, :1]))
    return np.asarray(_least(first * max(float(alone[0]), 0.0), every) / spread)


def _least(start: Weights, lists: _Lists) -> Weights:
    """The weights of the least loss, near `start`."""
    found = minimize(_loss, start, args=(start, lists), jac=True, method="L-BFGS-B")
    return np.asarray(found.x, np.float64)


def _loss(weights: Weights, start: Weights, lists: _Lists) -> tuple[float, Weights]:
    """The loss and its gradient, of the shape of `weights`."""
    scores = lists.features @ weights
    best = np.maximum.reduceat(scores, lists.starts)
    odds = np.exp(scores - np.repeat(best, lists.sizes))
    wanted = odds * lists.right
    total = np.add.reduceat(odds, lists.starts)
    right = np.maximum(np.add.reduceat(wanted, lists.starts), 1e-300)
    count, away = len(lists.sizes), weights - start
    loss = float(np.log(total / right).mean()) + PENALTY * float(away @ away)
    chances = odds / np.repeat(total, lists.sizes) - wanted / np.repeat(right, lists.sizes)
    return loss, chances @ lists.features / count + 2 * PENALTY * away
