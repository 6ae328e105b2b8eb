"""Each image picks its own words out of all words there are (CLIP, arXiv 2103.00020)."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from indexer.align.batch import Views

_MOST = math.log(100.0)
"""CLIP keeps the scale at 100 or less, for stability."""


class Naming(nn.Module):
    """One direction of InfoNCE with every known text as a negative, not the batch's alone.

    With s = exp(τ) and B the fixed unit vectors of all texts (m, d), of which bₜ is the one
    that row i is paired with: loss = mean of -log(exp(s lᵢ·bₜ) / Σⱼ exp(s lᵢ·bⱼ)), where the
    sum leaves out other texts of the same owner as t. exp(τ) is learnt from 1 / 0.07 and kept
    at 100 or less. The texts being fixed, all of them cost one product per batch, and small
    batches learn from as many negatives as large ones. Needing the texts, it is built where they
    are known and has no name in `base.OBJECTIVES`.
    """

    texts: Tensor
    owners: Tensor

    def __init__(self, texts: Tensor, owners: Tensor, temperature: float = 0.07) -> None:
        """`texts` float32 (m, d), unit length; `owners` int64 (m,), equal for texts that mean
        the same."""
        super().__init__()
        self.register_buffer("texts", texts, persistent=False)
        self.register_buffer("owners", owners, persistent=False)
        self.log_scale = nn.Parameter(torch.tensor(-math.log(temperature)))

    def forward(self, views: Views) -> Tensor:
        with torch.no_grad():  # clamping the value, not the gradient: the scale can come back
            self.log_scale.clamp_(max=_MOST)
            own = (views.right @ self.texts.T).argmax(1)
        logits = self.log_scale.exp() * views.left @ self.texts.T
        alike = self.owners[own][:, None] == self.owners
        alike[torch.arange(len(own)), own] = False
        return F.cross_entropy(logits.masked_fill(alike, -math.inf), own)
