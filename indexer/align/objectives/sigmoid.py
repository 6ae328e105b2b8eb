"""Pairwise sigmoid loss with a learnt temperature and bias (SigLIP, arXiv 2303.15343)."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from indexer.align.batch import Views
from indexer.align.objectives.base import TowerFacts


class Sigmoid(nn.Module):
    """Each pair of the batch is judged alone: do the two belong together?

    loss = -(1 / n) Σᵢⱼ log σ(zᵢⱼ (exp(t) · lᵢ·rⱼ + b)), z = +1 where they do and -1 elsewhere;
    t starts at log 10 and b at -10, so that the many negatives weigh little at first.
    """

    def __init__(self, scale: float = 10.0, bias: float = -10.0) -> None:
        super().__init__()
        self.log_scale = nn.Parameter(torch.tensor(math.log(scale)))
        self.bias = nn.Parameter(torch.tensor(bias))

    def forward(self, views: Views) -> Tensor:
        logits = self.log_scale.exp() * views.left @ views.right.T + self.bias
        signs = views.same.to(logits.dtype) * 2 - 1
        return -F.logsigmoid(signs * logits).sum() / len(logits)


def make(facts: TowerFacts) -> Sigmoid:
    return Sigmoid()
