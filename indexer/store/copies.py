"""Second copies of the few small files without which an index cannot be told from scraps.

A copy begins with the SHA-256 of the rest, so that it proves itself and its original.
"""

from __future__ import annotations

from pathlib import Path

from indexer.store.durable import sha256_bytes, write_atomic

SUFFIX = ".copy"


def copy_path(path: Path) -> Path:
    return path.with_name(path.stem + SUFFIX)


def gone_path(path: Path) -> Path:
    """What a file is called while it and its copy are removed: neither is missing then."""
    return path.with_name(path.stem + ".gone")


def write_with_copy(path: Path, data: bytes) -> None:
    """Replace a file and its copy, the copy first: a file that is there has one."""
    write_atomic(copy_path(path), f"{sha256_bytes(data)}\n".encode() + data)
    write_atomic(path, data)


def read_copy(path: Path) -> bytes | None:
    """What `path` should hold, by its copy; None where that is missing or damaged."""
    try:
        digest, _, data = copy_path(path).read_bytes().partition(b"\n")
    except OSError:
        return None
    return data if sha256_bytes(data).encode() == digest else None
