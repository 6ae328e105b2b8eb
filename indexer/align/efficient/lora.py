"""Low-rank updates of a frozen tower (LoRA, arXiv 2106.09685), by the peft package."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from torch import nn

from indexer.encoders.clip import prepare_torchvision
from indexer.errors import BadConfig

if TYPE_CHECKING:
    from peft import LoraModel


@dataclass(frozen=True, slots=True)
class LoraSettings:
    """W becomes W + `alpha` / `rank` · B A, with A (rank, in), B (out, rank) and B zero at first.

    `targets` are names of layers, or ends of them: "attn.out_proj", "fc1".
    """

    targets: Sequence[str]
    rank: int = 8
    alpha: float = 16.0
    dropout: float = 0.0


def add_lora(tower: nn.Module, settings: LoraSettings) -> LoraModel:
    """Freeze `tower` and put updates into the layers named, in place; train what is returned.

    It computes what the tower did until trained. Raises BadConfig when no layer has such a
    name or a layer is of a kind that cannot be updated.
    """
    prepare_torchvision()
    from peft import LoraConfig, LoraModel

    config = LoraConfig(
        r=settings.rank,
        lora_alpha=settings.alpha,  # type: ignore[arg-type]  # any number works
        lora_dropout=settings.dropout,
        target_modules=list(settings.targets),
    )
    try:
        return LoraModel(tower, config, "default")
    except ValueError as error:
        raise BadConfig(f"lora targets {', '.join(settings.targets)}: {error}") from error


def merge_lora(model: LoraModel) -> nn.Module:
    """Fold the updates into the weights: the tower given to `add_lora`, plain again."""
    tower: nn.Module = model.merge_and_unload(safe_merge=True)
    return tower
