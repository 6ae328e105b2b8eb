"""An encoder that remembers: the same text or image is encoded once per machine."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

import numpy as np
from PIL import Image

from indexer.cache import Cache, content_key
from indexer.encoders.base import Encoder
from indexer.records import Vectors

T = TypeVar("T")


class CachedEncoder:
    """Puts a cache, keyed by content, before the passage and image side of an encoder."""

    def __init__(self, encoder: Encoder, cache: Cache) -> None:
        self._encoder = encoder
        self._cache = cache
        self._kind = f"vectors/{encoder.fingerprint}"
        self.languages = encoder.languages

    def texts(self, texts: Sequence[str]) -> Vectors:
        """Passages → float32 (n, dim), unit length."""
        items = {content_key(text): text for text in texts}
        known = self._complete(items, self._encoder.encode_texts)
        return self._stack([known[content_key(text)] for text in texts])

    def images(self, images: Sequence[tuple[str, Image.Image]]) -> Vectors:
        """(content key, RGB image) pairs → float32 (n, dim), unit length."""
        known = self._complete(dict(images), self._encoder.encode_images)
        return self._stack([known[key] for key, _ in images])

    def _complete(
        self, items: Mapping[str, T], encode: Callable[[Sequence[T]], Vectors]
    ) -> dict[str, bytes]:
        size = self._encoder.dim * 4
        found = self._cache.get(self._kind, items)
        known = {key: value for key, value in found.items() if len(value) == size}
        missing = [key for key in items if key not in known]
        if missing:
            vectors = encode([items[key] for key in missing])
            fresh = {key: row.tobytes() for key, row in zip(missing, vectors, strict=True)}
            self._cache.put(self._kind, fresh)
            known |= fresh
        return known

    def _stack(self, rows: Sequence[bytes]) -> Vectors:
        flat = np.frombuffer(b"".join(rows), dtype=np.float32)
        return flat.reshape(len(rows), self._encoder.dim)
