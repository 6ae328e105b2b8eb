"""A few labelled images as a cache beside the class texts (Tip-Adapter, arXiv 2207.09519)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from indexer.errors import BadConfig
from indexer.records import Vectors

Labels = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class FewShotCache:
    """Classifies vectors by class texts and by labelled examples, without any training.

    logits = `scale` · q Cᵀ + `alpha` · exp(-`beta` (1 - q Kᵀ)) Y, where C are the class texts'
    vectors, K the examples' and Y their labels, one-hot. `alpha` weighs the examples, `beta`
    sharpens them; the paper starts from 1 and 5.5 with CLIP's scale of 100 and tunes both.
    """

    classes: Vectors
    """float32 (classes, d), unit length."""
    examples: Vectors
    """float32 (n, d), unit length."""
    labels: Labels
    """int (n,), the class row of each example."""
    alpha: float = 1.0
    beta: float = 5.5
    scale: float = 100.0

    def __post_init__(self) -> None:
        """Raises BadConfig when counts, lengths or labels do not fit each other."""
        if self.classes.shape[1] != self.examples.shape[1]:
            raise BadConfig(
                f"class vectors of length {self.classes.shape[1]} and examples of length "
                f"{self.examples.shape[1]}; encode both with one model"
            )
        if self.labels.shape != self.examples.shape[:1]:
            raise BadConfig(
                f"{len(self.examples)} examples, {self.labels.size} labels; give one each"
            )
        wrong = self.labels[(self.labels < 0) | (self.labels >= len(self.classes))]
        if wrong.size:
            raise BadConfig(f"label {wrong[0]}, but classes go from 0 to {len(self.classes) - 1}")

    def logits(self, queries: Vectors) -> Vectors:
        """Unit vectors float32 (m, d) → float32 (m, classes)."""
        affinity = np.exp(-self.beta * (1 - queries @ self.examples.T))
        one_hot = np.eye(len(self.classes), dtype=np.float32)[self.labels]
        by_text = self.scale * queries @ self.classes.T
        logits: Vectors = (by_text + self.alpha * affinity @ one_hot).astype(np.float32)
        return logits
