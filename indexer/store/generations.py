"""Committing a generation, and clearing away what no kept generation needs."""

from __future__ import annotations

import json
import shutil
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from pydantic import JsonValue

from indexer.encoders.base import Space
from indexer.errors import BadConfig, IndexDamaged, IndexMismatch, IndexNotFound
from indexer.store.durable import sha256_file
from indexer.store.lock import joined_lock
from indexer.store.manifest import (
    FORMAT,
    SEGMENT_FILE,
    Current,
    Manifest,
    SegmentInfo,
    SegmentRef,
    damaged,
    generation_path,
    read_current,
    read_manifest,
    read_segment_info,
    segment_path,
    write_current,
    write_manifest,
)
from indexer.store.segment import thumbs_of

KEPT = 3
"""Generations on disk: the live one and those before it, to go back to."""


def commit(
    root: Path,
    segments: Sequence[SegmentInfo],
    spaces: Mapping[str, Space],
    build: Mapping[str, JsonValue],
) -> int:
    """Make sealed segments the live generation; its number.

    A kill before the last step leaves the previous generation live. Afterwards whatever no
    kept generation needs is removed, so no other SegmentWriter may be at work. Raises
    BadConfig while another process writes, IndexDamaged for a segment that is not there,
    ValueError for vectors whose space is unknown or of another dimension.
    """
    _check_spaces(segments, spaces)
    with joined_lock(root):
        number = 1 + max([_live(root), *_numbers(root)])
        _drop_uncommitted(root)
        manifest = Manifest(
            format=FORMAT,
            generation=number,
            spaces=dict(spaces),
            segments=tuple(_refer(root, info) for info in segments),
            tombstones={},
            documents=sum(info.documents for info in segments),
            chunks=sum(info.chunks for info in segments),
            counts=_add_counts(segments),
            quality=_quality(segments),
            build=dict(build),
        )
        write_current(root, write_manifest(root, manifest))
        with suppress(OSError):  # committed all the same; the next commit clears again
            _clear(root, [ref.id for ref in manifest.segments])
    return number


def rollback(root: Path, generation: int) -> None:
    """Make a kept generation the live one again; the next commit drops those after it.

    Raises BadConfig when it is not on disk, IndexDamaged, IndexMismatch.
    """
    with joined_lock(root):
        path = generation_path(root, generation)
        if not path.is_file():
            kept = ", ".join(str(number) for number in _numbers(root)) or "none"
            raise BadConfig(f"{root}: no generation {generation}; kept: {kept}")
        current = Current(generation, sha256_file(path))
        for ref in read_manifest(root, current).segments:
            read_segment_info(root, ref)
        write_current(root, current)


def _check_spaces(segments: Sequence[SegmentInfo], spaces: Mapping[str, Space]) -> None:
    for info in segments:
        for name, file in info.spaces.items():
            if name not in spaces or spaces[name].dim != file.dim:
                raise ValueError(f"segment {info.id}: vectors of {name} have {file.dim} dimensions")


def _refer(root: Path, info: SegmentInfo) -> SegmentRef:
    path = segment_path(root, info.id) / SEGMENT_FILE
    if not path.is_file():
        raise damaged(root, path, "is missing")
    return SegmentRef(info.id, info.chunks, sha256_file(path))


def _add_counts(segments: Sequence[SegmentInfo]) -> dict[str, dict[str, int]]:
    total: dict[str, Counter[str]] = defaultdict(Counter)
    for info in segments:
        for name, values in info.counts.items():
            total[name].update(values)
    return {name: dict(values) for name, values in total.items()}


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


def _numbers(root: Path) -> list[int]:
    """The generations on disk, oldest first."""
    found = (root / "generations").glob("*.json")
    return sorted(int(path.stem) for path in found if path.stem.isdecimal())


def _drop_uncommitted(root: Path) -> None:
    """Remove generations beyond the live one: of a killed build, or rolled back from."""
    live = _live(root)
    for number in _numbers(root):
        if live and number > live:
            generation_path(root, number).unlink(missing_ok=True)


def _clear(root: Path, live: Sequence[str]) -> None:
    """Drop old generations, then the segments, previews and scraps that nobody needs."""
    for number in _numbers(root)[:-KEPT]:
        generation_path(root, number).unlink(missing_ok=True)
    kept = {*live, *(ref.id for number in _numbers(root) for ref in _segments_of(root, number))}
    for folder in (root / "segments").iterdir():
        if folder.name not in kept:
            shutil.rmtree(folder, ignore_errors=True)
    for scrap in (*root.glob(".*.tmp"), *(root / "generations").glob(".*.tmp")):
        scrap.unlink(missing_ok=True)
    with suppress(IndexDamaged, IndexMismatch):  # an unreadable older segment: keep all previews
        _clear_thumbs(root)


def _clear_thumbs(root: Path) -> None:
    present = {path.name: path for path in (root / "thumbs").glob("*")}
    if not present:
        return
    refs = {ref.id: ref for number in _numbers(root) for ref in _segments_of(root, number)}
    needed: set[str] = set()
    for ref in refs.values():
        needed |= thumbs_of(root, read_segment_info(root, ref))
    for name in present.keys() - needed:
        present[name].unlink(missing_ok=True)


def _segments_of(root: Path, number: int) -> list[SegmentRef]:
    """What a generation on disk refers to; nothing when its file cannot be read."""
    try:
        data = json.loads(generation_path(root, number).read_bytes())
        return [SegmentRef(**ref) for ref in data["segments"]]
    except (OSError, ValueError, KeyError, TypeError):
        return []
