"""Symmetric InfoNCE with a learnt temperature (CLIP, arXiv 2103.00020)."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from indexer.align.batch import Views
from indexer.align.objectives.base import TowerFacts

_MOST = math.log(100.0)
"""CLIP keeps the scale at 100 or less, for stability."""


class InfoNCE(nn.Module):
    """Each item picks its partner out of the batch, in both directions.

    With s = exp(τ) · L Rᵀ: loss = (CE(s, i) + CE(sᵀ, i)) / 2. exp(τ), the inverse temperature,
    is learnt from 1 / 0.07 and kept at 100 or less. Pairs that belong together besides the
    diagonal are neither targets nor negatives. Right items beyond the last left one are nobody's
    partner: hard negatives, against which each left item alone is told apart.
    """

    def __init__(self, temperature: float = 0.07) -> None:
        super().__init__()
        self.log_scale = nn.Parameter(torch.tensor(-math.log(temperature)))

    def forward(self, views: Views) -> Tensor:
        with torch.no_grad():  # clamping the value, not the gradient: the scale can come back
            self.log_scale.clamp_(max=_MOST)
        logits = self.log_scale.exp() * views.left @ views.right.T
        left, right = (torch.arange(count, device=logits.device) for count in logits.shape)
        also = views.same & (left[:, None] != right)
        logits = logits.masked_fill(also, -math.inf)
        back = logits[:, : len(left)].T
        return (F.cross_entropy(logits, left) + F.cross_entropy(back, left)) / 2


def make(facts: TowerFacts) -> InfoNCE:
    return InfoNCE()
