"""Triplet margin with negatives mined in the batch (arXiv 1503.03832, 1707.05612)."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from indexer.align.batch import Views
from indexer.align.objectives.base import TowerFacts


class Triplet(nn.Module):
    """A partner must be nearer than a wrong item by `margin`, in both directions.

    loss = mean [margin - lᵢ·rᵢ + lᵢ·rₖ]₊, averaged over both directions (VSE++). The wrong item k
    is the nearest one (`semi_hard=False`, VSE++) or the nearest that is still farther than the
    partner, else the farthest (FaceNet: the very hardest collapse a model early on). On unit
    vectors FaceNet's squared distances are 2 - 2 · similarity, which orders alike. A row
    without a wrong item adds nothing.
    """

    def __init__(self, semi_hard: bool, margin: float = 0.2) -> None:
        super().__init__()
        self.semi_hard = semi_hard
        self.margin = margin

    def forward(self, views: Views) -> Tensor:
        scores = views.left @ views.right.T
        return (self._one_way(scores, views.same) + self._one_way(scores.T, views.same.T)) / 2

    def _one_way(self, scores: Tensor, same: Tensor) -> Tensor:
        partner = scores.diagonal()
        hardest = scores.masked_fill(same, -math.inf).amax(1)
        if self.semi_hard:
            near = scores.masked_fill(same | (scores >= partner[:, None]), -math.inf).amax(1)
            farthest = scores.masked_fill(same, math.inf).amin(1)
            hardest = torch.where(near.isfinite(), near, farthest)
        loss = (self.margin - partner + hardest).clamp(min=0)
        return torch.where(same.all(1), torch.zeros_like(loss), loss).mean()


def make_semi_hard(facts: TowerFacts) -> Triplet:
    return Triplet(semi_hard=True)


def make_hardest(facts: TowerFacts) -> Triplet:
    return Triplet(semi_hard=False)
