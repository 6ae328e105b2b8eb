"""Modalities that cannot be told apart, by gradient reversal (DANN, arXiv 1505.07818)."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from indexer.align.batch import Views
from indexer.align.objectives.base import TowerFacts


def reverse_gradient(vectors: Tensor, strength: float) -> Tensor:
    """The vectors as they are, their gradient times -`strength`."""
    passed = vectors.view_as(vectors)
    if passed.requires_grad:
        passed.register_hook(  # type: ignore[no-untyped-call]
            lambda gradient: -strength * gradient
        )
    return passed


def strength_at(progress: float) -> float:
    """λ = 2 / (1 + exp(-10 p)) - 1: none until the discriminator has learnt something."""
    return 2 / (1 + math.exp(-10 * progress)) - 1


class Adversarial(nn.Module):
    """A small discriminator learns which side a vector comes from; the towers learn to hide it.

    loss = binary cross-entropy of the discriminator, left 0 and right 1; what reaches the
    towers is its gradient times -λ, λ growing with the training's progress.
    """

    def __init__(self, dim: int, hidden: int = 128) -> None:
        super().__init__()
        self.discriminator = nn.Sequential(
            nn.Linear(dim, hidden), nn.ReLU(), nn.Linear(hidden, 1), nn.Flatten(0)
        )

    def forward(self, views: Views) -> Tensor:
        vectors = torch.cat([views.left, views.right])
        logits = self.discriminator(reverse_gradient(vectors, strength_at(views.progress)))
        side = torch.zeros_like(logits)
        side[len(views.left) :] = 1
        return F.binary_cross_entropy_with_logits(logits, side)


def make(facts: TowerFacts) -> Adversarial:
    return Adversarial(facts.dim)
