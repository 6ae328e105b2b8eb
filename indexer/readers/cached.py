"""A reader that remembers: the same image is read once per machine."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import astuple

from PIL import Image

from indexer.cache import Cache
from indexer.readers.base import Reader
from indexer.records import Box, Line


class CachedReader:
    """Puts a cache, keyed by the encoded image's content, before a reader."""

    def __init__(self, reader: Reader, cache: Cache) -> None:
        self._reader = reader
        self._cache = cache
        self._kind = f"lines/{reader.fingerprint}"

    def read(
        self, images: Sequence[tuple[str, Image.Image]], done: Callable[[], None] = lambda: None
    ) -> list[tuple[Line, ...]]:
        """(content key, RGB image) pairs → the lines of each, in the order given.

        Every result is stored as soon as it is there, so that a killed run loses little;
        `done` is called after each image that had to be read.
        """
        known = {
            key: _unpack(value)
            for key, value in self._cache.get(self._kind, (key for key, _ in images)).items()
        }
        missing = {key: image for key, image in images if key not in known}
        for key, lines in zip(missing, self._reader.read(missing.values()), strict=True):
            known[key] = lines
            self._cache.put(self._kind, {key: _pack(lines)})
            done()
        return [known[key] for key, _ in images]


def _pack(lines: Sequence[Line]) -> bytes:
    rows = [
        [line.text, [round(edge, 5) for edge in astuple(line.box)], round(line.confidence, 4)]
        for line in lines
    ]
    return json.dumps(rows, ensure_ascii=False).encode()


def _unpack(value: bytes) -> tuple[Line, ...]:
    return tuple(Line(text, Box(*box), confidence) for text, box, confidence in json.loads(value))
