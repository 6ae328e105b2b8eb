"""torch module that scores pairs → ONNX file, proven equal. Runs in the export subprocess only."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from indexer.encoders.graph import Axes, Feeds, run_graph, torch_vectors, trace
from indexer.errors import BadConfig

if TYPE_CHECKING:
    from torch import nn

GRAPH_NAME = "model.onnx"

RELATIVE, ABSOLUTE = 1e-3, 1e-4
"""How far a score may be from torch's: float32 sums in another order, and nothing else."""


def write_scorer(scorer: nn.Module, feeds: Feeds, path: Path, axes: Axes) -> None:
    """Trace `scorer`, whose output is float32 (n,), on `feeds` into `path`."""
    trace(scorer, feeds, path, axes, "scores")


def check_scorer(named: str, scorer: nn.Module, feeds: Feeds, path: Path) -> None:
    """Refuse an export whose scores differ from torch's. Raises BadConfig."""
    wanted = torch_vectors(scorer, feeds)
    made = run_graph(named, path, feeds)
    if not np.allclose(made, wanted, rtol=RELATIVE, atol=ABSOLUTE):
        far = float(np.max(np.abs(made - wanted)))
        raise BadConfig(
            f"{named}: its {path.name} differs from torch (by {far:.4g} in a score); "
            "this architecture cannot be exported"
        )
