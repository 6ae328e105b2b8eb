"""Retention: which generations are kept, and clearing away what none of them needs."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from pathlib import Path

import duckdb

from indexer.errors import IndexDamaged, IndexMismatch, IndexNotFound
from indexer.store.catalog import Catalog
from indexer.store.copies import copy_path, gone_path
from indexer.store.durable import sync
from indexer.store.fits import FITS
from indexer.store.lock import Hold, joined_lock
from indexer.store.manifest import (
    CATALOG,
    Manifest,
    SegmentRef,
    damaged,
    generation_numbers,
    generation_path,
    read_current,
    read_manifest,
    read_segment_info,
    recall_manifest,
    segment_path,
)
from indexer.store.thumbs import thumbs_folder, thumbs_lock
from indexer.store.uploads import UPLOADED, original_name, uploads_folder

KEPT = 3
"""Generations kept besides the live one: the newest of any cause, and the newest builds."""

BUILDS = frozenset({"index", "rebuild", "repair"})
"""Causes of generations to go back to when many small changes came after them."""


def clear(root: Path, only_live: bool = False) -> bool:
    """Drop generations beyond the kept ones, then whatever no kept one needs.

    Kept are the live one, the newest KEPT of any cause and the newest KEPT of BUILDS; with
    `only_live` the live one alone. Segments that a writer holds are left alone, and previews
    and originals as well while there are any, since it may count on some. These are looked
    through only when a segment went, or with `only_live`. Does nothing where the live
    generation cannot be read. True when all went that was not needed. Raises IndexBusy while
    another process writes, OSError.
    """
    with joined_lock(root):
        kept = _keep(root, only_live)
        if not kept:
            return False
        for stem in {path.stem for path in (root / "generations").glob("*")}:
            if stem.isdecimal() and int(stem) not in kept:
                drop_generation(root, int(stem))
        _drop_files(root / "generations", lambda path: path.stem.isdecimal())
        ledgers = {manifest.ledger for manifest in kept.values()}
        _drop_files(root / "ledgers", lambda path: path.stem in ledgers)
        fits = {space.fingerprint for one in kept.values() for space in one.spaces.values()}
        _drop_files(root / FITS, lambda path: path.stem in fits)
        for scrap in root.glob(".*.tmp"):
            scrap.unlink(missing_ok=True)
        refs = {ref.id: ref for manifest in kept.values() for ref in manifest.segments}
        with thumbs_lock(root, alone=True):
            dropped, held = _drop_segments(root, refs)
            if held:
                return False
            if dropped or only_live:
                return _drop_shared(root, refs.values())
    return True


def drop_generation(root: Path, number: int) -> None:
    """Remove a generation file and its copy; a kill in between leaves neither to be missed."""
    path = generation_path(root, number)
    with suppress(FileNotFoundError):
        path.rename(gone_path(path))
    copy_path(path).unlink(missing_ok=True)
    gone_path(path).unlink(missing_ok=True)
    sync(path.parent)


def needed(root: Path, refs: Iterable[SegmentRef]) -> tuple[set[str], set[str]]:
    """The previews and the originals that these segments refer to.

    Raises IndexDamaged, IndexMismatch.
    """
    thumbs: set[str] = set()
    originals: set[str] = set()
    for ref in refs:
        info = read_segment_info(root, ref)
        path = segment_path(root, ref.id) / CATALOG
        try:
            catalog = Catalog(path, info.chunks, info.metadata_keys)
            try:
                thumbs |= catalog.thumbs()
                originals |= catalog.files(UPLOADED)
            finally:
                catalog.close()
        except duckdb.Error as error:
            raise damaged(root, path, "cannot be opened") from error
    return thumbs, originals


def _keep(root: Path, only_live: bool) -> dict[int, Manifest]:
    """The generations to keep; none where the live one cannot be read."""
    try:
        current = read_current(root)
        live = read_manifest(root, current)
    except (IndexNotFound, IndexDamaged, IndexMismatch):
        return {}
    found = {live.generation: live}
    for number in () if only_live else generation_numbers(root):
        # A file that cannot be read now may be whole: an OSError ends the clearing.
        generation_path(root, number).read_bytes()
        manifest = found.get(number) or recall_manifest(root, number)
        if manifest is not None:
            found[number] = manifest
    newest = sorted(found)
    builds = [number for number in newest if found[number].cause in BUILDS]
    kept = {live.generation, *newest[-KEPT:], *builds[-KEPT:]}
    return {number: found[number] for number in sorted(kept)}


def _drop_segments(root: Path, kept: Collection[str]) -> tuple[int, int]:
    """Remove segments that are not kept: how many went, and how many a writer holds."""
    dropped = held = 0
    folders = (root / "segments").iterdir() if (root / "segments").is_dir() else ()
    for folder in [folder for folder in folders if folder.name not in kept and folder.is_dir()]:
        hold = Hold.take(folder)
        if hold is None:
            held += folder.is_dir()
            continue
        shutil.rmtree(folder, ignore_errors=True)
        hold.release()
        dropped += 1
    return dropped, held


def _drop_shared(root: Path, refs: Iterable[SegmentRef]) -> bool:
    try:
        thumbs, originals = needed(root, refs)
    except (IndexDamaged, IndexMismatch):  # an unreadable older segment: keep them all
        return False
    _drop_files(thumbs_folder(root), lambda path: path.name in thumbs)
    _drop_files(uploads_folder(root), lambda path: original_name(path.name) in originals)
    return True


def _drop_files(folder: Path, is_kept: Callable[[Path], bool]) -> None:
    """Remove all files of a folder but the kept ones."""
    dropped = [path for path in folder.glob("*") if not is_kept(path)]
    for path in dropped:
        path.unlink(missing_ok=True)
    if dropped:
        sync(folder)
