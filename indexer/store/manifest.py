"""What an index says about itself: generation files, `segment.json` and CURRENT."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import JsonValue, TypeAdapter, ValidationError

from indexer.encoders.base import Space
from indexer.errors import IndexDamaged, IndexMismatch, IndexNotFound
from indexer.store.durable import FileSum, write_atomic

FORMAT = 1
"""Version of everything written below an index folder."""

SEGMENT_FILE = "segment.json"
_CURRENT = re.compile(r"(\d{6,}) ([0-9a-f]{64})\n")

Counts = Mapping[str, Mapping[str, int]]
"""Chunks per value of a field: `{"modality": {"text": 3}, "language": {"en": 3}, …}`."""


@dataclass(frozen=True, slots=True)
class SpaceFile:
    """The vectors of one space in one segment.

    `recall_at_10` compares the approximate index with exact search on a sample; it is 1 for
    exact ones.
    """

    kind: str
    count: int
    dim: int
    recall_at_10: float


@dataclass(frozen=True, slots=True)
class SegmentInfo:
    """A sealed segment, as its `segment.json` describes it. Files are relative to its folder."""

    format: int
    id: str
    chunks: int
    documents: int
    spaces: Mapping[str, SpaceFile]
    counts: Counts
    metadata_keys: tuple[str, ...]
    files: Mapping[str, FileSum]


@dataclass(frozen=True, slots=True)
class SegmentRef:
    """A segment of a generation, and the SHA-256 of its `segment.json`."""

    id: str
    chunks: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """One generation: what is served, and what the build had to say.

    `tombstones` maps a segment id to deleted chunk rows. `quality` maps a space to measured
    figures. `build` is the caller's own.
    """

    format: int
    generation: int
    spaces: Mapping[str, Space]
    segments: tuple[SegmentRef, ...]
    tombstones: Mapping[str, tuple[int, ...]]
    documents: int
    chunks: int
    counts: Counts
    quality: Mapping[str, Mapping[str, float]]
    build: Mapping[str, JsonValue]


_MANIFEST = TypeAdapter(Manifest)
_SEGMENT = TypeAdapter(SegmentInfo)


@dataclass(frozen=True, slots=True)
class Current:
    """The live generation and the SHA-256 of its file."""

    generation: int
    sha256: str


def generation_path(root: Path, generation: int) -> Path:
    return root / "generations" / f"{generation:06d}.json"


def segment_path(root: Path, segment: str) -> Path:
    return root / "segments" / segment


def damaged(root: Path, file: Path, fault: str) -> IndexDamaged:
    """The error for a file of the index at `root`: which, what, and how to mend it."""
    return IndexDamaged(
        f"{file}: {fault}; rebuild the index with: triptych index SOURCE --into {root} "
        "(nothing else is touched)"
    )


def write_manifest(root: Path, manifest: Manifest) -> Current:
    """Write a generation file. It is not served until CURRENT names it."""
    path = generation_path(root, manifest.generation)
    path.parent.mkdir(exist_ok=True)
    data = _dump(_MANIFEST.dump_python(manifest))
    write_atomic(path, data)
    return Current(manifest.generation, hashlib.sha256(data).hexdigest())


def read_manifest(root: Path, current: Current) -> Manifest:
    """Read the generation that `current` names. Raises IndexDamaged, IndexMismatch."""
    path = generation_path(root, current.generation)
    data = _read_checked(root, path, current.sha256)
    try:
        return _MANIFEST.validate_python(_load(root, path, data))
    except ValidationError as error:
        raise damaged(root, path, f"is not a generation file ({_first(error)})") from error


def write_segment_info(folder: Path, info: SegmentInfo) -> None:
    write_atomic(folder / SEGMENT_FILE, _dump(_SEGMENT.dump_python(info)))


def read_segment_info(root: Path, ref: SegmentRef) -> SegmentInfo:
    """Read the `segment.json` of a segment. Raises IndexDamaged, IndexMismatch."""
    path = segment_path(root, ref.id) / SEGMENT_FILE
    data = _read_checked(root, path, ref.sha256)
    try:
        return _SEGMENT.validate_python(_load(root, path, data))
    except ValidationError as error:
        raise damaged(root, path, f"is not a segment file ({_first(error)})") from error


def write_current(root: Path, current: Current) -> None:
    """Make a generation the live one."""
    line = f"{current.generation:06d} {current.sha256}\n"
    write_atomic(root / "CURRENT", line.encode())


def read_current(root: Path) -> Current:
    """The live generation. Raises IndexNotFound, IndexDamaged."""
    path = root / "CURRENT"
    try:
        text = path.read_text(encoding="ascii", errors="replace")
    except (FileNotFoundError, NotADirectoryError):
        raise IndexNotFound(
            f"no index in {root}; make one with: triptych index SOURCE --into {root}"
        ) from None
    except OSError as error:
        raise damaged(root, path, f"cannot be read ({error.strerror})") from error
    match = _CURRENT.fullmatch(text)
    if match is None:
        raise damaged(root, path, "does not name a generation")
    return Current(int(match[1]), match[2])


def _read_checked(root: Path, path: Path, sha256: str) -> bytes:
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise damaged(root, path, "is missing") from None
    except OSError as error:
        raise damaged(root, path, f"cannot be read ({error.strerror})") from error
    if hashlib.sha256(data).hexdigest() != sha256:
        raise damaged(root, path, "was altered")
    return data


def _dump(value: object) -> bytes:
    """JSON in ASCII: names of files may hold bytes that are not UTF-8."""
    return json.dumps(value, indent=1).encode("ascii")


def _load(root: Path, path: Path, data: bytes) -> object:
    """The JSON of a file of the format that this program reads."""
    try:
        value: object = json.loads(data)
        found = value["format"] if isinstance(value, dict) else None
    except (ValueError, KeyError) as error:
        raise damaged(root, path, "has no format version") from error
    if found != FORMAT:
        raise IndexMismatch(
            f"{path}: format version {found!r}, this program reads {FORMAT}; "
            f"rebuild the index with: triptych index SOURCE --into {root}"
        )
    return value


def _first(error: ValidationError) -> str:
    first = error.errors()[0]
    return f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}"
