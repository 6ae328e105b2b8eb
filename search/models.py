"""The models behind an engine, and what the engines of two generations share of them."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from pathlib import Path

from indexer.cache import Cache
from indexer.config import Settings
from indexer.encoders.base import Encoder, Space
from indexer.encoders.choose import canonical, encoder_of
from indexer.encoders.text_tower import share_towers
from indexer.errors import IndexMismatch
from indexer.readers.base import READERS
from indexer.readers.cached import CachedReader
from search.rerank.base import Reranker, reranker_of


class Models:
    """The encoder of every space of the index at `root`, and the reader of the text in images.

    Encoders whose texts go through the same tower share it. With `base`, which must be open and
    made with the same settings, its encoders of equal spaces, its reader, its reranker and its
    cache are taken over. `fresh` says whether an encoder was made. Raises IndexMismatch or
    MissingModel.
    """

    def __init__(
        self,
        spaces: Mapping[str, Space],
        settings: Settings,
        base: Models | None = None,
        root: Path = Path(),
    ) -> None:
        kept = base._of_equal(spaces) if base else {}
        self._spaces = dict(spaces)
        self.encoders: Mapping[str, Encoder] = {
            name: kept[name] if name in kept else encoder_of(space, settings, root)
            for name, space in spaces.items()
        }
        share_towers([*kept.values(), *self.encoders.values()])
        self.fresh = len(kept) < len(spaces)
        self.reranker: Reranker | None = base.reranker if base else reranker_of(settings)
        # The cache is opened last: nothing above leaves it open by failing.
        make = READERS.get(settings.models.reader) if settings.models.reader else None
        self._cache: _SharedCache = (
            base._cache.share() if base else _SharedCache(Cache(settings.cache))
        )
        self.reader: CachedReader | None = None
        if base:
            self.reader = base.reader
        elif make:
            self.reader = CachedReader(make(1, settings.threads), self._cache.cache)
        self._closed = False

    def _of_equal(self, spaces: Mapping[str, Space]) -> dict[str, Encoder]:
        """The encoders here whose space, its fingerprint included, is among `spaces`."""
        return {
            name: encoder
            for name, encoder in self.encoders.items()
            if spaces.get(name) == self._spaces[name]
        }

    @property
    def cache(self) -> Cache:
        return self._cache.cache

    def close(self) -> None:
        """Let go of the cache, which closes with the last engine that uses it."""
        if not self._closed:
            self._closed = True
            self._cache.release()


def check_models(spaces: Mapping[str, Space], settings: Settings) -> None:
    """A model that the settings name and the index was not made with is no silent matter.

    Raises IndexMismatch.
    """
    for name in ("text", "clip"):
        wanted = getattr(settings.models, name)
        space = spaces.get(name)
        if name not in settings.models.model_fields_set or not wanted:
            continue
        made_with = space.model if space else "no model"
        if canonical(wanted)[1] != made_with:
            raise IndexMismatch(
                f"the index's {name} space was made with {made_with}, but the settings ask for "
                f"{wanted}; rebuild with: triptych index SOURCE --into DIR"
            )


class _SharedCache:
    """An open cache and how many engines use it."""

    def __init__(self, cache: Cache) -> None:
        self.cache = cache
        self._users = 1
        self._lock = threading.Lock()

    def share(self) -> _SharedCache:
        with self._lock:
            self._users += 1
        return self

    def release(self) -> None:
        with self._lock:
            self._users -= 1
            unused = not self._users
        if unused:
            self.cache.close()
