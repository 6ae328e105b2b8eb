"""CLIP models: text and images in one space, served by ONNX Runtime."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from indexer.encoders.exported import exported
from indexer.encoders.pixels import prepare
from indexer.encoders.precision import in_float
from indexer.encoders.session import Session
from indexer.encoders.source import (
    HUB_PREFIX,
    LOCAL_PREFIX,
    STARTER,
    hub_name,
    local_folder,
    starter_folder,
)
from indexer.encoders.text_tower import TextTower
from indexer.errors import BadConfig, BadQuery, MissingModel
from indexer.records import Modality, Vectors

if TYPE_CHECKING:
    from torch.library import Library

IMAGE_GRAPH = "image.onnx"
TEXT_GRAPH = "text.onnx"
IMAGE_BATCH = 8
CHECKPOINTS = (".safetensors", ".pt", ".pth", ".bin", ".ckpt")

_OPERATORS = ("nms", "qnms")
_SIGNATURE = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"
_kept: list[Library] = []


@dataclass(frozen=True, slots=True)
class ClipReference:
    """A model reference taken apart.

    `architecture` is an open_clip model name, empty where the folder or the hub says it.
    `pretrained` is an open_clip tag, or empty. `source` is a folder or a checkpoint file.
    """

    architecture: str = ""
    pretrained: str = ""
    hub: str = ""
    source: Path | None = None


class ClipEncoder:
    """Texts and images → unit vectors of one space.

    `model` is `starter`, `MODEL/PRETRAINED` (open_clip's names), `local-dir:PATH`,
    `MODEL@CHECKPOINT` or `hf-hub:ORG/NAME`, each with `+int8` for 8-bit matrices (see quantise.py).
    `threads` is the number of processors one call uses; 0 means all of this process. Raises
    MissingModel or BadConfig where the model cannot be had.
    """

    name = "open_clip"
    modalities = frozenset({Modality.TEXT, Modality.IMAGE})

    def __init__(self, model: str, cache: Path, threads: int = 0) -> None:
        folder, facts = exported(self.name, model, self.source(in_float(model)), cache)
        if facts.image is None:
            raise MissingModel(f"{folder}: no image facts; delete the folder to export it again")
        self.model = model
        self.dim = facts.dim
        self.fingerprint = facts.fingerprint
        self.languages = frozenset(facts.languages)
        self.facts = facts
        self._image_facts = facts.image
        self.tower = TextTower(folder, TEXT_GRAPH, facts, threads)
        self._image = Session(folder / IMAGE_GRAPH, threads)

    @classmethod
    def source(cls, model: str) -> Path | None:
        """The model's folder or checkpoint file, None where it comes from the hub.

        Raises BadConfig or MissingModel.
        """
        return clip_reference(model).source

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """Questions → float32 (n, dim), unit length. Text beyond the model's context is cut."""
        return self.encode_texts(texts)

    def encode_texts(self, texts: Sequence[str]) -> Vectors:
        """Passages → float32 (n, dim), unit length. Text beyond the model's context is cut."""
        return self.tower.encode(texts)

    def encode_images(self, images: Sequence[Image.Image]) -> Vectors:
        """RGB images → float32 (n, dim), unit length. Raises BadQuery on an empty image."""
        if any(0 in image.size for image in images):
            raise BadQuery("an image without pixels cannot be encoded")
        vectors = np.empty((len(images), self.dim), dtype=np.float32)
        for start in range(0, len(images), IMAGE_BATCH):
            batch = prepare(images[start : start + IMAGE_BATCH], self._image_facts)
            vectors[start : start + IMAGE_BATCH] = self._image.run({"image": batch})
        return vectors


def clip_reference(model: str) -> ClipReference:
    """Take a reference apart; files must exist. Raises BadConfig or MissingModel."""
    if model == STARTER:
        return ClipReference(source=starter_folder())
    if model.startswith(LOCAL_PREFIX):
        return ClipReference(source=local_folder(model))
    if model.startswith(HUB_PREFIX):
        return ClipReference(hub=hub_name(model))
    architecture, at, checkpoint = model.partition("@")
    if at:
        return ClipReference(_plain(architecture), source=_checkpoint(model, checkpoint))
    architecture, _, pretrained = model.rpartition("/")
    if not architecture or not pretrained:
        raise BadConfig(
            f"CLIP model {model!r}: write MODEL/PRETRAINED (like ViT-B-32/laion2b_s34b_b79k), "
            f"MODEL@CHECKPOINT, {LOCAL_PREFIX}PATH or {HUB_PREFIX}ORG/NAME"
        )
    return ClipReference(_plain(architecture), pretrained)


def _plain(architecture: str) -> str:
    """open_clip also takes ViT-B/32 for ViT-B-32."""
    return architecture.replace("/", "-")


def _checkpoint(model: str, path: str) -> Path:
    file = Path(path).expanduser().resolve()
    if not file.is_file():
        raise MissingModel(f"{model}: no such checkpoint file: {file}")
    if file.suffix not in CHECKPOINTS:
        raise BadConfig(f"{model}: a checkpoint ends in one of {', '.join(CHECKPOINTS)}")
    return file


def prepare_torchvision() -> None:
    """Let torchvision be imported beside a torch its compiled part was not built for.

    Its import registers shapes for two operators; where the compiled part could not define
    them, declare them. Call before importing torchvision, open_clip or sentence_transformers.
    """
    import torch

    missing = [name for name in _OPERATORS if not hasattr(torch.ops.torchvision, name)]
    if missing and not _kept:
        library = torch.library.Library("torchvision", "FRAGMENT")  # type: ignore[no-untyped-call]
        for name in missing:
            library.define(name + _SIGNATURE)  # type: ignore[no-untyped-call]
        _kept.append(library)
