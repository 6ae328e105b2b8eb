"""The reader contract and its registry."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

from PIL import Image

from indexer.records import Line
from indexer.registry import Registry


class Reader(Protocol):
    """Finds text in images.

    `fingerprint` identifies weights and settings together, so that results can be cached.
    """

    fingerprint: str

    def read(self, images: Sequence[Image.Image]) -> Iterator[tuple[Line, ...]]:
        """RGB images → the lines of each, in reading order, images in the order given."""


READERS: Registry[Callable[[], Reader]] = Registry("reader")
READERS.register("rapidocr", "indexer.readers.ocr:RapidOcrReader")
