"""Writing a segment: an immutable piece of an index, checksummed and never edited."""

from __future__ import annotations

import re
import secrets
import shutil
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np

from indexer.records import Chunk, Document, Modality, Vectors
from indexer.regions.features import Features
from indexer.store.ann.base import FLAT_LIMIT
from indexer.store.catalog import CatalogWriter, Origin
from indexer.store.centres import Centres, find_centres
from indexer.store.durable import sum_file, sync, sync_tree, writing
from indexer.store.heads import HEADS_FILE, write_heads
from indexer.store.lock import Hold, make_root
from indexer.store.manifest import (
    CATALOG,
    FORMAT,
    WORDS,
    SegmentInfo,
    SpaceFile,
    segment_path,
    space_path,
    words_key,
    write_segment_info,
)
from indexer.store.regions import REGIONS, write_regions
from indexer.store.tables import storable
from indexer.store.thumbs import ThumbWriter
from indexer.store.vectors import Rows, write_vectors
from indexer.store.words import WordFields, WordsWriter

PARTIAL = ".partial-"
"""Folders with this prefix are segments being written, or what a killed build left."""

_SPACE_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")


@dataclass(frozen=True, slots=True)
class ChunkRow:
    """A chunk as it is stored: with the name of its preview (or "") and its searched words."""

    chunk: Chunk
    thumb: str
    words: WordFields


class SegmentWriter:
    """Writes one segment below the index folder `root`, which is made if needed.

    Nothing shows in `segments/` until `seal`. Use it in a `with` around the commit: until it
    is closed nobody clears away what it wrote, and an unsealed segment is dropped then. Any
    number can be at work. `flat_limit` is the most vectors of a space that are searched
    exactly. Raises BadConfig for a folder that cannot be written or is used for other things.
    """

    def __init__(self, root: Path, flat_limit: int = FLAT_LIMIT) -> None:
        make_root(root)
        self._root = root
        self._flat_limit = flat_limit
        self._id, self._hold = _new_folder(root / "segments")
        self._folder = root / "segments" / f"{PARTIAL}{self._id}"
        try:
            with writing(self._folder):
                self._catalog = CatalogWriter(self._folder / CATALOG)
                self._words = WordsWriter(self._folder / WORDS, words_key(self._id))
        except BaseException:  # nobody has it yet who could discard it
            shutil.rmtree(self._folder, ignore_errors=True)
            self._hold.release()
            raise
        self._thumbs = ThumbWriter(root)
        self._documents = 0
        self._modalities: list[Modality] = []  # of each row
        self._counts: dict[str, Counter[str]] = defaultdict(Counter)
        self._metadata_keys: set[str] = set()
        self._vectors: dict[str, list[tuple[Rows, Vectors]]] = defaultdict(list)
        self._spaces: dict[str, SpaceFile] = {}
        self._centres: dict[str, Centres] = {}
        self._regions: dict[int, Features] = {}
        self._heads: list[tuple[Rows, Vectors]] = []
        self._sealed = False

    def add(self, origin: Origin, document: Document, chunks: Sequence[ChunkRow]) -> list[int]:
        """Store a document with its chunks; the row numbers of the chunks, in order."""
        first = len(self._modalities)
        rows = list(range(first, first + len(chunks)))
        with writing(self._folder):
            self._catalog.add_document(self._documents, origin, document)
            for row, entry in zip(rows, chunks, strict=True):
                self._catalog.add_chunk(row, self._documents, entry.chunk, entry.thumb)
                self._words.add(row, entry.words, document.language)
        for entry in chunks:
            self._modalities.append(entry.chunk.modality)
            self._counts["modality"][str(entry.chunk.modality)] += 1
        for name in ("kind", "language", "product"):
            self._counts[name][storable(getattr(document, name))] += 1
        self._metadata_keys.update(storable(key) for key in document.metadata)
        self._documents += 1
        return rows

    def add_vectors(self, space: str, rows: Sequence[int] | Rows, vectors: Vectors) -> None:
        """Give chunks their vectors in a space: float32 (len(rows), dim), unit length.

        They stay in memory until `end_space` or `seal`. Raises ValueError for anything else,
        for NaN, and for rows not added yet.
        """
        if not _SPACE_NAME.fullmatch(space) or space in self._spaces:
            raise ValueError(
                f"space name {space!r} is ended, or not lower-case letters, digits, - and _"
            )
        if vectors.dtype != np.float32 or vectors.ndim != 2 or len(vectors) != len(rows):
            raise ValueError(
                f"space {space}: {len(rows)} rows with vectors of {vectors.dtype} {vectors.shape}"
            )
        places = np.asarray(rows, np.int64)
        chunks = len(self._modalities)
        if len(places) and not (places.min() >= 0 and places.max() < chunks):
            raise ValueError(f"space {space}: rows beyond the {chunks} chunks added")
        lengths = np.sqrt(np.einsum("nd,nd->n", vectors, vectors))  # no copy, unlike norm
        if not np.allclose(lengths, 1.0, atol=1e-3):
            raise ValueError(f"space {space}: vectors are not of unit length")
        self._vectors[space].append((places, vectors))

    def end_space(self, space: str) -> None:
        """Write out the vectors of a space, to which no more are added, and free their memory.

        Raises ValueError when a chunk has two vectors in it.
        """
        parts = self._vectors.pop(space)
        if len(parts) == 1:
            rows, vectors = parts[0]
        else:
            rows = np.concatenate([rows for rows, _ in parts])
            vectors = np.concatenate([vectors for _, vectors in parts])
        parts.clear()
        if len(np.unique(rows)) != len(rows):
            raise ValueError(f"space {space}: a chunk was given two vectors")
        if (np.diff(rows) < 0).any():
            order = np.argsort(rows)
            rows, vectors = rows[order], vectors[order]
        self._centres[space] = find_centres(vectors, [self._modalities[row] for row in rows])
        path = space_path(self._folder, space)
        with writing(path):
            self._spaces[space] = write_vectors(path, rows, vectors, self._flat_limit)

    def add_regions(self, row: int, features: Features) -> None:
        """Give an image its local features, which stay in memory until `seal`."""
        if len(features):
            self._regions[row] = features

    def add_heads(self, rows: Sequence[int] | Rows, vectors: Vectors) -> None:
        """Give the heads that begin at these rows their vectors: float32 (len(rows), dim).

        They are of unit length, of the text encoder, and stay in memory until `seal`.
        """
        if len(rows):
            self._heads.append((np.asarray(rows, np.int64), vectors))

    def add_thumb(self, name: str, data: bytes) -> None:
        """Store a preview image as `thumbs/NAME`, unless it is there already."""
        self._thumbs.add(name, data)

    def seal(self) -> SegmentInfo:
        """Finish the segment: checksums, fsync, rename into place. It still needs a commit.

        Raises ValueError when a chunk has two vectors in one space.
        """
        for space in list(self._vectors):
            self.end_space(space)
        with writing(self._folder):
            self._catalog.close()
            self._words.close()
            if self._regions:
                write_regions(self._folder / REGIONS, dict(sorted(self._regions.items())))
            if self._heads:
                write_heads(self._folder / HEADS_FILE, self._heads)
        info = SegmentInfo(
            format=FORMAT,
            id=self._id,
            chunks=len(self._modalities),
            documents=self._documents,
            spaces=dict(sorted(self._spaces.items())),
            centres=dict(sorted(self._centres.items())),
            counts={name: dict(values) for name, values in self._counts.items()},
            metadata_keys=tuple(sorted(self._metadata_keys)),
            files={
                path.relative_to(self._folder).as_posix(): sum_file(path)
                for path in sorted(self._folder.rglob("*"))
                if path.is_file()
            },
        )
        write_segment_info(self._folder, info)
        with writing(self._folder):
            sync_tree(self._folder)
            self._thumbs.sync()
            self._folder.rename(segment_path(self._root, self._id))
            sync(self._root / "segments")
        self._sealed = True
        return info

    def discard(self) -> None:
        """Drop what was written, unless it is sealed, and let go of it."""
        if not self._sealed:
            self._catalog.abandon()
            self._words.abandon()
            shutil.rmtree(self._folder, ignore_errors=True)
        self.close()

    def close(self) -> None:
        """Let go of the segment. One that no generation needs is cleared away by a commit."""
        self._hold.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.discard()


def _new_folder(segments: Path) -> tuple[str, Hold]:
    """Make a folder for a segment of a new id and words key, and hold it."""
    segments.mkdir(exist_ok=True)
    while True:
        id = secrets.token_hex(8)
        folder = segments / f"{PARTIAL}{id}"
        folder.mkdir()
        hold = Hold.take(folder)
        if hold is None:  # cleared away as a scrap before it was held
            continue
        others = (path.name.removeprefix(PARTIAL) for path in segments.iterdir())
        if not any(other[:8] == id[:8] and other != id for other in others):
            return id, hold
        folder.rmdir()
        hold.release()
