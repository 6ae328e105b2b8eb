"""One writer at a time: an advisory lock that dies with the process that holds it."""

from __future__ import annotations

import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from indexer.errors import BadConfig

LOCK_NAME = "writer.lock"

_PROCESS = secrets.token_hex(8)
"""Tells this process from one of the same number in another container."""

_BESIDE = frozenset({"vectors", "feedback", "lost+found"})
"""What may lie in the folder of an index before its first build."""


@contextmanager
def writer_lock(root: Path) -> Iterator[None]:
    """Hold the right to write in the index folder `root`, which is made if needed.

    Raises BadConfig naming the folder when a writer is at work there, in this process or
    another. A build holds the lock from its first segment to its commit, so that nobody
    clears away what it has not committed yet.
    """
    _make_root(root)
    with (root / LOCK_NAME).open("a+") as file:
        if not _take(file.fileno()):
            raise BadConfig(
                f"{root}: another build is writing to this index{_holder(file.fileno())}; "
                "wait until it ends, or give another folder with --into"
            )
        file.truncate(0)
        file.write(_me())
        file.flush()
        try:
            yield
        finally:
            file.truncate(0)


@contextmanager
def joined_lock(root: Path) -> Iterator[None]:
    """Like writer_lock, and does nothing where this process already holds the lock.

    For steps that are safe alone and are also parts of a longer build. Raises BadConfig.
    """
    if _held_here(root):
        yield
    else:
        with writer_lock(root):
            yield


def _make_root(root: Path) -> None:
    """Make the index folder. Raises BadConfig where it cannot be, or is used for other things."""
    try:
        root.mkdir(parents=True, exist_ok=True)
        names = {path.name for path in root.iterdir() if not path.name.startswith(".")}
        if names.isdisjoint({LOCK_NAME, "CURRENT"}) and names - _BESIDE:
            raise BadConfig(
                f"{root}: holds other files ({min(names - _BESIDE)}, …) and no index; "
                "give an empty or a new folder with --into"
            )
        (root / LOCK_NAME).touch()
    except OSError as error:
        raise BadConfig(f"{root}: cannot write an index here: {error.strerror}") from error


def _held_here(root: Path) -> bool:
    path = root / LOCK_NAME
    if not path.exists():
        return False
    with path.open("r") as file:
        if _take(file.fileno()):
            fcntl.flock(file.fileno(), fcntl.LOCK_UN)
            return False
        return file.read() == _me()


def _me() -> str:
    return f"{os.getpid()} {_PROCESS}"


def _take(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _holder(descriptor: int) -> str:
    process = os.pread(descriptor, 32, 0).decode(errors="replace").partition(" ")[0]
    return f" (process {process})" if process else ""
