"""Whether a build would make anything new: everything it depends on, in one hash."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from indexer.loaders.base import SourceFile
from indexer.store.durable import sha256_file


def digest(files: Iterable[SourceFile]) -> dict[SourceFile, str]:
    """SHA-256 (hex) of the bytes of each file.

    One that cannot be read has its error's number, so that it is noticed once it can be.
    """
    return {file: _digest(file.absolute) for file in files}


def sign(facts: Mapping[str, object], digests: Mapping[SourceFile, str]) -> str:
    """SHA-256 (hex) over `facts` (settings, fingerprints) and the names and digests of files."""
    total = hashlib.sha256(json.dumps(facts, sort_keys=True, default=str).encode())
    for file in sorted(digests, key=lambda file: (str(file.root), file.path)):
        total.update(f"\0{file.root}\0{file.path}\0{digests[file]}".encode())
    return total.hexdigest()


def _digest(path: Path) -> str:
    try:
        return sha256_file(path)
    except OSError as error:
        return f"errno {error.errno}"
