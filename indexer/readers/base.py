"""The reader contract and its registry."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Protocol

from PIL import Image

from indexer.records import Line
from indexer.registry import Registry


class Reader(Protocol):
    """Finds text in images.

    `fingerprint` identifies weights and settings together, so that results can be cached.
    """

    fingerprint: str

    def read(self, images: Iterable[Image.Image]) -> Iterator[tuple[Line, ...]]:
        """RGB images → the lines of each, in reading order, images in the order given."""


ReaderFactory = Callable[[int, int], Reader]
"""(images at once, threads for each) → reader. Loads its models when first used."""

READERS: Registry[ReaderFactory] = Registry("reader")
READERS.register("rapidocr", "indexer.readers.ocr:RapidOcrReader")
