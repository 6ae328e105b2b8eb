"""Vectors that follow a teacher's own (CLIP-KD "FD", arXiv 2307.12732)."""

from __future__ import annotations

from torch import Tensor, nn

from indexer.align.batch import Views
from indexer.align.objectives.base import TowerFacts


class Imitation(nn.Module):
    """loss = mean ‖lᵢ - l'ᵢ‖² + mean ‖rᵢ - r'ᵢ‖², l' and r' the teacher's unit vectors.

    A linear map without bias brings the student's vectors of length
    `dim` to the teacher's `teacher_dim` where the two differ.
    """

    def __init__(self, dim: int, teacher_dim: int) -> None:
        super().__init__()
        self.map = nn.Identity() if dim == teacher_dim else nn.Linear(dim, teacher_dim, bias=False)

    def forward(self, views: Views) -> Tensor:
        left, right = views.teacher()
        forth: Tensor = (self.map(views.left) - left).square().sum(1).mean()
        back: Tensor = (self.map(views.right) - right).square().sum(1).mean()
        return forth + back


def make(facts: TowerFacts) -> Imitation:
    return Imitation(facts.dim, facts.dim)
