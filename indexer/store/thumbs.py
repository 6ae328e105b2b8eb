"""Preview images, shared by all generations and named by their content."""

from __future__ import annotations

import re
from pathlib import Path

from indexer.store.durable import sync

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def thumb_path(root: Path, name: str) -> Path | None:
    """Where the preview `name` lies; None when there is none or `name` is not a plain name."""
    if not _NAME.fullmatch(name):
        return None
    path = root / "thumbs" / name
    return path if path.is_file() else None


class ThumbWriter:
    """Writes previews. A name that is there already with the same size is left alone."""

    def __init__(self, root: Path) -> None:
        self._folder = root / "thumbs"
        self._written: list[Path] = []

    def add(self, name: str, data: bytes) -> None:
        """Raises ValueError when `name` is not a plain file name."""
        if not _NAME.fullmatch(name):
            raise ValueError(f"thumb name {name!r} is not letters, digits, dot, - and _")
        path = self._folder / name
        if path.is_file() and path.stat().st_size == len(data):
            return
        self._folder.mkdir(exist_ok=True)
        temporary = self._folder / f".{name}.tmp"
        temporary.write_bytes(data)
        temporary.replace(path)
        self._written.append(path)

    def sync(self) -> None:
        """Flush what was written to the disk."""
        for path in self._written:
            sync(path)
        if self._written:
            sync(self._folder)
        self._written.clear()
