"""Verifying an index to the last byte: what is damaged, by name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np

from indexer.errors import IndexDamaged, IndexNotFound
from indexer.records import Vectors
from indexer.store.catalog import Catalog
from indexer.store.clear import needed
from indexer.store.copies import copy_path, read_copy
from indexer.store.counts import add, subtract
from indexer.store.durable import find_fault
from indexer.store.fits import fit_fault, fit_path
from indexer.store.ledgers import ledger_path, read_ledger
from indexer.store.manifest import (
    CATALOG,
    SEGMENT_FILE,
    Counts,
    Manifest,
    SegmentInfo,
    SegmentRef,
    current_path,
    generation_path,
    read_current,
    read_segment_info,
    recall_manifest,
    segment_path,
)
from indexer.store.restore import committed_numbers, is_on_disk, is_proved
from indexer.store.sealed import Segment, open_words
from indexer.store.thumbs import thumb_fault, thumbs_folder
from indexer.store.uploads import facts_name, upload_fault, uploads_folder
from indexer.store.vectors import SpaceVectors

_BLOCK = 16_384
"""Vectors looked at together."""

_TRIES = 3


@dataclass(frozen=True, slots=True)
class Fault:
    """A damaged file: its path below the index, what is wrong, and the segment it is part of."""

    path: str
    reason: str
    segment: str = ""


def verify(root: Path) -> list[Fault]:
    """Everything of an index that is not as it was written; nothing when all is well.

    Reads every byte of all generations on disk. Beyond the checksums, ids must agree between
    catalogue, vectors and words, counts be right, vectors finite and of unit length, and
    previews and originals be there. Changes nothing. Raises IndexNotFound.
    """
    for left in reversed(range(_TRIES)):
        before = _bytes(current_path(root))
        faults = list(_faults(root))
        # A commit meanwhile may have cleared away what was being looked at.
        if not faults or not left or _bytes(current_path(root)) == before:
            return faults
    raise AssertionError("unreachable")


def _faults(root: Path) -> Iterator[Fault]:
    numbers = committed_numbers(root)
    if not numbers and not current_path(root).exists():
        read_current(root)  # says that there is no index
    yield from _current(root)
    refs: dict[str, SegmentRef] = {}
    manifests: dict[int, Manifest] = {}
    for number in numbers:
        yield from _pair(root, generation_path(root, number))
        manifest = recall_manifest(root, number)
        if manifest is None:
            continue
        manifests[number] = manifest
        refs |= {ref.id: ref for ref in manifest.segments}
    for ledger in dict.fromkeys(manifest.ledger for manifest in manifests.values()):
        try:
            read_ledger(root, ledger)
        except IndexDamaged as error:
            yield _fault(root, ledger_path(root, ledger), error.fault)
    for space in {space for manifest in manifests.values() for space in manifest.spaces.values()}:
        if reason := fit_fault(root, space):
            yield _fault(root, fit_path(root, space.fingerprint), reason)
    bad: set[str] = set()
    for ref in refs.values():
        for fault in _segment(root, ref):
            bad.add(ref.id)
            yield fault
    for number, manifest in manifests.items():
        if bad.isdisjoint(ref.id for ref in manifest.segments):
            for reason in _totals(root, manifest):
                yield _fault(root, generation_path(root, number), reason)
    yield from _shared(root, [ref for ref in refs.values() if ref.id not in bad])


def _current(root: Path) -> Iterator[Fault]:
    """CURRENT has to name a generation that is on disk as it was committed.

    Its copy may name another one: a commit may have been killed between the two.
    """
    path = current_path(root)
    if read_copy(path) is None:
        yield _fault(root, copy_path(path), "is missing or was altered")
    try:
        current = read_current(root)
    except IndexNotFound:
        yield _fault(root, path, "is missing")
    except IndexDamaged as error:
        yield _fault(root, path, error.fault)
    else:
        if not is_on_disk(root, current):
            yield _fault(root, path, f"names no generation {current.generation} that is on disk")


def _pair(root: Path, path: Path) -> Iterator[Fault]:
    """A small file and its copy have to say the same."""
    data, copy = _bytes(path), read_copy(path)
    if copy is None:
        yield _fault(root, copy_path(path), "is missing or was altered")
    elif data is None:
        yield _fault(root, path, "is missing or cannot be read")
    elif data != copy:
        yield _fault(root, path, "was altered")


def _segment(root: Path, ref: SegmentRef) -> Iterator[Fault]:
    folder = segment_path(root, ref.id)
    try:
        info = read_segment_info(root, ref)
    except IndexDamaged as error:
        yield _fault(root, folder / SEGMENT_FILE, error.fault, ref.id)
        return
    whole = True
    for name, expected in info.files.items():
        fault = find_fault(folder / name, expected, whole=True)
        if fault is not None:
            whole = False
            yield _fault(root, folder / name, fault, ref.id)
    if whole:  # files as written may still have been written wrong
        for reason in _contents(root, ref, info):
            yield _fault(root, folder, reason, ref.id)


def _contents(root: Path, ref: SegmentRef, info: SegmentInfo) -> Iterator[str]:
    """What does not agree inside a segment whose files are all as they were sealed."""
    try:
        with closing(Segment(root, ref, info)) as segment:
            yield from _catalog(segment)
            for space, vectors in segment.spaces.items():
                yield from _space(info, space, vectors)
            if segment.regions:
                yield from segment.regions.faults(info.chunks)
            if segment.heads:
                yield from segment.heads.faults(info.chunks)
        (found,) = open_words(root, [info]).rows()
        if not np.array_equal(found, np.arange(info.chunks)):
            yield f"the words are of {len(found):,} chunks, not of all {info.chunks:,}"
    except IndexDamaged as error:
        yield error.fault
    except duckdb.Error as error:
        yield f"{CATALOG} cannot be read ({error})"


def _catalog(segment: Segment) -> Iterator[str]:
    info, catalog, owners = segment.info, segment.catalog, segment.owners
    numbers = [document.number for document in catalog.documents(info.id, None)]
    if numbers != list(range(info.documents)):
        yield f"the catalogue has {len(numbers):,} documents, not number 0 to {info.documents - 1}"
    if not np.isin(owners, numbers).all():
        yield "the catalogue has chunks of documents that are not there"
    if (np.diff(owners) < 0).any():
        yield "the catalogue has the chunks of a document apart"
    if len(owners) != info.chunks or not _has_all_rows(catalog):
        yield f"the catalogue has {len(owners):,} chunks, not row 0 to {info.chunks - 1}"
    if wrong := _differing(info.counts, catalog.count(numbers)):
        yield f"the counts are not those of the catalogue: {wrong}"


def _has_all_rows(catalog: Catalog) -> bool:
    try:
        return bool(catalog.select((), frozenset()).all())
    except IndexError:  # a row beyond the last
        return False


def _space(info: SegmentInfo, space: str, vectors: SpaceVectors) -> Iterator[str]:
    rows, expected = vectors.rows, info.spaces[space].count
    different = len(np.unique(rows))
    if len(rows) != expected or different != expected:
        yield f"space {space}: {len(rows):,} vectors of {different:,} chunks, not {expected:,}"
    if len(rows) and not (rows.min() >= 0 and rows.max() < info.chunks):
        yield f"space {space}: vectors of chunks that are not there"
    yield from _lengths(space, vectors.vectors())


def _lengths(space: str, vectors: Vectors) -> Iterator[str]:
    for start in range(0, len(vectors), _BLOCK):
        lengths = np.linalg.norm(vectors[start : start + _BLOCK], axis=1)
        wrong = np.flatnonzero(~(np.abs(lengths - 1) < 1e-3))  # NaN is wrong as well
        if len(wrong):
            place = start + int(wrong[0])
            yield f"space {space}: vector {place} has length {lengths[wrong[0]]:.3g}, not 1"
            return


def _totals(root: Path, manifest: Manifest) -> Iterator[str]:
    """What a generation counts otherwise than its segments, which are whole, less its deletions."""
    infos = {ref.id: read_segment_info(root, ref) for ref in manifest.segments}
    gone = [_count(root, infos[id], dead) for id, dead in manifest.tombstones.items()]
    counts = subtract(add(info.counts for info in infos.values()), gone)
    documents = sum(counts.get("kind", {}).values())
    chunks = sum(counts.get("modality", {}).values())
    if manifest.documents != documents:
        yield f"counts {manifest.documents:,} documents, not {documents:,}"
    if manifest.chunks != chunks:
        yield f"counts {manifest.chunks:,} chunks, not {chunks:,}"
    if wrong := _differing(manifest.counts, counts):
        yield f"the counts are not those of its segments: {wrong}"


def _count(root: Path, info: SegmentInfo, documents: Sequence[int]) -> Counts:
    path = segment_path(root, info.id) / CATALOG
    with closing(Catalog(path, info.chunks, info.metadata_keys)) as catalog:
        return catalog.count(documents)


def _differing(one: Counts, other: Counts) -> str:
    """The fields that are counted differently, "" when none is."""
    names = sorted({*one, *other})
    return ", ".join(name for name in names if one.get(name, {}) != other.get(name, {}))


def _shared(root: Path, refs: Sequence[SegmentRef]) -> Iterator[Fault]:
    """Previews and originals that whole segments point at."""
    try:
        thumbs, originals = needed(root, refs)
    except IndexDamaged:
        return  # named already
    for name in sorted(filter(None, thumbs)):
        fault = thumb_fault(thumbs_folder(root) / name)
        if fault is not None:
            yield _fault(root, thumbs_folder(root) / name, fault)
    for name in sorted(originals):
        yield from _original(root, uploads_folder(root) / name)


def _original(root: Path, path: Path) -> Iterator[Fault]:
    """What is wrong with an original, or with the file beside it that proves it."""
    proved = is_proved(path)
    if not proved:
        yield _fault(root, path.with_name(facts_name(path.name)), "is missing or was altered")
    fault = upload_fault(path)
    if fault is not None and (proved or not path.is_file()):
        yield _fault(root, path, fault)


def _bytes(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None


def _fault(root: Path, path: Path, reason: str, segment: str = "") -> Fault:
    return Fault(path.relative_to(root).as_posix(), reason, segment)
