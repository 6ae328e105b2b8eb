"""Preview images, shared by all generations and named by their content."""

from __future__ import annotations

import fcntl
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from indexer.store.durable import scrap_path, sha256_bytes, sync, writing

_CHECKED = re.compile(r"-([0-9a-f]{8})\.webp$")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def thumb_name(picture: str, data: bytes) -> str:
    """The name of a preview: the content key (hex) of what it shows, then of itself, cut short."""
    return f"{picture[:32]}-{sha256_bytes(data)[:8]}.webp"


def pictured(name: str) -> str:
    """The beginning of the content key of what a preview shows."""
    return name.partition("-")[0]


def thumb_fault(path: Path) -> str | None:
    """What is wrong with a preview, None when it holds what its name says."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return "is missing"
    except OSError as error:
        return f"cannot be read ({error.strerror})"
    checked = _CHECKED.search(path.name)
    return "was altered" if checked and sha256_bytes(data)[:8] != checked[1] else None


def thumbs_folder(root: Path) -> Path:
    return root / "thumbs"


def thumb_path(root: Path, name: str) -> Path | None:
    """Where the preview `name` lies; None when there is none or `name` is not a plain name."""
    if not _NAME.fullmatch(name):
        return None
    path = thumbs_folder(root) / name
    return path if path.is_file() else None


@contextmanager
def thumbs_lock(root: Path, alone: bool) -> Iterator[None]:
    """Keep previews from being cleared away while one is added; `alone` is for clearing.

    Waits. The folder is made if needed.
    """
    folder = thumbs_folder(root)
    folder.mkdir(exist_ok=True)
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        yield
    finally:
        fcntl.flock(descriptor, fcntl.LOCK_UN)  # a child process may have inherited it
        os.close(descriptor)


class ThumbWriter:
    """Writes previews. A name that is there already with the same size is left alone."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._written: list[Path] = []

    def add(self, name: str, data: bytes) -> None:
        """Raises ValueError when `name` is not a plain file name."""
        if not _NAME.fullmatch(name):
            raise ValueError(f"thumb name {name!r} is not letters, digits, dot, - and _")
        path = thumbs_folder(self._root) / name
        with thumbs_lock(self._root, alone=False):
            if path.is_file() and path.stat().st_size == len(data):
                return
            temporary = scrap_path(path)
            with writing(path):
                temporary.write_bytes(data)
                temporary.replace(path)
        self._written.append(path)

    def sync(self) -> None:
        """Flush what was written to the disk."""
        for path in self._written:
            sync(path)
        if self._written:
            sync(thumbs_folder(self._root))
        self._written.clear()
