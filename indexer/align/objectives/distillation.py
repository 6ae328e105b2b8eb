"""A teacher's similarities as soft targets beside the hard ones (Hinton, arXiv 1503.02531)."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from indexer.align.batch import Views
from indexer.align.objectives.base import TowerFacts


class Distillation(nn.Module):
    """Rows and columns of the student's similarities follow the teacher's.

    With student logits s = `scale` · L Rᵀ and teacher logits t, alike from the teacher's
    vectors: loss = (1 - `soft`) · CE(s, i) + `soft` · T² · KL(softmax(t / T) ‖ softmax(s / T)),
    averaged over both directions; T² keeps the gradient's size independent of T. `scale` is
    logits per unit of cosine. The teacher may be another tower, or a text space in which both
    sides are described; its vectors may be of any length (CLIP-KD, arXiv 2307.12732, "CRD").
    The hard part treats pairs that belong together as `InfoNCE` does.
    """

    def __init__(self, soft: float = 0.5, temperature: float = 2.0, scale: float = 20.0) -> None:
        super().__init__()
        self.soft = soft
        self.temperature = temperature
        self.scale = scale

    def forward(self, views: Views) -> Tensor:
        left, right = views.teacher()
        student = self.scale * views.left @ views.right.T
        teacher = self.scale * left @ right.T
        forth = self._one_way(student, teacher, views.same)
        return (forth + self._one_way(student.T, teacher.T, views.same.T)) / 2

    def _one_way(self, student: Tensor, teacher: Tensor, same: Tensor) -> Tensor:
        own = torch.arange(len(student), device=student.device)
        also = same & (own[:, None] != own)
        hard = F.cross_entropy(student.masked_fill(also, -math.inf), own)
        target = (teacher / self.temperature).log_softmax(1)
        guess = (student / self.temperature).log_softmax(1)
        divergence = F.kl_div(guess, target, reduction="batchmean", log_target=True)
        return (1 - self.soft) * hard + self.soft * self.temperature**2 * divergence


def make(facts: TowerFacts) -> Distillation:
    return Distillation()
