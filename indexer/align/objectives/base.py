"""The objective contract and its registry."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from torch import Tensor

from indexer.align.batch import Views
from indexer.registry import Registry


@dataclass(frozen=True, slots=True)
class TowerFacts:
    """What an objective may need to know to be built: the length of a vector and, for
    reconstruction, a map of features: images (n, channels, h, w) → (n, features, h / stride, …).
    """

    dim: int
    image_map: Callable[[Tensor], Tensor] | None = None
    features: int = 0
    stride: int = 1
    channels: int = 3


class Objective(Protocol):
    """A loss over one batch. Its own weights, if any, make it a `torch.nn.Module`."""

    def __call__(self, views: Views) -> Tensor:
        """→ float32 scalar, to minimise."""


ObjectiveFactory = Callable[[TowerFacts], Objective]
"""Builds an objective with its paper's settings; its class takes others."""

OBJECTIVES: Registry[ObjectiveFactory] = Registry("objective")
_PACKAGE = "indexer.align.objectives"
OBJECTIVES.register("infonce", f"{_PACKAGE}.infonce:make")
OBJECTIVES.register("copies", f"{_PACKAGE}.copies:make")
OBJECTIVES.register("sigmoid", f"{_PACKAGE}.sigmoid:make")
OBJECTIVES.register("triplet-semi-hard", f"{_PACKAGE}.triplet:make_semi_hard")
OBJECTIVES.register("triplet-hardest", f"{_PACKAGE}.triplet:make_hardest")
OBJECTIVES.register("distillation", f"{_PACKAGE}.distillation:make")
OBJECTIVES.register("imitation", f"{_PACKAGE}.imitation:make")
OBJECTIVES.register("adversarial", f"{_PACKAGE}.adversarial:make")
OBJECTIVES.register("reconstruction", f"{_PACKAGE}.reconstruction:make")
