"""torch module → ONNX file, proven equal. Runs in the export subprocess only."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from indexer.encoders.facts import EXPORT_VERSION
from indexer.encoders.session import Session
from indexer.errors import BadConfig
from indexer.records import Vectors

if TYPE_CHECKING:
    from torch import nn

OPSET = 17
LEAST_COSINE = 0.9999

Feeds = Mapping[str, NDArray[Any]]

Axes = Mapping[str, Mapping[int, str]]
"""Input → its dimensions that may vary, by position, with a name for each."""


def write_graph(tower: nn.Module, feeds: Feeds, path: Path, axes: Mapping[int, str]) -> None:
    """Trace `tower` on `feeds` into `path`. `axes` names the dimensions that may vary."""
    trace(tower, feeds, path, dict.fromkeys(feeds, axes), "vectors")


def trace(module: nn.Module, feeds: Feeds, path: Path, axes: Axes, output: str) -> None:
    """Trace `module` on `feeds` into `path`; the first dimension of its one `output` varies."""
    import torch

    torch.backends.mha.set_fastpath_enabled(False)
    with torch.no_grad():
        torch.onnx.export(
            module,
            tuple(torch.from_numpy(value) for value in feeds.values()),
            str(path),
            dynamo=False,
            opset_version=OPSET,
            input_names=list(feeds),
            output_names=[output],
            dynamic_axes={**axes, output: {0: "batch"}},
        )


def run_graph(model: str, path: Path, feeds: Feeds) -> Vectors:
    """What the graph makes of `feeds`. Raises BadConfig where it does not run."""
    try:
        return Session(path).run(feeds)
    except Exception as error:
        raise BadConfig(f"{model}: its {path.name} does not run: {error}") from error


def torch_vectors(tower: nn.Module, feeds: Feeds) -> Vectors:
    """What torch itself computes, float32 (n, dim)."""
    import torch

    with torch.no_grad():
        made: Vectors = tower(*(torch.from_numpy(value) for value in feeds.values())).numpy()
    return made


def check_same(model: str, path: Path, feeds: Feeds, wanted: Vectors) -> None:
    """Refuse an export whose vectors differ from torch's. Raises BadConfig."""
    made = run_graph(model, path, feeds)
    cosine = float(np.min(np.sum(wanted * made, axis=1)))
    if not cosine >= LEAST_COSINE:
        raise BadConfig(
            f"{model}: its {path.name} differs from torch (cosine {cosine:.4f}); "
            "this architecture cannot be exported"
        )


def fingerprint_of(module: nn.Module, tokenizer: str, settings: Sequence[object]) -> str:
    """SHA-256 (hex) over weights, tokenizer, settings and exporter; not over places of files."""
    digest = hashlib.sha256()
    text = json.dumps(settings, sort_keys=True)
    digest.update(f"{EXPORT_VERSION}\0{tokenizer}\0{text}\0".encode())
    for name, tensor in sorted(module.state_dict().items()):
        values = tensor.detach().cpu().float().contiguous().numpy()
        digest.update(f"{name}\0{values.shape}\0".encode())
        digest.update(values.data)
    return digest.hexdigest()
