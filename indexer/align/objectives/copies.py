"""Two views of one image find each other (SimCLR, arXiv 2002.05709; SSCD, arXiv 2202.10261)."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional as F

from indexer.align.batch import Views
from indexer.align.objectives.base import TowerFacts
from indexer.errors import BadConfig


class Copies:
    """NT-Xent over a batch whose second half holds other views of the first, in the same order.

    With 2n rows, s = L Lᵀ / `temperature` and p(i) the other view of row i:
    loss = mean over i of -log(exp(s[i, p(i)]) / Σ_{j ≠ i} exp(s[i, j])), plus `spread` times the
    mean over rows of log ‖lᵢ - nearest other image‖, negated: the differential-entropy term by
    which SSCD keeps vectors of different images apart. Other images that belong together by
    `same` (2n, 2n) are no negatives. Looks at `left` only.
    """

    def __init__(self, temperature: float = 0.1, spread: float = 0.0) -> None:
        self.temperature = temperature
        self.spread = spread

    def __call__(self, views: Views) -> Tensor:
        """Raises BadConfig for an odd number of rows."""
        left = views.left
        if len(left) % 2:
            raise BadConfig(f"{len(left)} rows are no two views of each image; give pairs")
        half = len(left) // 2
        similar = left @ left.T
        own = torch.eye(len(left), dtype=torch.bool, device=left.device)
        other = torch.arange(len(left), device=left.device).roll(half)
        partner = own.roll(half, 1)
        ignored = own | (views.same & ~partner)
        loss = F.cross_entropy((similar / self.temperature).masked_fill(ignored, -math.inf), other)
        if not self.spread:
            return loss
        nearest = similar.masked_fill(ignored | partner, -1).amax(1)
        apart = (2 - 2 * nearest).clamp(min=1e-6).sqrt().log().mean()
        return loss - self.spread * apart


def make(facts: TowerFacts) -> Copies:
    return Copies()
