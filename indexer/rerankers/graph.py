"""torch module that scores pairs → ONNX file, proven equal. Runs in the export subprocess only."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from indexer.encoders.graph import OPSET, Feeds, torch_vectors
from indexer.encoders.session import Session
from indexer.errors import BadConfig

if TYPE_CHECKING:
    from torch import nn

GRAPH_NAME = "model.onnx"

Axes = Mapping[str, Mapping[int, str]]
"""Input → its dimensions that may vary, by position, with a name for each."""

RELATIVE, ABSOLUTE = 1e-3, 1e-4
"""How far a score may be from torch's: float32 sums in another order, and nothing else."""


def write_scorer(scorer: nn.Module, feeds: Feeds, path: Path, axes: Axes) -> None:
    """Trace `scorer`, whose output is float32 (n,), on `feeds` into `path`."""
    import torch

    torch.backends.mha.set_fastpath_enabled(False)
    with torch.no_grad():
        torch.onnx.export(
            scorer,
            tuple(torch.from_numpy(value) for value in feeds.values()),
            str(path),
            dynamo=False,
            opset_version=OPSET,
            input_names=list(feeds),
            output_names=["scores"],
            dynamic_axes={**axes, "scores": {0: "batch"}},
        )


def check_scorer(named: str, scorer: nn.Module, feeds: Feeds, path: Path) -> None:
    """Refuse an export whose scores differ from torch's. Raises BadConfig."""
    wanted = torch_vectors(scorer, feeds)
    try:
        made = Session(path).run(feeds)
    except Exception as error:
        raise BadConfig(f"{named}: its {path.name} does not run: {error}") from error
    if not np.allclose(made, wanted, rtol=RELATIVE, atol=ABSOLUTE):
        far = float(np.max(np.abs(made - wanted)))
        raise BadConfig(
            f"{named}: its {path.name} differs from torch (by {far:.4g} in a score); "
            "this architecture cannot be exported"
        )
