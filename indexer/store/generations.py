"""Committing generations, going back to one, and listing those on disk."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import duckdb
from pydantic import JsonValue

from indexer.encoders.base import Space
from indexer.errors import BadConfig, IndexDamaged, IndexMismatch, IndexNotFound
from indexer.store.catalog import Catalog
from indexer.store.clear import clear
from indexer.store.counts import add, subtract
from indexer.store.durable import sha256_file
from indexer.store.fits import write_fit
from indexer.store.ledgers import write_ledger
from indexer.store.lock import joined_lock
from indexer.store.manifest import (
    CATALOG,
    FORMAT,
    SEGMENT_FILE,
    Counts,
    Current,
    Manifest,
    SegmentInfo,
    SegmentRef,
    damaged,
    generation_numbers,
    generation_path,
    read_current,
    read_manifest,
    read_segment_info,
    segment_path,
    write_current,
    write_manifest,
)


@dataclass(frozen=True, slots=True)
class Change:
    """What a new generation is made of.

    `cause`, `spaces`, `build` and `ledger` become the manifest's; without a ledger it is that
    of `base`. `base` is the live generation whose segments stay, but those `without`; if there
    is none they are replaced. `added` are sealed segments, `removed` the numbers of deleted
    documents by segment, of `base` or of `added`. `fit` is that of a space fitted anew, if one
    was (see fits.py).
    """

    cause: str
    spaces: Mapping[str, Space]
    build: Mapping[str, JsonValue]
    ledger: bytes | None = None
    base: Manifest | None = None
    without: Collection[str] = ()
    added: Sequence[SegmentInfo] = ()
    removed: Mapping[str, Collection[int]] = field(default_factory=dict)
    fit: bytes = b""


@dataclass(frozen=True, slots=True)
class GenerationFacts:
    """A generation on disk.

    `bytes` is the size of its segments, shared ones included. `damaged` says why it cannot be
    served, "" when its description is whole; without a readable file the other facts are empty.
    """

    number: int
    live: bool
    made: str = ""
    cause: str = ""
    parent: int = 0
    documents: int = 0
    chunks: int = 0
    segments: int = 0
    bytes: int = 0
    damaged: str = ""


def commit(root: Path, change: Change, promote: bool = True) -> Manifest:
    """Make a generation, and with `promote` the live one. A segment without live documents goes.

    A kill before the last step leaves the previous generation live. Afterwards whatever no
    kept generation needs is removed; see `clear`. Raises IndexBusy while another process
    writes, BadConfig when `base` is not live any more, IndexDamaged for a segment that is not
    there, ValueError for vectors of an unknown or another space and for unknown documents.
    """
    _check_spaces(change)
    with joined_lock(root):
        live = _live(root)
        if change.base is not None and change.base.generation != live:
            raise BadConfig(
                f"{root}: changed meanwhile, from generation {change.base.generation} to {live}; "
                "try again"
            )
        manifest = _next(root, change, live)
        current = write_manifest(root, manifest)
        if promote:
            write_current(root, current)
        with suppress(OSError):  # committed all the same; the next commit clears again
            clear(root)
    return manifest


def rollback(root: Path, generation: int) -> Manifest:
    """Make any generation on disk the live one, before or after the one that is.

    Raises BadConfig when it is not on disk, IndexBusy, IndexDamaged, IndexMismatch.
    """
    with joined_lock(root):
        current = find_generation(root, generation)
        manifest = read_manifest(root, current)
        for ref in manifest.segments:
            read_segment_info(root, ref)
        write_current(root, current)
    return manifest


def find_generation(root: Path, generation: int) -> Current:
    """A generation on disk, as it is there. Raises BadConfig when it is not."""
    with suppress(IndexNotFound, IndexDamaged):
        current = read_current(root)
        if current.generation == generation:
            return current
    try:
        return Current(generation, sha256_file(generation_path(root, generation)))
    except FileNotFoundError:
        kept = ", ".join(str(number) for number in generation_numbers(root)) or "none"
        raise BadConfig(f"{root}: no generation {generation}; kept: {kept}") from None


def generations(root: Path) -> list[GenerationFacts]:
    """The generations on disk, oldest first."""
    live = _live(root)
    return [_facts(root, number, number == live) for number in generation_numbers(root)]


def _facts(root: Path, number: int, live: bool) -> GenerationFacts:
    facts = GenerationFacts(number, live)
    try:
        manifest = read_manifest(root, find_generation(root, number))
        facts = GenerationFacts(
            number=number,
            live=live,
            made=manifest.made,
            cause=manifest.cause,
            parent=manifest.parent,
            documents=manifest.documents,
            chunks=manifest.chunks,
            segments=len(manifest.segments),
        )
        infos = [read_segment_info(root, ref) for ref in manifest.segments]
        size = sum(file.size for info in infos for file in info.files.values())
        return replace(facts, bytes=size)
    except (BadConfig, IndexDamaged, IndexMismatch, OSError) as error:
        return replace(facts, damaged=str(error))


def _check_spaces(change: Change) -> None:
    for info in change.added:
        for name, file in info.spaces.items():
            if name not in change.spaces or change.spaces[name].dim != file.dim:
                raise ValueError(f"segment {info.id}: vectors of {name} have {file.dim} dimensions")


def _check_kept(change: Change, kept: Sequence[SegmentInfo]) -> None:
    """A space may become another where no vectors of the one before stay."""
    base = change.base
    added = {info.id for info in change.added}
    for name, space in base.spaces.items() if base else ():
        stays = any(name in info.spaces for info in kept if info.id not in added)
        if base and stays and change.spaces.get(name) != space:
            raise ValueError(f"space {name} is not the one of generation {base.generation}")


def _next(root: Path, change: Change, live: int) -> Manifest:
    """The manifest that a change makes on top of generation `live`."""
    base = change.base
    stays = [ref for ref in (base.segments if base else ()) if ref.id not in change.without]
    refs = [*stays, *(_refer(root, info) for info in change.added)]
    infos = {ref.id: read_segment_info(root, ref) for ref in refs}
    old = base.tombstones if base else {}
    new = {id: sorted(set(dead) - set(old.get(id, ()))) for id, dead in change.removed.items()}
    gone = {id: _count(root, infos, id, dead) for id, dead in new.items() if dead}
    tombstones = {
        id: tuple(sorted([*old.get(id, ()), *new.get(id, ())]))
        for id in infos
        if old.get(id) or new.get(id)
    }
    lost = {id: sum(counts.get("modality", {}).values()) for id, counts in gone.items()}
    segments = tuple(
        replace(ref, dead=ref.dead + lost.get(ref.id, 0))
        for ref in refs
        if len(tombstones.get(ref.id, ())) < ref.documents
    )
    kept = [ref.id for ref in segments]
    _check_kept(change, [infos[id] for id in kept])
    if change.fit:
        write_fit(root, change.fit)
    before = [base.counts] if base else []
    if base and change.without:  # what those held cannot be asked any more
        before = [infos[ref.id].counts for ref in stays]
        before = [
            subtract(add(before), [_count(root, infos, id, old[id]) for id in infos if old.get(id)])
        ]
    whole = add([*before, *(info.counts for info in change.added)])
    return Manifest(
        format=FORMAT,
        generation=1 + max([live, *generation_numbers(root)]),
        parent=live,
        cause=change.cause,
        made=datetime.now(UTC).isoformat(timespec="seconds"),
        spaces=dict(change.spaces),
        segments=segments,
        tombstones={id: dead for id, dead in tombstones.items() if id in kept},
        documents=sum(ref.documents - len(tombstones.get(ref.id, ())) for ref in segments),
        chunks=sum(ref.chunks - ref.dead for ref in segments),
        counts=subtract(whole, gone.values()),
        quality=_quality([infos[id] for id in kept]),
        build=dict(change.build),
        ledger=_ledger(root, change),
    )


def _ledger(root: Path, change: Change) -> str:
    if change.ledger is not None:
        return write_ledger(root, change.ledger)
    if change.base is None:
        raise ValueError("a generation without a base needs a ledger")
    return change.base.ledger


def _refer(root: Path, info: SegmentInfo) -> SegmentRef:
    path = segment_path(root, info.id) / SEGMENT_FILE
    if not path.is_file():
        raise damaged(root, path, "is missing")
    return SegmentRef(info.id, info.documents, info.chunks, 0, sha256_file(path))


def _count(
    root: Path, infos: Mapping[str, SegmentInfo], segment: str, documents: Sequence[int]
) -> Counts:
    """The counts of documents that are deleted now. Raises ValueError for unknown ones."""
    info = infos.get(segment)
    if info is None or documents[0] < 0 or documents[-1] >= info.documents:
        raise ValueError(f"segment {segment}: no documents {documents[0]} to {documents[-1]}")
    path = segment_path(root, segment) / CATALOG
    try:
        catalog = Catalog(path, info.chunks, info.metadata_keys)
        try:
            return catalog.count(documents)
        finally:
            catalog.close()
    except duckdb.Error as error:
        raise damaged(root, path, "cannot be read") from error


def _quality(segments: Sequence[SegmentInfo]) -> dict[str, dict[str, float]]:
    """Recall of each space, the mean over segments weighted by their vectors."""
    files: dict[str, list[tuple[int, float]]] = defaultdict(list)
    for info in segments:
        for name, file in info.spaces.items():
            files[name].append((file.count, file.recall_at_10))
    return {
        name: {
            "vectors": float(sum(count for count, _ in pairs)),
            "recall_at_10": sum(count * recall for count, recall in pairs)
            / max(1, sum(count for count, _ in pairs)),
        }
        for name, pairs in files.items()
    }


def _live(root: Path) -> int:
    """The number in CURRENT; 0 when there is none or it cannot be read."""
    try:
        return read_current(root).generation
    except (IndexNotFound, IndexDamaged):
        return 0
