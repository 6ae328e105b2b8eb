"""The encoder contract and its registry."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Protocol

from PIL import Image

from indexer.records import Modality, Vectors
from indexer.registry import Registry


@dataclass(frozen=True, slots=True)
class Space:
    """A vector space, as the manifest of an index records it.

    `encoder` is a name in `ENCODERS`, `model` says which weights, `fingerprint` identifies
    weights and preprocessing together (hex), `dim` is the length of a vector.
    """

    name: str
    encoder: str
    model: str
    dim: int
    fingerprint: str

    def to_json(self) -> dict[str, str | int]:
        return asdict(self)


class Encoder(Protocol):
    """Turns texts and images into unit vectors of one space.

    `languages` holds the ISO 639-1 codes the model understands; empty means any.
    Queries and passages go through separate calls, because many models prompt them
    differently.
    """

    name: str
    model: str
    dim: int
    fingerprint: str
    modalities: frozenset[Modality]
    languages: frozenset[str]

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """Questions → float32 (n, dim), unit length."""

    def encode_texts(self, texts: Sequence[str]) -> Vectors:
        """Passages → float32 (n, dim), unit length."""

    def encode_images(self, images: Sequence[Image.Image]) -> Vectors:
        """RGB images → float32 (n, dim), unit length. Raises BadQuery on a text-only model."""


EncoderFactory = Callable[[str, Path, int], Encoder]
"""(model reference, cache folder, threads) → encoder. Loads nothing heavy until first used.

0 threads means all processors that the process may use.
"""

ENCODERS: Registry[EncoderFactory] = Registry("encoder")
ENCODERS.register("sentence-transformers", "indexer.encoders.text:SentenceEncoder")
ENCODERS.register("open_clip", "indexer.encoders.clip:ClipEncoder")
ENCODERS.register("chinese-clip", "indexer.encoders.transformers_clip:ChineseClipEncoder")
ENCODERS.register("lsa", "indexer.encoders.lsa:unfitted")
ENCODERS.register("flava", "indexer.encoders.transformers_clip:FlavaEncoder")
