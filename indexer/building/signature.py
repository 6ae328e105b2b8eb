"""Whether a build would make anything new: everything it depends on, in one hash."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from indexer.loaders.base import SourceFile


def sign(facts: Mapping[str, object], files: Iterable[SourceFile]) -> str:
    """SHA-256 (hex) over `facts` (settings, fingerprints) and the names and bytes of `files`.

    A file that cannot be read counts by its name, so that it is noticed once it can be.
    """
    total = hashlib.sha256(json.dumps(facts, sort_keys=True, default=str).encode())
    for file in sorted(files, key=lambda file: (str(file.root), file.path)):
        total.update(f"\0{file.root}\0{file.path}\0{_digest(file.absolute)}".encode())
    return total.hexdigest()


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        return f"errno {error.errno}"
