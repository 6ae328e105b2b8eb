"""Merging segments: their live documents go into a new one, which takes their place."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
from numpy.typing import NDArray

from indexer.errors import IndexDamaged
from indexer.lanes import word_fields
from indexer.store.fits import fitted_space
from indexer.store.generations import Change, commit
from indexer.store.lock import joined_lock
from indexer.store.manifest import (
    Manifest,
    SegmentInfo,
    damaged,
    read_current,
    read_manifest,
    read_segment_info,
)
from indexer.store.policy import pick, sizes
from indexer.store.refit import Fitted, concerned, encode_anew, is_outgrown
from indexer.store.regions import gather
from indexer.store.sealed import Segment, check_files
from indexer.store.segment import ChunkRow, SegmentWriter
from indexer.store.vectors import Rows

_BATCH = 2000
"""Chunks, or documents without any, that are copied at once."""

_DROPPED = -1

_WAIT = 60.0
"""Seconds that a finished merge waits for another writer, rather than be for nothing."""


@dataclass(frozen=True, slots=True)
class Rewritten:
    """A sealed segment made of others.

    `numbers` maps the id of each of them to the new number of each of its documents
    (documents,), negative for those that were dead already. `anew` is the name of the space
    that was fitted anew, if one was, and `fitted` what came of it: None where nothing is left.
    """

    info: SegmentInfo
    numbers: Mapping[str, NDArray[np.int64]]
    anew: str = ""
    fitted: Fitted | None = None


def is_due(root: Path) -> bool:
    """Whether `compact` would merge. Raises IndexNotFound, IndexDamaged, IndexMismatch."""
    live = _live(root)
    return bool(pick(sizes(live))) or is_outgrown(root, live)


def compact(root: Path) -> int:
    """Merge until nothing is due; how many merges there were. Raises as `merge` does."""
    merges = 0
    while due := pick(sizes(_live(root))):
        merges += merge(root, due) is not None
    if is_outgrown(root, _live(root)):
        merges += refit(root) is not None
    return merges


def refit(root: Path, cause: str = "merge", others: Collection[str] = ()) -> Manifest | None:
    """Fit the fitted space anew, to live chunks alone: all its segments, and `others`, become one.

    None where there is no such space, or another writer was in between. Raises as `merge` does.
    """
    live = _live(root)
    space = fitted_space(live.spaces.values())
    if space is None:
        return None
    segments = {*others, *concerned(root, live, space.name)}
    if not segments:
        return None
    with SegmentWriter(root) as writer:
        rewritten = rewrite(root, sorted(segments), writer, space.name)
        return None if rewritten is None else replace_by(root, rewritten, cause)


def merge(root: Path, segments: Sequence[str], cause: str = "merge") -> Manifest | None:
    """Replace segments of the live generation by one; None when they are no longer all in it.

    Others can write meanwhile: only the commit takes the writer lock. Raises IndexNotFound,
    IndexDamaged, IndexMismatch, IndexBusy while another process keeps writing.
    """
    with SegmentWriter(root) as writer:
        rewritten = rewrite(root, segments, writer)
        return None if rewritten is None else replace_by(root, rewritten, cause)


def rewrite(
    root: Path, segments: Sequence[str], writer: SegmentWriter, anew: str = ""
) -> Rewritten | None:
    """Copy the live documents of segments into `writer`, in their order, and seal it.

    Every checksum of the segments is verified first, so that damage is not copied. The space
    `anew` is not copied, but fitted to them. None when one is not live. Raises as `merge` does.
    """
    manifest = _live(root)
    try:
        with ExitStack() as stack:
            sources = [
                stack.enter_context(closing(_open(root, manifest, ref.id)))
                for ref in manifest.segments
                if ref.id in segments
            ]
            if len(sources) < len(set(segments)):
                return None
            numbers, rows = _copy_documents(root, manifest, sources, writer)
            for space in sorted({space for source in sources for space in source.spaces} - {anew}):
                _copy_vectors(space, sources, rows, writer)
            moved = [(source.regions, rows[source.info.id]) for source in sources]
            for row, features in gather([(r, m) for r, m in moved if r is not None]).items():
                writer.add_regions(row, features)
            for source in sources:
                if source.heads:
                    writer.add_heads(*source.heads.moved(rows[source.info.id]))
            fitted = encode_anew(root, anew, sources, rows, writer) if anew else None
            return Rewritten(writer.seal(), numbers, anew, fitted)
    except IndexDamaged:
        if _is_live(_live(root), segments):
            raise
        return None  # cleared away while it was opened


def replace_by(root: Path, rewritten: Rewritten, cause: str = "merge") -> Manifest | None:
    """Commit a rewritten segment in place of those it was made of.

    What was deleted from them meanwhile is deleted from it. None when one of them is not live
    any more, or when others came whose vectors are of the fit before. Raises as `merge` does.
    """
    with joined_lock(root, _WAIT):
        live = _live(root)
        if not _is_live(live, rewritten.numbers):
            return None
        anew, fitted = rewritten.anew, rewritten.fitted
        if anew and not concerned(root, live, anew) <= rewritten.numbers.keys():
            return None
        spaces = {name: space for name, space in live.spaces.items() if name != anew}
        removed: dict[str, Collection[int]] = {}
        late: list[int] = []
        for id, numbers in rewritten.numbers.items():
            removed[id] = range(len(numbers))
            late += [int(number) for number in numbers[list(live.tombstones.get(id, ()))]]
        removed[rewritten.info.id] = [number for number in late if number != _DROPPED]
        change = Change(
            cause=cause,
            spaces=spaces | ({anew: fitted.space} if fitted else {}),
            build=live.build,
            base=live,
            added=[rewritten.info],
            removed=removed,
            fit=fitted.data if fitted else b"",
        )
        return commit(root, change)


def _live(root: Path) -> Manifest:
    return read_manifest(root, read_current(root))


def _is_live(manifest: Manifest, segments: Collection[str]) -> bool:
    return {ref.id for ref in manifest.segments}.issuperset(segments)


def _copy_documents(
    root: Path, manifest: Manifest, sources: Sequence[Segment], writer: SegmentWriter
) -> tuple[dict[str, NDArray[np.int64]], dict[str, Rows]]:
    """By segment: the new number of each document and the new row of each row, or _DROPPED."""
    numbers: dict[str, NDArray[np.int64]] = {}
    rows: dict[str, Rows] = {}
    count = 0
    for source in sources:
        dead = frozenset(manifest.tombstones.get(source.info.id, ()))
        new = numbers[source.info.id] = np.full(source.info.documents, _DROPPED, np.int64)
        moved = rows[source.info.id] = np.full(source.info.chunks, _DROPPED, np.int64)
        for first, stop in _batches(source):
            try:
                documents = source.catalog.read(first, stop)
            except duckdb.Error as error:
                raise damaged(root, source.catalog.path, "cannot be read") from error
            for found in documents:
                if found.number in dead:
                    continue
                title = found.document.title
                entries = [
                    ChunkRow(chunk, thumb, word_fields(title, chunk))
                    for chunk, thumb in found.chunks
                ]
                places = source.rows_of(found.number)
                moved[places.start : places.stop] = writer.add(
                    found.origin, found.document, entries
                )
                new[found.number] = count
                count += 1
    return numbers, rows


def _batches(source: Segment) -> Iterator[tuple[int, int]]:
    """Runs of documents, first and beyond the last, of about _BATCH chunks each."""
    documents = source.info.documents
    starts = np.searchsorted(source.owners, np.arange(documents + 1, dtype=np.int32))
    first = 0
    while first < documents:
        fitting = int(np.searchsorted(starts, starts[first] + _BATCH, "right")) - 1
        stop = min(max(first + 1, fitting), first + _BATCH, documents)
        yield first, stop
        first = stop


def _copy_vectors(
    space: str, sources: Sequence[Segment], rows: Mapping[str, Rows], writer: SegmentWriter
) -> None:
    """Take over the vectors of a space of the rows that are left, copied once."""
    parts = []
    for source in sources:
        if space in source.spaces:
            moved = rows[source.info.id][source.spaces[space].rows]
            left = np.flatnonzero(moved != _DROPPED)
            parts.append((source.spaces[space].vectors(), moved[left], left))
    count = sum(len(left) for _, _, left in parts)
    if not count:
        return
    whole = np.empty((count, parts[0][0].shape[1]), np.float32)
    start = 0
    for vectors, _, left in parts:
        np.take(vectors, left, axis=0, out=whole[start : start + len(left)], mode="clip")
        start += len(left)
    writer.add_vectors(space, np.concatenate([moved for _, moved, _ in parts]), whole)
    writer.end_space(space)


def _open(root: Path, manifest: Manifest, segment: str) -> Segment:
    """A segment of the live generation, every checksum verified."""
    ref = next(ref for ref in manifest.segments if ref.id == segment)
    info = read_segment_info(root, ref)
    check_files(root, info, whole=True)
    return Segment(root, ref, info)
