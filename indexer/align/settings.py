"""How a training runs: its length, learning rate and regularisation."""

from __future__ import annotations

import math
from dataclasses import dataclass

from indexer.errors import BadConfig


@dataclass(frozen=True, slots=True)
class TrainingSettings:
    """AdamW with a linear warm-up and a cosine decay (arXiv 1711.05101, 1608.03983).

    Counts are in steps, one batch each. `final_rate` is the share of `learning_rate` left at the
    end. Weights of less than two dimensions (biases, norms, temperatures) are not decayed.
    Gradients are clipped to a global norm of `clip_norm`. `average_decay` above 0 keeps an
    exponential moving average of the weights, which is then what is measured and returned.
    `until` above 0 ends the training after so many steps of the schedule, for another to go on.
    `report_every` and `checkpoint_every` also take place at the last step. `device` is a torch
    device, empty for the GPU where there is one. Raises BadConfig for values out of range.
    """

    steps: int
    learning_rate: float = 1e-3
    warmup_steps: int = 0
    final_rate: float = 0.0
    weight_decay: float = 0.05
    beta1: float = 0.9
    beta2: float = 0.98
    clip_norm: float = 1.0
    average_decay: float = 0.0
    seed: int = 0
    until: int = 0
    report_every: int = 100
    checkpoint_every: int = 500
    device: str = ""

    def __post_init__(self) -> None:
        for name in ("steps", "report_every", "checkpoint_every"):
            self._check(name, getattr(self, name) >= 1, "1 or more")
        self._check("learning_rate", self.learning_rate > 0, "more than 0")
        self._check("clip_norm", self.clip_norm > 0, "more than 0")
        self._check("weight_decay", self.weight_decay >= 0, "0 or more")
        self._check("final_rate", 0 <= self.final_rate <= 1, "from 0 to 1")
        self._check("average_decay", 0 <= self.average_decay < 1, "0 or more and less than 1")
        self._check("until", 0 <= self.until <= self.steps, "from 0 to steps")
        self._check("warmup_steps", 0 <= self.warmup_steps < self.steps, "less than steps")

    @property
    def last(self) -> int:
        """The number of steps after which the training ends."""
        return self.until or self.steps

    def _check(self, name: str, good: bool, range_: str) -> None:
        if not good:
            raise BadConfig(f"{name} is {getattr(self, name)}; it must be {range_}")

    def rate_at(self, step: int) -> float:
        """The learning rate of step `step`, counted from 0: the warm-up ends with the full one."""
        if step < self.warmup_steps:
            return self.learning_rate * (step + 1) / self.warmup_steps
        done = (step - self.warmup_steps) / (self.steps - self.warmup_steps)
        share = self.final_rate + (1 - self.final_rate) * (1 + math.cos(math.pi * done)) / 2
        return self.learning_rate * share
