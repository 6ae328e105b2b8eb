"""One training step's pairs, and their vectors as the objectives see them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor
from torch.nn import functional as F

from indexer.errors import BadConfig

Tower = Callable[[Tensor], Tensor]
"""Inputs (n, …) → vectors (n, d). A module is trained, any other function is frozen."""


@dataclass(frozen=True, slots=True)
class Batch:
    """n pairs: item i of `left` belongs with item i of `right`.

    `left_kind` and `right_kind` name the towers ("image", "text") that take `left` and `right`,
    both (n, …). `same` is boolean (n, n), true where left i and right j belong together too,
    such as two photos of one product; its diagonal must be true; None means the diagonal alone.
    `teacher_left` and `teacher_right` (n, dt) are another model's vectors of the same pairs.
    For objectives that look at the left inputs alone, `right` may repeat `left`. For InfoNCE
    alone `right` may have m > n items, the last of them hard negatives, with `same` (n, m).
    """

    left_kind: str
    right_kind: str
    left: Tensor
    right: Tensor
    same: Tensor | None = None
    teacher_left: Tensor | None = None
    teacher_right: Tensor | None = None

    def to(self, device: torch.device) -> Batch:
        """The same batch on another device."""
        same, left, right = (
            tensor if tensor is None else tensor.to(device)
            for tensor in (self.same, self.teacher_left, self.teacher_right)
        )
        inputs = self.left.to(device), self.right.to(device)
        return Batch(self.left_kind, self.right_kind, *inputs, same, left, right)

    @property
    def kinds(self) -> tuple[str, str]:
        return self.left_kind, self.right_kind


class Views:
    """A batch and its vectors, encoded when first asked for.

    `progress` is the share of training already done, from 0 to 1.
    """

    def __init__(
        self, batch: Batch, encode: Callable[[str, Tensor], Tensor], progress: float
    ) -> None:
        self.batch = batch
        self.progress = progress
        self._encode = encode

    @cached_property
    def left(self) -> Tensor:
        """float32 (n, d), unit length."""
        return F.normalize(self._encode(self.batch.left_kind, self.batch.left).float(), dim=-1)

    @cached_property
    def right(self) -> Tensor:
        """float32 (n, d), unit length."""
        return F.normalize(self._encode(self.batch.right_kind, self.batch.right).float(), dim=-1)

    @cached_property
    def same(self) -> Tensor:
        """Boolean (n, n), true on the diagonal."""
        if self.batch.same is not None:
            return self.batch.same
        rows = len(self.batch.left)
        return torch.eye(rows, dtype=torch.bool, device=self.batch.left.device)

    def teacher(self) -> tuple[Tensor, Tensor]:
        """The teacher's unit vectors of both sides, (n, dt). Raises BadConfig without any."""
        left, right = self.batch.teacher_left, self.batch.teacher_right
        if left is None or right is None:
            kinds = "-".join(self.batch.kinds)
            raise BadConfig(
                f"{kinds} batches carry no teacher vectors; "
                "give teacher_left and teacher_right, or leave distillation out"
            )
        return F.normalize(left.float(), dim=-1), F.normalize(right.float(), dim=-1)
