"""Features that are remembered: those of an image are found once per machine."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from PIL import Image

from indexer.cache import Cache
from indexer.regions.extract import FINGERPRINT, STORED, extract
from indexer.regions.features import Features


class CachedFeatures:
    """Puts a cache, keyed by the encoded image's content, before `extract`."""

    def __init__(self, cache: Cache, threads: int) -> None:
        self._cache = cache
        self._threads = threads
        self._kind = f"regions/{FINGERPRINT}"

    def find(self, images: Sequence[tuple[str, Image.Image]]) -> dict[str, Features]:
        """(content key, RGB image) pairs → the features to store of each, by key."""
        wanted = dict(images)
        stored = self._cache.get(self._kind, wanted)
        known = {key: Features.from_bytes(value) for key, value in stored.items()}
        missing = [key for key in wanted if key not in known]
        with ThreadPoolExecutor(self._threads) as pool:
            found = pool.map(lambda key: extract(wanted[key], STORED), missing)
            new = dict(zip(missing, found, strict=True))
        self._cache.put(self._kind, {key: value.to_bytes() for key, value in new.items()})
        return known | new
