"""Batches whose vectors are given, for objectives worked out by hand."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from indexer.align.batch import Batch, Views

Rows = list[list[float]]
AXES: Rows = [[1, 0], [0, 1]]
SWAPPED: Rows = [[0, 1], [1, 0]]
CUBE: Rows = [[1, 0, 0], [0, 1, 0], [0, 0, 1]]
ALIKE = torch.ones(2, 2, dtype=torch.bool)


def seen(
    left: Rows | Tensor,
    right: Rows,
    same: Tensor | None = None,
    teacher: tuple[Rows, Rows] | None = None,
    progress: float = 0.0,
) -> Views:
    """Views whose vectors are the inputs themselves, scaled to unit length."""
    left_side, right_side = (
        (torch.tensor(side).float() for side in teacher) if teacher else (None, None)
    )
    left = left if isinstance(left, Tensor) else torch.tensor(left, dtype=torch.float32)
    batch = Batch("image", "text", left, torch.tensor(right).float(), same, left_side, right_side)
    return Views(batch, lambda kind, inputs: inputs, progress)


def value(loss: Tensor) -> float:
    return loss.detach().item()


def softplus(score: float) -> float:
    return math.log1p(math.exp(score))
