"""Ledgers: what a build wants to know at the next one, kept for every generation."""

from __future__ import annotations

from pathlib import Path

from indexer.store.durable import sha256_bytes, write_atomic
from indexer.store.manifest import damaged


def write_ledger(root: Path, data: bytes) -> str:
    """Keep `data`, flushed to the disk; its SHA-256 (hex), which is its name.

    Raises OSError when it cannot be written.
    """
    name = sha256_bytes(data)
    path = ledger_path(root, name)
    if not path.is_file() or path.read_bytes() != data:
        path.parent.mkdir(exist_ok=True)
        write_atomic(path, data)
    return name


def read_ledger(root: Path, sha256: str) -> bytes:
    """The ledger of that SHA-256. Raises IndexDamaged when it is missing or altered."""
    path = ledger_path(root, sha256)
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise damaged(root, path, "is missing") from None
    except OSError as error:
        raise damaged(root, path, f"cannot be read ({error.strerror})") from error
    if sha256_bytes(data) != sha256:
        raise damaged(root, path, "was altered")
    return data


def ledger_path(root: Path, sha256: str) -> Path:
    return root / "ledgers" / f"{sha256}.json"
