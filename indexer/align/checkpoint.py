"""A training's state on disk, whole or not there at all."""

from __future__ import annotations

import json
import pickle
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from indexer.errors import BadFile
from indexer.store.durable import scrap_path, sync, sync_tree

_WEIGHTS = "weights.safetensors"
_AVERAGE = "average.safetensors"
_OPTIMIZER = "optimizer.pt"
_STATE = "state.json"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Everything that decides the steps after `step`.

    `weights` are the trained weights and the buffers; frozen weights come from where the model
    came from. `average` is empty without one. `optimizer` is AdamW's state. `random` are the
    states of the generators by device. `state` is JSON: settings, history, running sums.
    """

    step: int
    weights: dict[str, Tensor]
    average: dict[str, Tensor]
    optimizer: dict[str, Any]
    random: dict[str, Tensor]
    state: dict[str, Any]


def save_checkpoint(folder: Path, checkpoint: Checkpoint) -> None:
    """Write `folder`/step-N, then remove the one before it.

    The folder appears by one rename, after all in it is on the disk: a kill at any moment leaves
    this checkpoint or the one before.
    """
    folder.mkdir(parents=True, exist_ok=True)
    final = folder / f"step-{checkpoint.step:08d}"
    scrap = scrap_path(final)
    scrap.mkdir()
    save_file(_plain(checkpoint.weights), scrap / _WEIGHTS)
    save_file(_plain(checkpoint.average), scrap / _AVERAGE)
    torch.save({"optimizer": checkpoint.optimizer, "random": checkpoint.random}, scrap / _OPTIMIZER)
    (scrap / _STATE).write_text(json.dumps(checkpoint.state))
    sync_tree(scrap)
    scrap.rename(final)
    sync(folder)
    for other in folder.glob("step-*"):
        if other != final:
            shutil.rmtree(other)
    for other in folder.glob(".step-*.tmp"):
        shutil.rmtree(other)


def load_checkpoint(folder: Path) -> Checkpoint | None:
    """The last checkpoint, tensors on the CPU; None without any. Raises BadFile."""
    found = sorted(folder.glob("step-*"))
    if not found:
        return None
    last = found[-1]
    try:
        rest = torch.load(last / _OPTIMIZER, map_location="cpu", weights_only=True)
        return Checkpoint(
            int(last.name.removeprefix("step-")),
            load_file(last / _WEIGHTS),
            load_file(last / _AVERAGE),
            rest["optimizer"],
            rest["random"],
            json.loads((last / _STATE).read_bytes()),
        )
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
        raise BadFile(last, f"cannot be resumed ({error}); remove it to start again") from error
    except pickle.UnpicklingError as error:
        raise BadFile(last / _OPTIMIZER, "is no optimizer state; remove its folder") from error


def _plain(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """Contiguous copies: safetensors refuses views and shared memory."""
    return {name: tensor.detach().cpu().contiguous().clone() for name, tensor in tensors.items()}
