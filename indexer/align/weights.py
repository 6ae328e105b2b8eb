"""Which weights a training changes and keeps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain

from torch import Tensor, nn
from torch.optim import AdamW

from indexer.align.batch import Tower
from indexer.align.objectives.base import Objective
from indexer.align.settings import TrainingSettings
from indexer.errors import BadConfig


def gather(towers: Mapping[str, Tower], objectives: Mapping[str, Objective]) -> nn.Module:
    """All modules among towers and objectives as one. Raises BadConfig with no weight to train."""
    parts = {
        f"{part}_{name}": module
        for part, group in (("tower", towers), ("objective", objectives))
        for name, module in group.items()
        if isinstance(module, nn.Module)
    }
    model = nn.ModuleDict(parts)
    if not any(weight.requires_grad for weight in model.parameters()):
        raise BadConfig(f"no weight to train in {', '.join(towers)}; unfreeze a tower")
    return model


def stored(model: nn.Module) -> Iterator[tuple[str, Tensor]]:
    """The weights that are trained, and all buffers, each once."""
    trained = ((name, w) for name, w in model.named_parameters() if w.requires_grad)
    return chain(trained, model.named_buffers())


def set_training(model: nn.Module) -> None:
    """Parts with weights to train go into training mode, frozen ones into evaluation mode."""
    for part in model.children():
        part.train(any(weight.requires_grad for weight in part.parameters()))


def optimizer_of(model: nn.Module, settings: TrainingSettings) -> AdamW:
    """AdamW that decays matrices alone."""
    weights = [weight for weight in model.parameters() if weight.requires_grad]
    groups = [
        {"params": [w for w in weights if w.ndim > 1], "weight_decay": settings.weight_decay},
        {"params": [w for w in weights if w.ndim <= 1], "weight_decay": 0.0},
    ]
    return AdamW(groups, lr=settings.learning_rate, betas=(settings.beta1, settings.beta2))
