"""The starter's image tower: open_clip's wrapper around a compact convolutional network."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from safetensors.torch import save_file

from indexer.align.starter.views import MEAN, STD
from indexer.encoders.export_joined import CONFIG, VIEWS, VISUAL, WEIGHTS, make_visual

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True, slots=True)
class TowerShape:
    """A network of timm's and the side of its input in pixels. `dim` is that of the text space.

    In use it sees two views of an image read at `reading` pixels (see `two_view_tower`).

    HGNetV2-B0 learns a batch of 96-pixel views 2.5 times as fast as ResNet-10-T on two cores,
    and encodes one of 128 pixels in 8 ms on one.
    """

    network: str = "hgnetv2_b0"
    side: int = 128
    reading: int = 152
    dim: int = 384


def make_tower(shape: TowerShape, seed: int = 0) -> nn.Module:
    """float32 (n, 3, h, w) → (n, dim), not normalised; weights are random by `seed`."""
    with torch.random.fork_rng([]):
        torch.manual_seed(seed)
        tower = make_visual(_model(shape, ""))
    tower.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # not in its stub
    return tower


def save_tower(tower: nn.Module, shape: TowerShape, text: str, folder: Path) -> None:
    """Write the tower in open_clip's format, weights as float16; `text` names the text tower.

    The text tower's weights are not among them: it is locked, and comes with its own package.
    """
    folder.mkdir(parents=True, exist_ok=True)
    weights = {
        f"{VISUAL}{name}": (value.half() if value.is_floating_point() else value).contiguous()
        for name, value in tower.state_dict().items()
    }
    save_file(weights, folder / WEIGHTS, metadata={"format": "pt"})
    preprocessing = {
        "mean": list(MEAN),
        "std": list(STD),
        "interpolation": "bicubic",
        "resize_mode": "squash",
    }
    config = {
        "model_cfg": _model(shape, text),
        "preprocess_cfg": preprocessing,
        VIEWS: {"side": shape.reading},
    }
    (folder / CONFIG).write_text(json.dumps(config, indent=2) + "\n")


def _model(shape: TowerShape, text: str) -> dict[str, Any]:
    return {
        "embed_dim": shape.dim,
        "vision_cfg": {
            "timm_model_name": shape.network,
            "timm_pool": "avg",
            "timm_proj": "",
            "image_size": shape.side,
        },
        "text_cfg": {
            "hf_model_name": text,
            "hf_tokenizer_name": text,
            "hf_pooler_type": "mean_pooler",
            "hf_proj_type": "none",
            "context_length": 256,
        },
    }
