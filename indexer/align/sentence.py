"""The sentence model of an index, as one that can be trained."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from indexer.align.efficient.lora import LoraSettings
from indexer.encoders.base import Space
from indexer.encoders.choose import TEXT_ENCODER
from indexer.encoders.clip import prepare_torchvision
from indexer.encoders.hub import fetched
from indexer.encoders.precision import in_float, is_int8
from indexer.encoders.refusal import check_weights, explain
from indexer.encoders.source import hub_name
from indexer.encoders.text import sentence_source
from indexer.encoders.tokens import Tokens
from indexer.errors import BadConfig
from indexer.store.durable import scrap_path, sync, sync_tree, writing

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

CARD = "README.md"
MADE_BY = "training.json"

_TOGETHER = 16
"""Texts of about equal length that go through the model at once: little padding, less memory."""

_ATTENTION = ("attention", "attn")


class SentenceTower(nn.Module):
    """Numbers of texts, int64 (n,) → vectors (n, dim), by a sentence-transformers model."""

    def __init__(self, model: nn.Module, texts: Sequence[str], tokens: Tokens) -> None:
        super().__init__()
        self.model = model
        self._texts = texts
        self._tokens = tokens

    def forward(self, numbers: Tensor) -> Tensor:
        rows = self._tokens.ids([self._texts[number] for number in numbers.tolist()])
        parts: list[Tensor] = []
        order: list[int] = []
        for places, feeds in self._tokens.batches(rows, _TOGETHER):
            inputs = {name: torch.from_numpy(ids).to(numbers.device) for name, ids in feeds.items()}
            parts.append(self.model(inputs)["sentence_embedding"])
            order += places
        return torch.cat(parts)[torch.tensor(order).argsort().to(numbers.device)]


def check_trainable(root: Path, space: Space) -> None:
    """Raise BadConfig for a space whose weights cannot be trained, MissingModel for missing ones.

    `root` is the index, for the message. Opens no weights.
    """
    if space.encoder != TEXT_ENCODER:
        raise BadConfig(
            f"{root}: its text space was made with {space.encoder}:{space.model}, which cannot be "
            "trained; --deep takes an index made with a sentence-transformers model"
        )
    if is_int8(space.model):
        name = in_float(space.model)
        raise BadConfig(
            f"{root}: its text space was made with {space.model}, and 8-bit matrices cannot be "
            f"trained; first run: TRIPTYCH_MODELS__TEXT={name} triptych rebuild --index {root}"
        )
    source = sentence_source(space.model)
    kinds = ("*.safetensors", "*.bin")
    if source is not None and not any(path for kind in kinds for path in source.rglob(kind)):
        raise BadConfig(
            f"{space.model}: {source} has no weights of torch (*.safetensors), and an ONNX graph "
            "alone cannot be trained; copy the model's own weights there"
        )


def folder_of(model: str) -> Path:
    """The folder with a model's weights, of one on the hub its copy on this machine.

    Raises MissingModel or BadConfig.
    """
    source = sentence_source(model)
    if source is not None:
        return source
    name = hub_name(model)
    try:
        return fetched(name if "/" in name else f"sentence-transformers/{name}")
    except Exception as error:  # whatever the hub's library raises is said in one sentence
        raise explain(model, error) from error


def load_sentence_model(model: str, folder: Path) -> SentenceTransformer:
    """The model in `folder`, float32 on the CPU and frozen. Raises MissingModel or BadConfig."""
    for path in [*folder.rglob("*.safetensors"), *folder.rglob("*.bin")]:
        check_weights(path)
    prepare_torchvision()
    try:
        from sentence_transformers import SentenceTransformer
        from transformers.utils.logging import disable_progress_bar

        disable_progress_bar()  # type: ignore[no-untyped-call]  # of files read and written, between our own
        loaded: SentenceTransformer = SentenceTransformer(
            str(folder), device="cpu", local_files_only=True, trust_remote_code=False
        )
    except Exception as error:  # as above
        raise explain(model, error) from error
    return loaded.float().requires_grad_(False)


def attention_lora(model: str, tower: nn.Module, rank: int) -> LoraSettings:
    """LoRA on all matrices of attention, which layers have by many names. Raises BadConfig."""
    found = [
        name
        for name, layer in tower.named_modules()
        if isinstance(layer, nn.Linear) and any(word in name.lower() for word in _ATTENTION)
    ]
    if not found:
        raise BadConfig(f"{model}: no matrices of attention found to train; use another model")
    return LoraSettings(found, rank, alpha=2.0 * rank, dropout=0.05)


def made_by(folder: Path) -> str:
    """The key of the training that wrote a folder, "" where it is no such folder."""
    try:
        return str(json.loads((folder / MADE_BY).read_bytes())["key"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def save_sentence_model(model: SentenceTransformer, card: Path, folder: Path, key: str) -> None:
    """Write a sentence-transformers folder, whole or not at all: one rename, after a sync.

    The model `card` (README.md) names the languages, which decide what is encoded. Weights are
    safetensors. Raises CannotWrite.
    """
    scrap = scrap_path(folder)
    with writing(folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
        try:
            model.save(str(scrap), create_model_card=False, safe_serialization=True)
            if card.is_file():
                shutil.copyfile(card, scrap / CARD)
            (scrap / MADE_BY).write_text(json.dumps({"key": key}))
            sync_tree(scrap)
            scrap.rename(folder)
        finally:
            shutil.rmtree(scrap, ignore_errors=True)
        sync(folder.parent)
