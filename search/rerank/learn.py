"""Weights of lane features, learnt from questions whose right documents are known."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from search.rerank.lane_features import FEATURES, Features

Weights = NDArray[np.float64]
"""One number per feature; float64 (5,)."""

PENALTY = 0.01
STEPS = 300
FOLDS = 5


@dataclass(frozen=True, slots=True)
class Example:
    """One question: features of its candidates (n, 5), which are right (n,) and its matter.

    Questions of one `matter` are never split between learning and judging.
    """

    features: Features
    right: NDArray[np.bool_]
    matter: Hashable


def fit(examples: Sequence[Example]) -> Weights:
    """Weights under which a right candidate is the likeliest to come first.

    Maximises the mean log probability of the right ones, a softmax over each question's
    candidates, less PENALTY times the squared weights of the standardised features: ListNet's
    top-one loss (Cao et al., "Learning to Rank: From Pairwise Approach to Listwise Approach",
    ICML 2007). Questions without a right candidate teach nothing. Zeros where none has one.
    """
    useful = [one for one in examples if one.right.any()]
    if not useful:
        return np.zeros(len(FEATURES))
    spread = np.concatenate([one.features for one in useful]).std(axis=0)
    spread[spread < 1e-9] = 1.0
    scaled = [(one.features / spread, one.right) for one in useful]
    weights = np.zeros(len(FEATURES))
    loss, slope = _loss(weights, scaled)
    step = 1.0
    for _ in range(STEPS):
        while step > 1e-9:
            tried = weights - step * slope
            found = _loss(tried, scaled)
            if found[0] <= loss - 0.5 * step * float(slope @ slope):
                break
            step /= 2
        else:
            break
        weights, (loss, slope) = tried, found
        step *= 2
    return np.asarray(weights / spread)


def _loss(
    weights: Weights, examples: Sequence[tuple[Features, NDArray[np.bool_]]]
) -> tuple[float, Weights]:
    """The loss and its gradient (5,)."""
    loss, slope = 0.0, np.zeros_like(weights)
    for rows, right in examples:
        scores = rows @ weights
        chances = np.exp(scores - scores.max())
        chances /= chances.sum()
        wanted = chances * right
        total = max(float(wanted.sum()), 1e-300)
        loss -= float(np.log(total))
        slope += (chances - wanted / total) @ rows
    count = len(examples)
    return loss / count + PENALTY * float(weights @ weights), slope / count + 2 * PENALTY * weights


def held_out_scores(examples: Sequence[Example]) -> list[NDArray[np.float64]]:
    """Scores of each question's candidates by weights learnt without its matter; (n,) each.

    Five folds; matters are dealt out in the order in which they first appear.
    """
    matters = {matter: i for i, matter in enumerate(dict.fromkeys(one.matter for one in examples))}
    folds = [matters[one.matter] % FOLDS for one in examples]
    learnt = [
        fit([one for one, own in zip(examples, folds, strict=True) if own != fold])
        for fold in range(FOLDS)
    ]
    return [one.features @ learnt[fold] for one, fold in zip(examples, folds, strict=True)]
