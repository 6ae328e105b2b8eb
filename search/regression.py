"""Logistic regression on few signals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]

PENALTY = 3.0
_STEPS = 30
_MOST = 30.0  # logits beyond it are certain; keeps exp in range


@dataclass(frozen=True, slots=True, eq=False)
class Regression:
    """Probability = logistic(rows · weights + bias); `weights` float64 (d,)."""

    weights: Numbers
    bias: float

    def chances(self, rows: Numbers) -> Numbers:
        """Of rows (n, d): float64 (n,) in [0, 1]."""
        logits = rows @ self.weights + self.bias
        return np.asarray(1 / (1 + np.exp(-np.clip(logits, -_MOST, _MOST))), np.float64)


def fit(rows: Numbers, right: NDArray[np.bool_], penalty: float = PENALTY) -> Regression:
    """Regress `right` bool (n,) on `rows` float64 (n, d), by Newton's method.

    Standardised weights are held near 0 by `penalty` / 2 times their squares, the bias is not.
    Source: Hosmer, Lemeshow and Sturdivant, "Applied Logistic Regression", 2013.
    """
    mean, spread = rows.mean(axis=0), rows.std(axis=0)
    spread[spread < 1e-9] = 1.0
    columns = np.column_stack([(rows - mean) / spread, np.ones(len(rows))])
    held = np.diag([*[penalty] * rows.shape[1], 1e-6])
    wanted = np.zeros(columns.shape[1])
    for _ in range(_STEPS):
        logits = np.clip(columns @ wanted, -_MOST, _MOST)
        chances = 1 / (1 + np.exp(-logits))
        slope = columns.T @ (chances - right) + held @ wanted
        curve = (columns * (chances * (1 - chances))[:, None]).T @ columns + held
        step = np.linalg.solve(curve, slope)
        wanted = wanted - step
        if float(np.abs(step).max()) < 1e-8:
            break
    weights = wanted[:-1] / spread
    return Regression(weights, float(wanted[-1] - weights @ mean))
