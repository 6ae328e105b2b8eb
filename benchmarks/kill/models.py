"""Models with computable values: what is found depends on the markers in a text alone.

A marker is a word like `mk00a1f3`, of 24 bits. A picture carries one as its colour.
"""

from __future__ import annotations

import os
import re
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from indexer.config import Models, Settings
from indexer.encoders.base import ENCODERS
from indexer.readers.base import READERS
from indexer.records import Box, Line, Modality, Vectors

DIM = 256
"""Enough that two markers are never near each other: their cosine is .06 or so."""

ENCODE_SECONDS = 0.0005
"""What encoding one text takes, so that kills fall into it as well."""

_LOG = "encoded.log"
_MARKER = re.compile(r"mk[0-9a-f]{6}", re.IGNORECASE)  # one may begin a sentence


def marker_of(number: int) -> str:
    return f"mk{number:06x}"


def markers_in(text: str) -> frozenset[str]:
    return frozenset(marker.lower() for marker in _MARKER.findall(text))


def picture_of(number: int) -> Image.Image:
    """A picture in which MarkerReader reads the marker of that number."""
    return Image.new("RGB", (96, 64), (number >> 16, number >> 8 & 255, number & 255))


class MarkerEncoder:
    """Adds up a fixed random direction for every marker. Logs every passage it encodes."""

    name = "marker"
    dim = DIM
    modalities = frozenset({Modality.TEXT, Modality.IMAGE})

    def __init__(self, model: str, cache: Path, threads: int) -> None:
        self.model = model
        self.fingerprint = f"marker-{model}"
        self.languages = frozenset[str]()
        self._log = cache / _LOG

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        return _stack(texts)

    def encode_texts(self, texts: Sequence[str]) -> Vectors:
        self._work(texts)
        return _stack(texts)

    def encode_images(self, images: Sequence[Image.Image]) -> Vectors:
        return self.encode_texts([_marker_in(image) for image in images])

    def _work(self, texts: Sequence[str]) -> None:
        log = os.open(self._log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        try:
            for text in texts:
                time.sleep(ENCODE_SECONDS)
                os.write(log, f"{self.model} {sha256(text.encode()).hexdigest()}\n".encode())
        finally:
            os.close(log)


class MarkerReader:
    """Reads the marker that is the colour of a picture."""

    fingerprint = "marker-reader"

    def __init__(self, at_once: int, threads: int) -> None:
        pass

    def read(self, images: Iterable[Image.Image]) -> Iterator[tuple[Line, ...]]:
        for image in images:
            yield (Line(_marker_in(image), Box(0.0, 0.0, 1.0, 0.5), 0.9),)


def settings_for(cache: Path, real: bool) -> Settings:
    """Settings of a build with markers as models, or with the packaged sentence encoder."""
    if real:
        return Settings(cache=cache, workers=2, models=Models(reader=""))
    ENCODERS.register("marker", "benchmarks.kill.models:MarkerEncoder")
    READERS.register("marker", "benchmarks.kill.models:MarkerReader")
    models = Models(text="marker:text", clip="marker:clip", reader="marker")
    return Settings(cache=cache, workers=2, models=models)


def repeated(cache: Path) -> int:
    """Passages encoded more than once since `forget_work`: the most of any space."""
    try:
        lines = (cache / _LOG).read_text().splitlines()
    except FileNotFoundError:
        return 0
    extra: Counter[str] = Counter()
    for line, times in Counter(lines).items():
        extra[line.partition(" ")[0]] += times - 1
    return max(extra.values(), default=0)


def forget_work(cache: Path) -> None:
    (cache / _LOG).unlink(missing_ok=True)


def forget_vectors(cache: Path) -> None:
    """Empty the cache, so that the next build has everything to encode."""
    for path in cache.glob("cache.sqlite*"):
        path.unlink()


@lru_cache(1 << 16)
def _direction(marker: str) -> NDArray[np.float64]:
    return np.random.default_rng(int(marker[2:], 16)).standard_normal(DIM)


def _stack(texts: Sequence[str]) -> Vectors:
    rows = [
        np.sum([_direction(marker) for marker in sorted(markers_in(text)) or ["mkffffff"]], axis=0)
        for text in texts
    ]
    table = np.array(rows).reshape(-1, DIM)
    return np.asarray(table / np.linalg.norm(table, axis=1, keepdims=True), dtype=np.float32)


def _marker_in(image: Image.Image) -> str:
    red, green, blue = np.asarray(image)[0, 0].tolist()
    return marker_of(red << 16 | green << 8 | blue)
