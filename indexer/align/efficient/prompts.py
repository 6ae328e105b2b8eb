"""Learnt words in front of class names (CoOp, arXiv 2109.01134)."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from indexer.errors import BadConfig

EmbeddingTower = Callable[[Tensor, Tensor], Tensor]
"""Input embeddings (n, tokens, width), end positions int (n,) → vectors (n, d)."""


class LearnedPrompts(nn.Module):
    """Class vectors from prompts [start] v₁ … vₘ class [end], of which v₁ … vₘ are learnt.

    `embeddings`, float32 (classes, tokens, width), are the frozen input embeddings of
    [start] followed by `context` placeholder words, the class name, the end and padding;
    `ends`, int (classes,), is where each end token stands. The context starts as the
    placeholders: embed a phrase such as "a photo of a" there, or leave `random` words, drawn
    with a deviation of 0.02. `specific` learns a context for each class instead of one for
    all. The tower is not part of this module: freeze it where it is.
    """

    embeddings: Tensor
    ends: Tensor

    def __init__(
        self,
        embeddings: Tensor,
        ends: Tensor,
        context: int = 16,
        *,
        random: bool = True,
        specific: bool = False,
    ) -> None:
        """Raises BadConfig when the context does not fit before the first end."""
        super().__init__()
        shortest = int(ends.min())
        if not 1 <= context < shortest:
            raise BadConfig(f"context is {context}; it must be from 1 to {shortest - 1}")
        start = embeddings[:, 1 : context + 1]
        start = start if specific else start.mean(0, keepdim=True)
        if random:
            start = torch.randn_like(start) * 0.02
        self.context = nn.Parameter(start.clone())
        self.register_buffer("embeddings", embeddings.detach().clone())
        self.register_buffer("ends", ends.detach().clone())

    def prompts(self) -> Tensor:
        """Input embeddings, float32 (classes, tokens, width)."""
        classes, length = len(self.embeddings), self.context.shape[1]
        context = self.context.expand(classes, -1, -1)
        return torch.cat([self.embeddings[:, :1], context, self.embeddings[:, length + 1 :]], dim=1)

    def forward(self, tower: EmbeddingTower) -> Tensor:
        """Class vectors (classes, d)."""
        return tower(self.prompts(), self.ends)
