"""A segment: an immutable piece of an index. Written once, checksummed, never edited."""

from __future__ import annotations

import re
import secrets
import shutil
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np

from indexer.records import Chunk, Document, Vectors
from indexer.store.catalog import Catalog, CatalogWriter, storable
from indexer.store.durable import find_fault, sum_file, sync, sync_tree
from indexer.store.lock import joined_lock
from indexer.store.manifest import (
    FORMAT,
    SegmentInfo,
    SpaceFile,
    damaged,
    segment_path,
    write_segment_info,
)
from indexer.store.thumbs import ThumbWriter
from indexer.store.vectors import FLAT_LIMIT, SpaceVectors, write_vectors
from indexer.store.words import WordFields, Words, WordsWriter

PARTIAL = ".partial-"
"""Folders with this prefix are segments being written, or what a killed build left."""

ID_BITS = 32
"""A chunk id is the ordinal of its segment, shifted by this, plus its row."""

_CATALOG = "catalog.duckdb"
_WORDS = "words"
_SPACE_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")


@dataclass(frozen=True, slots=True)
class ChunkRow:
    """A chunk as it is stored: with the name of its preview (or "") and its searched words."""

    chunk: Chunk
    thumb: str
    words: WordFields


class SegmentWriter:
    """Writes one segment below the index folder `root`, which is made if needed.

    Nothing shows in `segments/` until `seal`. Raises BadConfig while another process writes
    to this index. `flat_limit` is the most vectors of a space that are searched exactly.
    """

    def __init__(self, root: Path, flat_limit: int = FLAT_LIMIT) -> None:
        self._root = root
        self._flat_limit = flat_limit
        self._open = ExitStack()
        self._open.enter_context(joined_lock(root))
        self._id = secrets.token_hex(8)
        self._folder = root / "segments" / f"{PARTIAL}{self._id}"
        self._folder.mkdir(parents=True)
        self._catalog = CatalogWriter(self._folder / _CATALOG)
        self._words = WordsWriter(self._folder / _WORDS)
        self._thumbs = ThumbWriter(root)
        self._documents = 0
        self._chunks = 0
        self._counts: dict[str, Counter[str]] = defaultdict(Counter)
        self._metadata_keys: set[str] = set()
        self._vectors: dict[str, list[tuple[Sequence[int], Vectors]]] = defaultdict(list)

    def add(self, source: str, document: Document, chunks: Sequence[ChunkRow]) -> list[int]:
        """Store a document with its chunks; the row numbers of the chunks, in order."""
        rows = list(range(self._chunks, self._chunks + len(chunks)))
        self._catalog.add_document(self._documents, source, document)
        for row, entry in zip(rows, chunks, strict=True):
            self._catalog.add_chunk(row, self._documents, entry.chunk, entry.thumb)
            self._words.add(row, entry.words)
            self._counts["modality"][str(entry.chunk.modality)] += 1
        for name in ("kind", "language", "product"):
            self._counts[name][storable(getattr(document, name))] += 1
        self._metadata_keys.update(storable(key) for key in document.metadata)
        self._documents += 1
        self._chunks += len(chunks)
        return rows

    def add_vectors(self, space: str, rows: Sequence[int], vectors: Vectors) -> None:
        """Give chunks their vectors in a space: float32 (len(rows), dim), unit length.

        Raises ValueError for anything else, for NaN, and for rows not added yet.
        """
        if not _SPACE_NAME.fullmatch(space):
            raise ValueError(f"space name {space!r} is not lower-case letters, digits, - and _")
        if vectors.dtype != np.float32 or vectors.ndim != 2 or len(vectors) != len(rows):
            raise ValueError(
                f"space {space}: {len(rows)} rows with vectors of {vectors.dtype} {vectors.shape}"
            )
        if rows and not (min(rows) >= 0 and max(rows) < self._chunks):
            raise ValueError(f"space {space}: rows beyond the {self._chunks} chunks added")
        lengths = np.linalg.norm(vectors, axis=1)
        if not np.allclose(lengths, 1.0, atol=1e-3):
            raise ValueError(f"space {space}: vectors are not of unit length")
        self._vectors[space].append((rows, vectors))

    def add_thumb(self, name: str, data: bytes) -> None:
        """Store a preview image as `thumbs/NAME`, unless it is there already."""
        self._thumbs.add(name, data)

    def seal(self) -> SegmentInfo:
        """Finish the segment: checksums, fsync, rename into place. It still needs a commit.

        Raises ValueError when a chunk has two vectors in one space.
        """
        spaces = {name: self._write_space(name) for name in sorted(self._vectors)}
        self._catalog.close()
        self._words.close()
        info = SegmentInfo(
            format=FORMAT,
            id=self._id,
            chunks=self._chunks,
            documents=self._documents,
            spaces=spaces,
            counts={name: dict(values) for name, values in self._counts.items()},
            metadata_keys=tuple(sorted(self._metadata_keys)),
            files={
                path.relative_to(self._folder).as_posix(): sum_file(path)
                for path in sorted(self._folder.rglob("*"))
                if path.is_file()
            },
        )
        write_segment_info(self._folder, info)
        sync_tree(self._folder)
        self._thumbs.sync()
        self._folder.rename(segment_path(self._root, self._id))
        sync(self._root / "segments")
        self._open.close()
        return info

    def discard(self) -> None:
        """Drop what was written. Does nothing after `seal`."""
        self._catalog.abandon()
        self._words.abandon()
        shutil.rmtree(self._folder, ignore_errors=True)
        self._open.close()

    def _write_space(self, space: str) -> SpaceFile:
        parts = self._vectors.pop(space)
        rows = np.concatenate([np.asarray(rows, np.int64) for rows, _ in parts])
        vectors = np.concatenate([vectors for _, vectors in parts])
        if len(np.unique(rows)) != len(rows):
            raise ValueError(f"space {space}: a chunk was given two vectors")
        order = np.argsort(rows)
        path = self._folder / f"{space}.faiss"
        return write_vectors(path, rows[order], vectors[order], self._flat_limit)


class Segment:
    """A sealed segment, open for searching."""

    def __init__(self, root: Path, info: SegmentInfo, ordinal: int) -> None:
        """Raises IndexDamaged naming the file that cannot be opened."""
        self.info = info
        self.first_id = ordinal << ID_BITS
        folder = segment_path(root, info.id)
        path = folder
        try:
            path = folder / _WORDS
            self.words = Words(path)
            self.spaces: Mapping[str, SpaceVectors] = {}
            for space in info.spaces:
                path = folder / f"{space}.faiss"
                self.spaces = {**self.spaces, space: SpaceVectors(path)}
            path = folder / _CATALOG
            self.catalog = Catalog(path, info.chunks, info.metadata_keys, self.first_id)
        except (RuntimeError, ValueError, OSError, duckdb.Error) as error:
            raise damaged(root, path, "cannot be opened") from error

    def close(self) -> None:
        self.catalog.close()


def check_files(root: Path, info: SegmentInfo, whole: bool) -> None:
    """Raise IndexDamaged for the first file that is not as it was sealed."""
    folder = segment_path(root, info.id)
    for name, expected in info.files.items():
        fault = find_fault(folder / name, expected, whole)
        if fault is not None:
            raise damaged(root, folder / name, fault)


def thumbs_of(root: Path, info: SegmentInfo) -> set[str]:
    """The previews that a segment's chunks point at. Raises IndexDamaged."""
    path = segment_path(root, info.id) / _CATALOG
    try:
        catalog = Catalog(path, info.chunks, info.metadata_keys, 0)
        try:
            return catalog.thumbs()
        finally:
            catalog.close()
    except duckdb.Error as error:
        raise damaged(root, path, "cannot be opened") from error
