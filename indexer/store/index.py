"""An open index: the current generation, searched across its segments."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from math import log
from pathlib import Path
from types import MappingProxyType, TracebackType

import duckdb
import numpy as np
from numpy.typing import NDArray

from indexer.encoders.base import Space
from indexer.errors import BadQuery, IndexDamaged, TriptychError, UnknownName
from indexer.records import Filter, Scored, StoredChunk
from indexer.store.base import Selection
from indexer.store.filters import check_filters
from indexer.store.generations import commit
from indexer.store.lock import writer_lock
from indexer.store.manifest import (
    Current,
    Manifest,
    damaged,
    read_current,
    read_manifest,
    read_segment_info,
)
from indexer.store.segment import ChunkRow, Segment, SegmentWriter, check_files
from indexer.store.thumbs import thumb_path
from indexer.store.words import Ranking, WordFields

__all__ = ["ChunkRow", "Index", "SegmentWriter", "WordFields", "commit", "writer_lock"]

ALWAYS_VERIFIED = 256 << 20
"""An index up to this many bytes has every checksum verified each time it is opened.

SHA-256 reads a gigabyte or more a second, so this costs a quarter of a second at most."""

_TRIES = 3


class Index:
    """A generation of an index folder, open for searching from any number of threads.

    Implements `Store`. Made by `Index.open`; close it, or use it in a `with`.
    """

    def __init__(self, root: Path, current: Current, verify: bool) -> None:
        manifest = read_manifest(root, current)
        infos = [read_segment_info(root, ref) for ref in manifest.segments]
        size = sum(file.size for info in infos for file in info.files.values())
        for info in infos:
            check_files(root, info, whole=verify or size <= ALWAYS_VERIFIED)
        self._root = root
        self._current = current
        self.manifest: Manifest = manifest
        self.generation: int = manifest.generation
        self.spaces: Mapping[str, Space] = MappingProxyType(dict(manifest.spaces))
        self._segments: list[Segment] = []
        try:
            for ordinal, info in enumerate(infos):
                self._segments.append(Segment(root, info, ordinal))
        except IndexDamaged:
            self.close()
            raise
        self._live = [self._mask_of_live(segment) for segment in self._segments]
        self._metadata_keys = sorted({key for info in infos for key in info.metadata_keys})

    @classmethod
    def open(cls, root: Path, verify: bool = False) -> Index:
        """Open the live generation.

        Sizes of all files are checked, and checksums: of the whole files when the index is
        up to ALWAYS_VERIFIED bytes or `verify` is set, else of their first and last megabyte.
        Raises IndexNotFound, IndexDamaged naming the file, IndexMismatch for another format.
        """
        for left in reversed(range(_TRIES)):
            current = read_current(root)
            try:
                return cls(root, current, verify)
            except IndexDamaged:
                # Several commits while opening may have cleared this generation away.
                if not left or read_current(root) == current:
                    raise
        raise AssertionError("unreachable")

    def select(self, filters: Sequence[Filter], exclude: frozenset[str]) -> Selection | None:
        """See Store. Raises BadQuery for an unknown key or a value that cannot be compared."""
        check_filters(filters, self._metadata_keys)
        if not filters and not exclude and not self.manifest.tombstones:
            return None
        masks = []
        for segment, live in zip(self._segments, self._live, strict=True):
            with self._reading(segment):
                mask = segment.catalog.select(filters, exclude)
            masks.append(mask if live is None else mask & live)
        return None if all(mask.all() for mask in masks) else Selection(tuple(masks))

    def nearest(
        self, space: str, vector: NDArray[np.float32], k: int, selection: Selection | None
    ) -> list[Scored]:
        """See Store. Raises UnknownName for a space the index lacks, BadQuery for a wrong dim."""
        if space not in self.spaces:
            known = ", ".join(sorted(self.spaces)) or "none"
            raise UnknownName(f"unknown space {space!r}; this index has: {known}")
        dim = self.spaces[space].dim
        if vector.shape != (dim,) or not np.isfinite(vector).all():
            raise BadQuery(f"space {space} takes finite vectors of {dim} numbers")

        def search(segment: Segment, mask: NDArray[np.bool_] | None) -> Ranking:
            vectors = segment.spaces.get(space)
            return [] if vectors is None else vectors.search(vector, k, mask)

        return self._best(search, k, selection)

    def words(self, text: str, k: int, selection: Selection | None) -> list[Scored]:
        """See Store. Word frequencies count within each segment."""

        def search(segment: Segment, mask: NDArray[np.bool_] | None) -> Ranking:
            return segment.words.search(text, k, mask)

        return self._best(search, k, selection)

    def rarity(self, words: Iterable[str]) -> dict[str, float]:
        """See Store."""
        wanted = list(dict.fromkeys(words))
        counts = Counter(dict.fromkeys(wanted, 0))
        for segment in self._segments:
            counts.update(segment.words.frequency(wanted))
        total = self.manifest.chunks
        return {
            word: log(1 + (total - count + 0.5) / (count + 0.5)) for word, count in counts.items()
        }

    def get(self, ids: Sequence[int]) -> list[StoredChunk]:
        """See Store. Raises BadQuery naming the first id that does not exist."""
        found: dict[int, StoredChunk] = {}
        for segment in self._segments:
            first = segment.first_id
            end = first + segment.info.chunks
            rows = [i - first for i in dict.fromkeys(ids) if first <= i < end]
            if rows:
                with self._reading(segment):
                    chunks = segment.catalog.get(rows)
                found.update((chunk.id, chunk) for chunk in chunks.values())
        for i in ids:
            if i not in found:
                raise BadQuery(f"no chunk {i} in generation {self.generation}")
        return [found[i] for i in ids]

    def document(self, id: int) -> list[StoredChunk]:
        """See Store. Raises BadQuery when there is no such chunk."""
        for segment in self._segments:
            if segment.first_id <= id < segment.first_id + segment.info.chunks:
                with self._reading(segment):
                    rows = segment.catalog.siblings(id - segment.first_id)
                return self.get([segment.first_id + row for row in rows])
        raise BadQuery(f"no chunk {id} in generation {self.generation}")

    def thumb(self, name: str) -> Path | None:
        return thumb_path(self._root, name)

    def counts(self) -> Mapping[str, int | Mapping[str, int]]:
        """`documents` and `chunks`; documents per kind, language, product; chunks per modality."""
        per_field = {
            name: dict(self.manifest.counts.get(name, {}))
            for name in ("kind", "language", "modality", "product")
        }
        return {"documents": self.manifest.documents, "chunks": self.manifest.chunks, **per_field}

    def changed(self) -> bool:
        """Whether another generation has become the live one."""
        try:
            return read_current(self._root) != self._current
        except TriptychError:
            return False

    def close(self) -> None:
        for segment in self._segments:
            segment.close()

    def __enter__(self) -> Index:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _best(
        self,
        search: Callable[[Segment, NDArray[np.bool_] | None], Ranking],
        k: int,
        selection: Selection | None,
    ) -> list[Scored]:
        """The k best over all segments, by score, then id."""
        found: list[Scored] = []
        for place, segment in enumerate(self._segments):
            mask = self._live[place] if selection is None else selection.masks[place]
            ranking = search(segment, mask)
            found += [Scored(segment.first_id + row, score) for row, score in ranking]
        return sorted(found, key=lambda scored: (-scored.score, scored.id))[:k]

    def _mask_of_live(self, segment: Segment) -> NDArray[np.bool_] | None:
        """The rows that are not deleted, None when none is."""
        deleted = self.manifest.tombstones.get(segment.info.id, ())
        if not deleted:
            return None
        mask = np.ones(segment.info.chunks, np.bool_)
        mask[list(deleted)] = False
        return mask

    @contextmanager
    def _reading(self, segment: Segment) -> Iterator[None]:
        """A database error while reading is damage that a quick check could not see."""
        try:
            yield
        except duckdb.Error as error:
            raise damaged(self._root, segment.catalog.path, "cannot be read") from error
