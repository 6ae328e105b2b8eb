"""A sealed segment, open for searching and shared by the generations that hold it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from threading import Lock

import duckdb
import numpy as np
from numpy.typing import NDArray

from indexer.records import Modality
from indexer.store.catalog import Catalog
from indexer.store.durable import find_fault
from indexer.store.heads import HEADS_FILE, Heads
from indexer.store.manifest import (
    CATALOG,
    WORDS,
    SegmentInfo,
    SegmentRef,
    damaged,
    read_segment_info,
    segment_path,
    space_path,
    words_key,
)
from indexer.store.regions import REGIONS, Regions
from indexer.store.vectors import SpaceVectors
from indexer.store.words import Words

ALWAYS_VERIFIED = 256 << 20
"""Up to this many bytes have every checksum verified each time they are opened.

SHA-256 reads a gigabyte or more a second, so this costs a quarter of a second at most."""

Mask = NDArray[np.bool_] | None
"""Which rows may be returned (bool, (rows,)); None means all."""


class Segment:
    """Catalog and vectors of a sealed segment. Used from any number of threads.

    Every index that holds it closes it once; the last one closes the files.
    """

    def __init__(self, root: Path, ref: SegmentRef, info: SegmentInfo) -> None:
        """Raises IndexDamaged naming the file that cannot be opened."""
        self.sha256 = ref.sha256
        self.info = info
        self._root = root
        self._users = 1
        self._lock = Lock()
        folder = path = segment_path(root, info.id)
        spaces: dict[str, SpaceVectors] = {}
        try:
            for space in info.spaces:
                path = space_path(folder, space)
                spaces[space] = SpaceVectors(path)
            path = folder / REGIONS
            self.regions = Regions(path) if REGIONS in info.files else None
            path = folder / HEADS_FILE
            self.heads = Heads(path) if HEADS_FILE in info.files else None
            path = folder / CATALOG
            self.catalog = Catalog(path, info.chunks, info.metadata_keys)
        except (RuntimeError, ValueError, OSError, duckdb.Error) as error:
            raise damaged(root, path, "cannot be opened") from error
        self.spaces: Mapping[str, SpaceVectors] = spaces

    @cached_property
    def owners(self) -> NDArray[np.int32]:
        """The document of each row, (rows,), ascending. Raises IndexDamaged."""
        try:
            return self.catalog.owners()
        except duckdb.Error as error:
            raise damaged(self._root, self.catalog.path, "cannot be read") from error

    def of(self, modality: Modality) -> NDArray[np.bool_]:
        """Which rows are of a modality, bool (rows,). Raises IndexDamaged."""
        mask: NDArray[np.bool_] = self._modalities == modality
        return mask

    @cached_property
    def _modalities(self) -> NDArray[np.str_]:
        """The modality of each row, (rows,)."""
        try:
            return self.catalog.modalities()
        except duckdb.Error as error:
            raise damaged(self._root, self.catalog.path, "cannot be read") from error

    def rows_of(self, document: int) -> range:
        """The rows of a document, in reading order."""
        # Keys of another type would have the whole array converted.
        keys = np.array([document, document + 1], self.owners.dtype)
        first, stop = np.searchsorted(self.owners, keys)
        return range(int(first), int(stop))

    def live(self, dead: Collection[int]) -> Mask:
        """The rows of all documents but `dead` ones; None when that is every row."""
        if not dead:
            return None
        lives = np.ones(self.info.documents, np.bool_)
        lives[list(dead)] = False
        mask: NDArray[np.bool_] = lives[self.owners]
        return None if mask.all() else mask

    def share(self) -> bool:
        """Count another user; False when the last one has closed it."""
        with self._lock:
            if self._users:
                self._users += 1
            return self._users > 0

    def close(self) -> None:
        with self._lock:
            self._users -= 1
            last = self._users == 0
        if last:
            self.catalog.close()


def open_segments(
    root: Path, refs: Sequence[SegmentRef], verify: bool, base: Sequence[Segment]
) -> list[Segment]:
    """Open segments, checked, but share those of `base` that are the same.

    The new ones are checked whole when they are small together or `verify` is set, else by
    size and ends. Raises IndexDamaged, IndexMismatch.
    """
    held = {(segment.info.id, segment.sha256): segment for segment in base}
    found: dict[str, Segment] = {}
    try:
        for ref in refs:
            known = held.get((ref.id, ref.sha256))
            if known is not None and known.share():
                found[ref.id] = known
        infos = [read_segment_info(root, ref) for ref in refs if ref.id not in found]
        size = sum(file.size for info in infos for file in info.files.values())
        for info in infos:
            check_files(root, info, whole=verify or size <= ALWAYS_VERIFIED)
        new = {info.id: info for info in infos}
        for ref in refs:
            if ref.id in new:
                found[ref.id] = Segment(root, ref, new[ref.id])
    except BaseException:
        for segment in found.values():
            segment.close()
        raise
    return [found[ref.id] for ref in refs]


def open_words(root: Path, segments: Sequence[SegmentInfo]) -> Words:
    """The words of these segments, ranked together. Raises IndexDamaged naming the folder."""
    folders = [(segment_path(root, info.id) / WORDS, words_key(info.id)) for info in segments]
    spoken = sum((Counter(info.counts.get("language", {})) for info in segments), Counter[str]())
    try:
        return Words(folders, spoken)
    except (ValueError, OSError) as error:
        for folder, key in folders:
            try:
                Words([(folder, key)])
            except (ValueError, OSError):
                raise damaged(root, folder, "cannot be opened") from error
        raise damaged(root, root / "segments", "the words do not open together") from error


def check_files(root: Path, info: SegmentInfo, whole: bool) -> None:
    """Raise IndexDamaged for the first file that is not as it was sealed."""
    folder = segment_path(root, info.id)
    for name, expected in info.files.items():
        fault = find_fault(folder / name, expected, whole)
        if fault is not None:
            raise damaged(root, folder / name, fault)
