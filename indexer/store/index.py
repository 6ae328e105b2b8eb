"""An open index: the current generation, searched across its segments."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from heapq import nsmallest
from pathlib import Path
from types import MappingProxyType

import duckdb
import numpy as np
from numpy.typing import NDArray

from indexer.encoders.base import Space
from indexer.errors import BadQuery, IndexDamaged, TriptychError, UnknownName
from indexer.records import Filter, Modality, Scored, StoredChunk
from indexer.regions.features import Features
from indexer.store.base import Parts, Selection, Shown
from indexer.store.catalog import Origin, StoredDocument
from indexer.store.centres import Clouds
from indexer.store.filters import check_filters
from indexer.store.generations import Change, commit, find_generation
from indexer.store.heads import rank_heads
from indexer.store.lock import writer_lock
from indexer.store.manifest import Current, Manifest, damaged, read_current, read_manifest
from indexer.store.regions import Seen, find_seen
from indexer.store.sealed import Mask, Segment, open_segments, open_words
from indexer.store.segment import ChunkRow, SegmentWriter
from indexer.store.shown import Finder, rarity
from indexer.store.thumbs import thumb_path
from indexer.store.words import WordFields, Words

__all__ = ["Change", "ChunkRow", "Index", "Origin", "SegmentWriter", "StoredDocument"]
__all__ += ["WordFields", "commit", "writer_lock"]

ID_BITS = 32
"""A chunk id is the ordinal of its segment, shifted by this, plus its row."""

_TRIES = 3


class Index:
    """A generation of an index folder, open for searching from any number of threads.

    Implements `Store`. Made by `Index.open`; close it, or use it in a `with`.
    """

    def __init__(
        self,
        root: Path,
        current: Current,
        verify: bool,
        base: Index | None,
        without: Collection[str],
    ) -> None:
        manifest = read_manifest(root, current)
        self.root = root
        self._current = current
        self.manifest: Manifest = manifest
        self.generation: int = manifest.generation
        self.spaces: Mapping[str, Space] = MappingProxyType(dict(manifest.spaces))
        self._segments: list[Segment] = open_segments(
            root,
            [ref for ref in manifest.segments if ref.id not in without],
            verify,
            base._segments if base else (),
        )
        try:
            infos = [segment.info for segment in self._segments]
            same = base and [info.id for info in infos] == [s.info.id for s in base._segments]
            self._words: Words = base._words if base and same else open_words(root, infos)
            self._live = [self._mask_of_live(segment, base) for segment in self._segments]
        except BaseException:
            self.close()
            raise
        self._clouds = {space: Clouds(space, self._segments, self._live) for space in self.spaces}
        self._metadata_keys = sorted({key for info in infos for key in info.metadata_keys})

    @classmethod
    def open(
        cls,
        root: Path,
        verify: bool = False,
        base: Index | None = None,
        generation: int | None = None,
        without: Collection[str] = (),
    ) -> Index:
        """Open the live generation, or the one given.

        Sizes of all files are checked, and checksums: of the whole files when there are up
        to ALWAYS_VERIFIED bytes or `verify` is set, else of their first and last megabyte.
        Segments that `base` has open are shared with it and not checked again, so that the
        cost is that of what is new. The segments `without`, which are damaged, are left out,
        though the manifest still counts them. Raises IndexNotFound, IndexDamaged naming the file,
        IndexMismatch for another format, BadConfig for a generation that is not on disk.
        """
        if generation is not None:
            return cls(root, find_generation(root, generation), verify, base, without)
        for left in reversed(range(_TRIES)):
            current = read_current(root)
            try:
                return cls(root, current, verify, base, without)
            except IndexDamaged:
                # Several commits while opening may have cleared this generation away.
                if not left or read_current(root) == current:
                    raise
        raise AssertionError("unreachable")

    def documents(self, path: str | None = None) -> list[StoredDocument]:
        """The live documents, or those at `path` and the records in it, by segment and number."""
        found: list[StoredDocument] = []
        for segment in self._segments:
            dead = set(self.manifest.tombstones.get(segment.info.id, ()))
            with self._reading(segment):
                stored = segment.catalog.documents(segment.info.id, path)
            found += [document for document in stored if document.number not in dead]
        return found

    def ids(self) -> list[int]:
        """The ids of all live chunks, by segment, in reading order."""
        found: list[int] = []
        for ordinal, (segment, live) in enumerate(zip(self._segments, self._live, strict=True)):
            rows = np.arange(segment.info.chunks) if live is None else np.flatnonzero(live)
            found += ((ordinal << ID_BITS) + rows).tolist()
        return found

    def documents_with(self, thumbs: Collection[str]) -> list[StoredDocument]:
        """The live documents with chunks that have one of these previews."""
        showing: set[tuple[str, int]] = set()
        for segment in self._segments:
            with self._reading(segment):
                showing |= {(segment.info.id, number) for number in segment.catalog.showing(thumbs)}
        return [found for found in self.documents() if (found.segment, found.number) in showing]

    def select(self, filters: Sequence[Filter], exclude: frozenset[str]) -> Selection | None:
        """See Store. Raises BadQuery for an unknown key or a value that cannot be compared."""
        check_filters(filters, self._metadata_keys)
        if not filters and not exclude:
            return None
        masks = []
        everything = True
        for segment, live in zip(self._segments, self._live, strict=True):
            with self._reading(segment):
                mask = segment.catalog.select(filters, exclude)
            if live is not None:
                mask &= live
            everything &= bool(mask.all()) if live is None else np.array_equal(mask, live)
            masks.append(mask)
        return None if everything else Selection(tuple(masks))

    def nearest(
        self, space: str, vector: NDArray[np.float32], k: int, selection: Selection | None
    ) -> list[Scored]:
        """See Store. Raises UnknownName for a space the index lacks, BadQuery for a wrong dim."""
        self._check(space, vector)
        masks = self._live if selection is None else selection.masks
        found: list[Scored] = []
        for ordinal, (segment, mask) in enumerate(zip(self._segments, masks, strict=True)):
            if space in segment.spaces:
                near = segment.spaces[space].search(vector, k, mask)
                found += [Scored((ordinal << ID_BITS) + row, score) for row, score in near]
        return nsmallest(k, found, key=lambda scored: (-scored.score, scored.id))

    def means(self, space: str) -> Mapping[Modality, NDArray[np.float32]]:
        """See Store. Raises UnknownName for a space the index lacks."""
        self._check(space)
        return self._clouds[space].means

    def across(
        self, space: str, vector: NDArray[np.float32], k: int, selection: Selection | None
    ) -> list[Scored]:
        """See Store. Raises as `nearest` does."""
        self._check(space, vector)
        near = self._clouds[space].search(vector, k, selection)
        return [Scored((ordinal << ID_BITS) + row, score) for ordinal, row, score in near]

    def heads(self, vector: NDArray[np.float32], ids: Iterable[int]) -> list[Scored]:
        """See Store."""
        return rank_heads(self._segments, vector, ids, ID_BITS)

    def words(
        self,
        text: str,
        k: int,
        selection: Selection | None,
        parts: Parts = MappingProxyType({}),
        lines: float = 1.0,
    ) -> list[Scored]:
        """See Store. Word frequencies count over all segments, deleted chunks included."""
        masks = self._live if selection is None else selection.masks
        return [
            Scored((ordinal << ID_BITS) + row, score)
            for ordinal, row, score in self._words.search(text, k, masks, parts, lines)
        ]

    def shown(self, lines: Sequence[str], selection: Selection | None) -> list[Shown]:
        """See Store."""
        masks = self._live if selection is None else selection.masks
        finder = Finder(self._words, self._segments, masks, ID_BITS)
        return [finder.find(line) for line in lines]

    def regions(self, asked: Features, k: int, selection: Selection | None) -> list[Seen]:
        """See Store."""
        masks = self._live if selection is None else selection.masks
        return find_seen([segment.regions for segment in self._segments], masks, asked, k)

    def rarity(self, words: Iterable[str]) -> dict[str, float]:
        """See Store."""
        counts = self._words.frequency(words)
        total = sum(segment.info.chunks for segment in self._segments)  # deleted ones count too
        return {word: rarity(count, total) for word, count in counts.items()}

    def corrections(self, text: str) -> Mapping[str, Sequence[str]]:
        """See Store."""
        return self._words.corrections(text)

    def get(self, ids: Sequence[int]) -> list[StoredChunk]:
        """See Store. Raises BadQuery naming the first id that does not exist."""
        wanted: dict[int, list[int]] = {}
        for id in dict.fromkeys(ids):
            ordinal, row = self._locate(id)
            wanted.setdefault(ordinal, []).append(row)
        found: dict[int, StoredChunk] = {}
        for ordinal, rows in wanted.items():
            segment = self._segments[ordinal]
            with self._reading(segment):
                chunks = segment.catalog.get(rows, ordinal << ID_BITS)
            found.update((chunk.id, chunk) for chunk in chunks.values())
        return [found[id] for id in ids]

    def document(self, id: int) -> list[StoredChunk]:
        """See Store. Raises BadQuery when there is no such chunk."""
        ordinal, row = self._locate(id)
        segment = self._segments[ordinal]
        rows = segment.rows_of(int(segment.owners[row]))
        return self.get([(ordinal << ID_BITS) + row for row in rows])

    def thumb(self, name: str) -> Path | None:
        return thumb_path(self.root, name)

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
            return read_current(self.root) != self._current
        except TriptychError:
            return False

    def close(self) -> None:
        for segment in self._segments:
            segment.close()

    def __enter__(self) -> Index:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _check(self, space: str, vector: NDArray[np.float32] | None = None) -> None:
        if space not in self.spaces:
            known = ", ".join(sorted(self.spaces)) or "none"
            raise UnknownName(f"unknown space {space!r}; this index has: {known}")
        dim = self.spaces[space].dim
        if vector is not None and (vector.shape != (dim,) or not np.isfinite(vector).all()):
            raise BadQuery(f"space {space} takes finite vectors of {dim} numbers")

    def _locate(self, id: int) -> tuple[int, int]:
        """Segment and row of a live chunk. Raises BadQuery when there is none of that id."""
        ordinal, row = id >> ID_BITS, id & ((1 << ID_BITS) - 1)
        if 0 <= ordinal < len(self._segments) and row < self._segments[ordinal].info.chunks:
            live = self._live[ordinal]
            if live is None or live[row]:
                return ordinal, row
        raise BadQuery(f"no chunk {id} in generation {self.generation}")

    def _mask_of_live(self, segment: Segment, base: Index | None) -> Mask:
        """The rows that are not deleted, None when none is; that of `base` where it is right."""
        dead = self.manifest.tombstones.get(segment.info.id, ())
        if base and segment in base._segments:
            place = base._segments.index(segment)
            if base.manifest.tombstones.get(segment.info.id, ()) == dead:
                return base._live[place]
        return segment.live(dead)

    @contextmanager
    def _reading(self, segment: Segment) -> Iterator[None]:
        """A database error while reading is damage that a quick check could not see."""
        try:
            yield
        except duckdb.Error as error:
            raise damaged(self.root, segment.catalog.path, "cannot be read") from error
