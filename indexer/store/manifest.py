"""What an index says about itself: generation files, `segment.json` and CURRENT."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import JsonValue, TypeAdapter, ValidationError

from indexer.encoders.base import Space
from indexer.errors import IndexDamaged, IndexMismatch, IndexNotFound
from indexer.store.centres import Centres
from indexer.store.copies import copy_path, read_copy, write_with_copy
from indexer.store.durable import FileSum, sha256_bytes, write_atomic

FORMAT = 3
"""Version of everything written below an index folder."""

SEGMENT_FILE = "segment.json"
CATALOG = "catalog.duckdb"
WORDS = "words"
"""What a segment's folder holds, besides a file for each space."""

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
    """A sealed segment, as its `segment.json` describes it. Files are relative to its folder.

    `centres` says by space where the vectors of each modality lie.
    """

    format: int
    id: str
    chunks: int
    documents: int
    spaces: Mapping[str, SpaceFile]
    centres: Mapping[str, Centres]
    counts: Counts
    metadata_keys: tuple[str, ...]
    files: Mapping[str, FileSum]


@dataclass(frozen=True, slots=True)
class SegmentRef:
    """A segment of a generation, and the SHA-256 of its `segment.json`.

    `documents` and `chunks` are all that it holds; `dead` is how many of the chunks belong to
    documents with tombstones.
    """

    id: str
    documents: int
    chunks: int
    dead: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """One generation: what is served, and what the build had to say.

    `parent` is the generation it was made from (0 = none), `made` when (ISO 8601, UTC),
    `cause` why: index, rebuild, add, remove, merge, purge or repair. `tombstones` maps a
    segment id to the sorted numbers of its deleted documents; `documents`, `chunks` and
    `counts` leave them out. `quality` maps a space to measured figures. `build` is the
    caller's own, and so is the file `ledgers/<ledger>.json`.
    """

    format: int
    generation: int
    parent: int
    cause: str
    made: str
    spaces: Mapping[str, Space]
    segments: tuple[SegmentRef, ...]
    tombstones: Mapping[str, tuple[int, ...]]
    documents: int
    chunks: int
    counts: Counts
    quality: Mapping[str, Mapping[str, float]]
    build: Mapping[str, JsonValue]
    ledger: str


_MANIFEST = TypeAdapter(Manifest)
_SEGMENT = TypeAdapter(SegmentInfo)


@dataclass(frozen=True, slots=True)
class Current:
    """The live generation and the SHA-256 of its file."""

    generation: int
    sha256: str


def generation_path(root: Path, generation: int) -> Path:
    return root / "generations" / f"{generation:06d}.json"


def generation_numbers(root: Path) -> list[int]:
    """The generations on disk, oldest first."""
    found = (root / "generations").glob("*.json")
    return sorted(int(path.stem) for path in found if path.stem.isdecimal())


def segment_path(root: Path, segment: str) -> Path:
    return root / "segments" / segment


def space_path(folder: Path, space: str) -> Path:
    """Where the vectors of a space lie in the folder of a segment."""
    return folder / f"{space}.faiss"


def words_key(segment: str) -> int:
    """The 32-bit number that marks the rows of a segment in the words lane."""
    return int(segment[:8], 16)


def current_path(root: Path) -> Path:
    return root / "CURRENT"


def damaged(root: Path, file: Path, fault: str) -> IndexDamaged:
    """The error for a file of the index at `root`: which, what, and how to mend it."""
    advice = f"mend the index with: triptych verify --index {root} --repair"
    return IndexDamaged(f"{file}: {fault}; {advice}", fault)


def write_manifest(root: Path, manifest: Manifest) -> Current:
    """Write a generation file. It is not served until CURRENT names it."""
    path = generation_path(root, manifest.generation)
    path.parent.mkdir(exist_ok=True)
    data = _dump(_MANIFEST.dump_python(manifest))
    write_with_copy(path, data)
    return Current(manifest.generation, sha256_bytes(data))


def read_manifest(root: Path, current: Current) -> Manifest:
    """Read the generation that `current` names. Raises IndexDamaged, IndexMismatch."""
    path = generation_path(root, current.generation)
    try:
        data = _read_checked(root, path, current.sha256)
    except IndexDamaged:
        if (copy := read_copy(path)) is None or sha256_bytes(copy) == current.sha256:
            raise
        fault = f"names another generation {current.generation} than the one there"
        raise damaged(root, current_path(root), fault) from None
    try:
        return _MANIFEST.validate_python(_load(root, path, data))
    except ValidationError as error:
        raise damaged(root, path, f"is not a generation file ({_first(error)})") from error


def recall_manifest(root: Path, generation: int) -> Manifest | None:
    """A generation by its copy or, without one, by its file; None where neither can be read."""
    path = generation_path(root, generation)
    data = read_copy(path)
    try:
        data = path.read_bytes() if data is None else data
        return _MANIFEST.validate_python(_load(root, path, data))
    except (OSError, ValidationError, IndexDamaged, IndexMismatch):
        return None


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
    write_with_copy(current_path(root), line.encode())


def read_current(root: Path) -> Current:
    """The live generation. Raises IndexNotFound, IndexDamaged."""
    path = current_path(root)
    try:
        current = parse_current(path.read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        if copy_path(path).is_file():
            raise damaged(root, path, "is missing") from None
        raise IndexNotFound(
            f"no index in {root}; make one with: triptych index SOURCE --into {root}"
        ) from None
    except OSError as error:
        raise damaged(root, path, f"cannot be read ({error.strerror})") from error
    if current is None:
        raise damaged(root, path, "does not name a generation")
    return current


def parse_current(data: bytes) -> Current | None:
    """What the content of CURRENT names; None where it names nothing."""
    match = _CURRENT.fullmatch(data.decode("ascii", "replace"))
    return Current(int(match[1]), match[2]) if match else None


def _read_checked(root: Path, path: Path, sha256: str) -> bytes:
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise damaged(root, path, "is missing") from None
    except OSError as error:
        raise damaged(root, path, f"cannot be read ({error.strerror})") from error
    if sha256_bytes(data) != sha256:
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
