"""What a file holds, as a hash; a file whose stat is as it was noted is not read again."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from indexer.loaders.base import SourceFile
from indexer.store.durable import sha256_file

_RACY_NS = 2_000_000_000
"""A file changed this shortly before it was hashed may change again within one tick of the
file system's clock, unseen; its stat is not noted. Git calls such an entry racily clean."""


@dataclass(frozen=True, slots=True)
class Digest:
    """SHA-256 (hex) of a file's bytes, and (size, mtime, ctime) in bytes and nanoseconds.

    A file that cannot be read has its error's number for a hash, so that it is noticed once
    it can be. `stat` is None where it proves nothing.
    """

    sha256: str
    stat: tuple[int, int, int] | None = None


class Digests:
    """Digests of files, each taken once; `known` ones hold while the file's stat is the same."""

    def __init__(self, known: Mapping[SourceFile, Digest]) -> None:
        self._known = known
        self._taken: dict[SourceFile, Digest] = {}

    def of(self, file: SourceFile) -> Digest:
        if file not in self._taken:
            self._taken[file] = self._take(file)
        return self._taken[file]

    def moved(self, files: Iterable[SourceFile]) -> set[SourceFile]:
        """Those that are no longer what they were when their digest was taken."""
        again = Digests(self._taken)
        return {file for file in files if again.of(file).sha256 != self.of(file).sha256}

    def _take(self, file: SourceFile) -> Digest:
        path = file.absolute
        try:
            found = path.stat()
            stat = (found.st_size, found.st_mtime_ns, found.st_ctime_ns)
            known = self._known.get(file)
            if known is not None and known.stat == stat:
                return known
            settled = time.time_ns() - max(stat[1], stat[2]) > _RACY_NS
            return Digest(sha256_file(path), stat if settled else None)
        except OSError as error:
            return Digest(f"errno {error.errno}")


def is_file(path: Path) -> bool:
    """Whether `path` is a file; False too for names that no file can have."""
    try:
        return os.path.isfile(path)
    except ValueError:
        return False
