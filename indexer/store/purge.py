"""Purging: deleted documents leave the disk, and that they have is proved."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

import duckdb

from indexer.errors import IndexBusy
from indexer.records import Chunk
from indexer.store.catalog import Catalog, StoredDocument
from indexer.store.clear import clear, needed
from indexer.store.fits import FITS, fit_path, fitted_space
from indexer.store.index import Index
from indexer.store.lock import joined_lock
from indexer.store.manifest import (
    CATALOG,
    WORDS,
    damaged,
    generation_numbers,
    generation_path,
    read_current,
    read_manifest,
    read_segment_info,
    segment_path,
)
from indexer.store.merge import merge, refit
from indexer.store.sealed import open_words
from indexer.store.thumbs import thumbs_folder
from indexer.store.uploads import original_name, uploads_folder

_BATCH = 500
"""Documents read at once."""

_PURGED = ("generations", "ledgers", FITS, "segments", "thumbs", "documents")


@dataclass(frozen=True, slots=True)
class Purged:
    """What a purge did: the live generation, versions of documents that were on disk and are
    not any more, segments rewritten, bytes freed."""

    generation: int
    documents: int
    segments: int
    bytes: int


def purge(root: Path) -> Purged:
    """Rewrite the segments with deleted documents, then drop all generations but the live one.

    Afterwards every catalog on disk is read to prove that nothing but live documents is left.
    Raises IndexBusy while another process writes, IndexNotFound, IndexMismatch, IndexDamaged,
    also when the proof fails.
    """
    with joined_lock(root):
        before, size = _stored(root), _bytes(root)
        live = read_manifest(root, read_current(root))
        dirty = [ref.id for ref in live.segments if ref.id in live.tombstones]
        if fitted_space(live.spaces.values()):  # its fit may know words that nobody else has left
            live = refit(root, "purge", dirty) or live
        elif dirty:
            live = merge(root, dirty, "purge") or live
        _prove(root, whole=clear(root, only_live=True))
        after = _stored(root)
        return Purged(
            live.generation, len(before.keys() - after.keys()), len(dirty), size - _bytes(root)
        )


def _prove(root: Path, whole: bool) -> None:
    """Check that nothing on disk is beyond what is live."""
    if not whole:
        raise IndexBusy(
            f"{root}: a segment is being written, or an old file could not be removed; "
            "wait until the writer ends, then purge again"
        )
    with Index.open(root, verify=True) as index:
        manifest = index.manifest
        listed = Counter(_identity(document) for document in index.documents())
    names = {ref.id for ref in manifest.segments}
    thumbs, originals = needed(root, manifest.segments)
    uploads = uploads_folder(root)
    fits = {fit_path(root, space.fingerprint) for space in manifest.spaces.values()}
    left = {
        *(set((root / FITS).glob("*")) - fits),
        *((root / "segments" / name) for name in _names(root / "segments") - names),
        *(thumbs_folder(root) / name for name in _names(thumbs_folder(root)) - thumbs),
        *(path for path in uploads.glob("*") if original_name(path.name) not in originals),
        *(generation_path(root, n) for n in generation_numbers(root) if n != manifest.generation),
    }
    for path in sorted(left):
        raise damaged(root, path, "is still there after the purge")
    if manifest.tombstones or _stored(root) != listed:
        raise damaged(root, root / "segments", "deleted documents are there after the purge")
    infos = [read_segment_info(root, ref) for ref in manifest.segments]
    for info, rows in zip(infos, open_words(root, infos).rows(), strict=True):
        if rows.tolist() != list(range(info.chunks)):
            raise damaged(root, segment_path(root, info.id) / WORDS, "has other rows than chunks")


def stored_chunks(root: Path) -> Iterator[tuple[str, Chunk, str]]:
    """Title, chunk and preview of everything in a catalog on disk that can be read, live or not.

    Pictures come without their bytes.
    """
    for path in (root / "segments").glob(f"*/{CATALOG}"):
        with suppress(duckdb.Error), closing(Catalog(path, 0, ())) as catalog:
            for first in range(0, catalog.size(), _BATCH):
                for found in catalog.read(first, first + _BATCH):
                    for chunk, thumb in found.chunks:
                        yield found.document.title, chunk, thumb


def _stored(root: Path) -> Counter[tuple[str, str, str, str]]:
    """Every version of a document in a catalog on disk that can be read, live or not."""
    found: Counter[tuple[str, str, str, str]] = Counter()
    for path in (root / "segments").glob(f"*/{CATALOG}"):
        with suppress(duckdb.Error), closing(Catalog(path, 0, ())) as catalog:
            found.update(map(_identity, catalog.documents(path.parent.name, None)))
    return found


def _identity(document: StoredDocument) -> tuple[str, str, str, str]:
    return document.source, document.path, document.file, document.key


def _names(folder: Path) -> set[str]:
    return {path.name for path in folder.glob("*")}


def _bytes(root: Path) -> int:
    return sum(
        path.lstat().st_size
        for name in _PURGED
        for path in (root / name).rglob("*")
        if path.is_file()
    )
