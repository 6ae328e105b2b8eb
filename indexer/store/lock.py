"""One writer at a time: an advisory lock that dies with the process that holds it."""

from __future__ import annotations

import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep
from typing import Self

from indexer.errors import BadConfig, IndexBusy
from indexer.store.durable import writing

LOCK_NAME = "writer.lock"

_PROCESS = secrets.token_hex(8)
"""Tells this process from one of the same number in another container."""

_PAUSE = 0.02
"""Seconds between two tries for the lock."""

_BESIDE = frozenset({"vectors", "feedback", "lost+found"})
"""What may lie in the folder of an index before its first build."""


@contextmanager
def writer_lock(root: Path, wait: float = 0.0) -> Iterator[None]:
    """Hold the right to write in the index folder `root`, which is made if needed.

    Raises IndexBusy naming the folder when a writer, in this process or another, is still at
    work there after `wait` seconds; BadConfig for a folder that cannot hold an index.
    """
    make_root(root)
    end = monotonic() + wait
    with (root / LOCK_NAME).open("a+") as file:
        while not _take(file.fileno()):
            if monotonic() >= end:
                raise IndexBusy(
                    f"{root}: another build is writing to this index{_holder(file.fileno())}; "
                    "wait until it ends, then do it again"
                )
            sleep(_PAUSE)
        with writing(root / LOCK_NAME):
            file.truncate(0)
            os.write(file.fileno(), _me().encode())  # a buffer would be written again at the end
        try:
            yield
        finally:
            file.truncate(0)


@contextmanager
def joined_lock(root: Path, wait: float = 0.0) -> Iterator[None]:
    """Like writer_lock, and does nothing where this process already holds the lock.

    For steps that are safe alone and are also parts of a longer build. Raises as it does.
    """
    if _held_here(root):
        yield
    else:
        with writer_lock(root, wait):
            yield


class Hold:
    """The folder of a segment, marked as in use until released.

    The mark outlives a rename of the folder and dies with the process.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._held = True

    @classmethod
    def take(cls, folder: Path) -> Self | None:
        """Hold `folder`; None where another does, or it is gone."""
        try:
            descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        except (FileNotFoundError, NotADirectoryError):
            return None
        if _take(descriptor) and _is_at(descriptor, folder):
            return cls(descriptor)
        os.close(descriptor)
        return None

    def release(self) -> None:
        """Let go of it. Does nothing the second time."""
        if self._held:
            self._held = False
            # A child process may have inherited the descriptor, so closing is not enough.
            fcntl.flock(self._descriptor, fcntl.LOCK_UN)
            os.close(self._descriptor)


def make_root(root: Path) -> None:
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


def _is_at(descriptor: int, folder: Path) -> bool:
    """Whether what was opened is still in its place, and not removed before it was locked."""
    try:
        return os.path.samestat(os.fstat(descriptor), folder.stat())
    except FileNotFoundError:
        return False


def _take(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _holder(descriptor: int) -> str:
    process = os.pread(descriptor, 32, 0).decode(errors="replace").partition(" ")[0]
    return f" (process {process})" if process else ""
