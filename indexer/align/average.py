"""An exponential moving average of a model's trained weights."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import torch
from torch import Tensor, nn


class Average:
    """Averages w̄ ← d w̄ + (1 - d) w of the weights that are trained; buffers stay as they are.

    d is `decay`, or (1 + step) / (10 + step) while that is less, so that the untrained weights
    are soon forgotten.
    """

    def __init__(self, model: nn.Module, decay: float) -> None:
        self._decay = decay
        self._live = {name: w for name, w in model.named_parameters() if w.requires_grad}
        self.weights = {name: w.detach().clone() for name, w in self._live.items()}

    @torch.no_grad()
    def update(self, step: int) -> None:
        """Take in the weights after step `step`, counted from 0."""
        decay = min(self._decay, (1 + step) / (10 + step))
        for name, weight in self.weights.items():
            weight.lerp_(self._live[name], 1 - decay)

    @torch.no_grad()
    def restore(self, weights: Mapping[str, Tensor]) -> None:
        for name, weight in self.weights.items():
            weight.copy_(weights[name])

    @torch.no_grad()
    def install(self) -> None:
        """Make the averages the model's weights."""
        for name, weight in self.weights.items():
            self._live[name].copy_(weight)

    @contextmanager
    def installed(self) -> Iterator[None]:
        """The averages as the model's weights, for a while."""
        kept = {name: w.detach().clone() for name, w in self._live.items()}
        self.install()
        try:
            yield
        finally:
            with torch.no_grad():
                for name, weight in kept.items():
                    self._live[name].copy_(weight)
