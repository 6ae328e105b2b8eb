"""Purging: removed documents leave the disk, the caches of this machine included."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from indexer.building.spool import spool_path
from indexer.cache import Cache, content_key
from indexer.config import Settings
from indexer.lanes import head, passage, shared_space_text
from indexer.readers.speech import CACHED
from indexer.store.lock import writer_lock
from indexer.store.purge import Purged, stored_chunks
from indexer.store.purge import purge as purge_index
from indexer.store.thumbs import pictured


def purge(root: Path, settings: Settings, whole_cache: bool = False) -> Purged:
    """Rewrite what holds removed documents, drop older generations, and prove it.

    What was read in their images and their vectors leave the cache, unless a document that
    stays has the same content, and so do all language models for speech, which are made anew in
    seconds. Versions that were cleared away before, by later builds, are
    no longer known here: `whole_cache` empties the cache. Raises as store.purge does.
    """
    with writer_lock(root), closing(Cache(settings.cache)) as cache:
        before = set(_keys(root))
        purged = purge_index(root)
        spool_path(settings.cache, root).unlink(missing_ok=True)
        if whole_cache:
            cache.empty()
        else:
            cache.forget(before - set(_keys(root)))
            cache.forget_kind(CACHED)
    return purged


def _keys(root: Path) -> Iterator[str]:
    """The beginnings of the content keys of all chunks on disk, live or not."""
    for title, chunk, thumb in stored_chunks(root):
        yield content_key(passage(title, chunk))
        yield from (content_key(head(one, chunk)) for one in (title, ""))
        if chunk.picture is None:
            yield content_key(shared_space_text(title, chunk))
        elif thumb:
            yield pictured(thumb)
