"""Writing files so that a crash leaves either the old or the new, and proving them unaltered."""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

from indexer.errors import CannotWrite

_EDGE = 1 << 20
"""Bytes at each end of a file that a quick check reads."""


@dataclass(frozen=True, slots=True)
class FileSum:
    """Size in bytes, SHA-256 (hex) of the whole, and SHA-256 of the first and last megabyte."""

    size: int
    sha256: str
    edges: str


def sum_file(path: Path) -> FileSum:
    """Measure a file. Raises OSError when it cannot be read."""
    return FileSum(path.stat().st_size, sha256_file(path), _sha256_edges(path))


def find_fault(path: Path, expected: FileSum, whole: bool) -> str | None:
    """What is wrong with a file, None when nothing is.

    Size is always compared; then the hash of all bytes when `whole`, else of both ends.
    """
    try:
        size = path.stat().st_size
        if size != expected.size:
            return f"has {size:,} bytes, not {expected.size:,}"
        found = sha256_file(path) if whole else _sha256_edges(path)
    except FileNotFoundError:
        return "is missing"
    except OSError as error:
        return f"cannot be read ({error.strerror})"
    return None if found == (expected.sha256 if whole else expected.edges) else "was altered"


def sha256_file(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sha256_bytes(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _sha256_edges(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        digest.update(file.read(_EDGE))
        size = file.seek(0, os.SEEK_END)
        if size > _EDGE:
            file.seek(max(_EDGE, size - _EDGE))
            digest.update(file.read())
    return digest.hexdigest()


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Around what writes at or below `path`. Raises CannotWrite where that cannot be done.

    The libraries that write catalogs, words and vectors each say so in their own way.
    """
    try:
        yield
    except (OSError, duckdb.Error, RuntimeError, ValueError) as error:
        if isinstance(error, ValueError) and "IO error" not in str(error):  # not tantivy's
            raise
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise CannotWrite(
            f"{path}: cannot be written: {reason}; make room, then do it again"
        ) from error


def write_atomic(path: Path, data: bytes) -> None:
    """Replace `path` by `data`: temporary file, fsync, rename, fsync of the folder.

    Raises CannotWrite; nothing is left behind then.
    """
    temporary = scrap_path(path)
    with writing(path):
        try:
            with temporary.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        sync(path.parent)


def scrap_path(path: Path) -> Path:
    """A new name beside `path` for writing it, which no other writer has."""
    return path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")


def sync(path: Path) -> None:
    """Flush one file or folder to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_tree(folder: Path) -> None:
    """Flush everything under `folder`, files before the folders that hold them."""
    for parent, _, names in os.walk(folder, topdown=False):
        for name in names:
            sync(Path(parent, name))
        sync(Path(parent))
