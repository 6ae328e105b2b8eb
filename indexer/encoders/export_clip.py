"""Exports open_clip models. Runs in the export subprocess only."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from indexer.encoders.clip import (
    IMAGE_GRAPH,
    TEXT_GRAPH,
    ClipReference,
    clip_reference,
)
from indexer.encoders.clip_model import LoadedClip, TorchClip, load_clip
from indexer.encoders.export_joined import export_joined, is_joined
from indexer.encoders.export_tokens import SAMPLES, write_tokenizer
from indexer.encoders.facts import TOKENIZER_NAME, ImageFacts, ModelFacts, TokenFacts
from indexer.encoders.graph import check_same, fingerprint_of, torch_vectors, write_graph
from indexer.encoders.hub import card
from indexer.encoders.tokens import Tokens
from indexer.encoders.towers import image_tower, short_text_tower, text_tower
from indexer.errors import BadConfig

if TYPE_CHECKING:
    from torch import nn

CHECKED_IMAGES = 3


def export_clip_model(model: str, folder: Path) -> ModelFacts:
    """Both towers as graphs with normalisation inside, and the tokenizer."""
    reference = clip_reference(model)
    if reference.source and is_joined(reference.source):
        return export_joined(model, reference.source, folder)
    loaded = load_clip(model, reference)
    image = _image_facts(loaded.module)
    dim = export_image(model, image_tower(loaded.module), image, folder / IMAGE_GRAPH)
    tokens = write_tokenizer(model, loaded.tokenizer, loaded.context, folder)
    settings = [loaded.config, asdict(image), asdict(tokens)]
    languages, licence = _card(reference, loaded)
    return ModelFacts(
        encoder="open_clip",
        model=model,
        dim=dim,
        fingerprint=fingerprint_of(
            loaded.module, (folder / TOKENIZER_NAME).read_text("utf-8"), settings
        ),
        tokens=_export_text(model, loaded, tokens, folder),
        image=image,
        languages=languages,
        licence=licence,
    )


def export_image(model: str, tower: nn.Module, image: ImageFacts, path: Path) -> int:
    """Write an image tower, proven equal to torch's. Returns the dimension of a vector."""
    random = np.random.default_rng(0)
    feeds = {"image": random.normal(size=(CHECKED_IMAGES, 3, *image.size)).astype(np.float32)}
    wanted = torch_vectors(tower, feeds)
    write_graph(tower, {"image": feeds["image"][:2]}, path, axes={0: "batch"})
    check_same(model, path, feeds, wanted)
    check_same(model, path, {"image": feeds["image"][:1]}, wanted[:1])
    return int(wanted.shape[1])


def _export_text(model: str, loaded: LoadedClip, facts: TokenFacts, folder: Path) -> TokenFacts:
    """Where padding cannot change a vector, the graph takes short texts unpadded."""
    rows = Tokens(folder, facts).ids(SAMPLES)
    full = _feeds(folder, facts, rows)
    tower = text_tower(loaded.module)
    wanted = torch_vectors(tower, full)
    path = folder / TEXT_GRAPH
    short = short_text_tower(loaded.module)
    if short is not None:
        unpadded = replace(facts, fixed=False)
        try:
            write_graph(short, full, path, axes={0: "batch", 1: "length"})
            check_same(model, path, full, wanted)
            for i, row in enumerate(rows):
                check_same(model, path, _feeds(folder, unpadded, [row]), wanted[i : i + 1])
            return unpadded
        except BadConfig:
            path.unlink()
    write_graph(tower, full, path, axes={0: "batch"})
    check_same(model, path, full, wanted)
    return facts


def _feeds(folder: Path, facts: TokenFacts, rows: list[list[int]]) -> dict[str, NDArray[np.int64]]:
    """Inputs in the order of `rows`."""
    positions, feeds = next(Tokens(folder, facts).batches(rows, len(rows)))
    back = np.argsort(positions)
    return {name: value[back] for name, value in feeds.items()}


def _image_facts(module: TorchClip) -> ImageFacts:
    made = module.visual.preprocess_cfg
    size = made["size"]
    height, width = (size, size) if isinstance(size, int) else size
    return ImageFacts(
        size=(int(height), int(width)),
        mean=tuple(made["mean"]),
        std=tuple(made["std"]),
        interpolation="bilinear" if made["interpolation"] == "bilinear" else "bicubic",
        resize_mode=made["resize_mode"] or "shortest",
        fill=int(made["fill_color"] or 0),
    )


def _card(reference: ClipReference, loaded: LoadedClip) -> tuple[tuple[str, ...], str]:
    """From the model card; else English for the vocabulary CLIP itself came with."""
    folder = reference.source if reference.source and reference.source.is_dir() else None
    languages, licence = card(folder) if folder else ((), "")
    if not languages and not hasattr(loaded.tokenizer, "tokenizer"):
        languages = ("en",)
    return languages, licence
