"""A fake encoder and fake readers with values one can compute by hand, from the registries."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from indexer.cache import Cache
from indexer.config import Settings
from indexer.readers.speech import Domain
from indexer.records import Box, Heard, Line, Modality, Span, Vectors
from indexer.sound import RATE, Sound

AXES = ("red", "green", "blue", "pump", "valve", "screen")


class FakeEncoder:
    """Counts the words of AXES; an image counts its mean red, green and blue.

    `"pump pump valve"` → (0, 0, 0, 2, 1, 0, 0, 0) / √5. A question with none of them points
    along the seventh axis and a passage along the eighth, so that they never meet.
    """

    name = "fake"
    dim = len(AXES) + 2
    modalities = frozenset({Modality.TEXT, Modality.IMAGE})

    def __init__(self, model: str, cache: Path, threads: int) -> None:
        self.model = model
        self.fingerprint = f"fake-{model}"
        self.languages = frozenset({"en"}) if model == "english" else frozenset[str]()
        self.encoded: list[str] = []

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        return self._encode(texts, (1.0, 0.0))

    def encode_texts(self, texts: Sequence[str]) -> Vectors:
        return self._encode(texts, (0.0, 1.0))

    def encode_images(self, images: Sequence[Image.Image]) -> Vectors:
        means = [np.asarray(image, dtype=np.float64).mean(axis=(0, 1)) for image in images]
        return _unit([[*mean, *[0.0] * 5] for mean in means])

    def _encode(self, texts: Sequence[str], rest: tuple[float, float]) -> Vectors:
        self.encoded += texts
        words = [text.lower().replace(".", " ").split() for text in texts]
        counts = [[float(found.count(axis)) for axis in AXES] for found in words]
        return _unit([[*row, 0.0, 0.0] if any(row) else [*row, *rest] for row in counts])


class FakeReader:
    """Reads the size of an image: a line `WIDTHxHEIGHT` across its upper half."""

    fingerprint = "fake-reader"

    def __init__(self, at_once: int, threads: int) -> None:
        self.calls = 0

    def read(self, images: Iterable[Image.Image]) -> Iterator[tuple[Line, ...]]:
        for image in images:
            self.calls += 1
            text = f"{image.width}x{image.height}"
            yield (Line(text, Box(0.0, 0.0, 1.0, 0.5), 0.9),)


class FakeSpeechReader:
    """Hears, of the heads that it was told of, as many as a recording has whole seconds."""

    def __init__(self, model: str, domain: Domain, settings: Settings, cache: Cache) -> None:
        self._domain = domain

    def hear(self, sound: Sound) -> tuple[Heard, ...]:
        heads = sorted(set(self._domain.heads()))[: len(sound) // RATE]
        spans = [Span(head.lower(), i, i + 1, 0.5) for i, head in enumerate(heads)]
        return (Heard(tuple(spans)),) if spans else ()


def _unit(rows: Sequence[Sequence[float]]) -> Vectors:
    table = np.array(rows, dtype=np.float64).reshape(-1, FakeEncoder.dim)
    return np.asarray(table / np.linalg.norm(table, axis=1, keepdims=True), dtype=np.float32)
