"""Documents between reading and encoding, on disk, so that a killed run reads no file twice.

All files are read before the first is encoded: which images stand alone is known only then,
and so are the totals that a progress bar needs. The spool keeps memory small meanwhile.
"""

from __future__ import annotations

import os
import pickle
import struct
import tempfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import IO

from indexer.building.intake import Intake
from indexer.building.ledger import FileEntry
from indexer.loaders.base import SourceFile

_FRAME = struct.Struct("<QI")  # bytes of the record, and their CRC-32


def spool_path(cache: Path, index: Path) -> Path:
    """Where the spool of runs into `index` lies: with the user's other caches, because its
    records are Python objects, and those are read back from trusted places only."""
    name = sha256(str(index.resolve()).encode("utf-8", "surrogateescape")).hexdigest()[:32]
    return cache / "spools" / name


@dataclass(frozen=True, slots=True)
class SpooledFile:
    """A file that was read to its end: the keys of all its documents, by path, and where in
    the spool those lie that have to be written (`chunks` of them in all)."""

    entry: FileEntry
    keys: Mapping[str, str]
    parts: tuple[int, ...]
    chunks: int


class Spool:
    """Files with their documents, appended file by file and read back in any order.

    With a `path` it survives the process: opened again under the same `heading`, `files`
    are those that are in it whole. Without one it is a temporary file.
    """

    def __init__(self, path: Path | None = None, heading: str = "") -> None:
        self._path = path
        self._file = _open(path)
        self._parts: list[int] = []
        self._chunks = 0
        self.files: dict[SourceFile, SpooledFile] = {}
        self._resume(heading)

    def add(self, intakes: Sequence[Intake]) -> None:
        """Append documents of the file being read."""
        if not intakes:
            return
        self._parts.append(self._append(intakes))
        self._chunks += sum(len(intake.chunks) for intake in intakes)

    def finish(self, entry: FileEntry, keys: Mapping[str, str]) -> None:
        """The file being read is at its end."""
        spooled = SpooledFile(entry, keys, tuple(self._parts), self._chunks)
        self._parts, self._chunks = [], 0
        self._append(spooled)
        self.files[entry.file] = spooled

    def read(self, file: SourceFile) -> Iterator[Intake]:
        """The documents of a file that is in the spool."""
        for place in self.files[file].parts:
            data = self._record(place)
            assert data is not None
            yield from pickle.loads(data)

    def close(self) -> None:
        """Close it; the next run may go on from here."""
        self._file.close()

    def delete(self) -> None:
        """Close it for good: all that is in it is committed."""
        self._file.close()
        if self._path is not None:
            self._path.unlink(missing_ok=True)

    def _resume(self, heading: str) -> None:
        """Take note of the files that are whole; drop the torn end, or all of another heading."""
        first = self._record(0)
        if first is None or pickle.loads(first) != heading:
            self._file.truncate(0)
            self._append(heading)
            return
        place = end = _FRAME.size + len(first)
        while (data := self._record(place)) is not None:
            place += _FRAME.size + len(data)
            record = pickle.loads(data)
            if isinstance(record, SpooledFile):
                self.files[record.entry.file] = record
                end = place
        self._file.truncate(end)

    def _append(self, record: object) -> int:
        data = pickle.dumps(record, protocol=pickle.HIGHEST_PROTOCOL)
        place = self._file.seek(0, 2)
        self._file.write(_FRAME.pack(len(data), zlib.crc32(data)) + data)
        self._file.flush()
        return place

    def _record(self, place: int) -> bytes | None:
        """The record at an offset; None where there is none or it is torn."""
        self._file.seek(place)
        frame = self._file.read(_FRAME.size)
        if len(frame) < _FRAME.size:
            return None
        size, crc = _FRAME.unpack(frame)
        # a file that grew before it was written to reads as zeros, or as anything
        if not 0 < size <= os.fstat(self._file.fileno()).st_size:
            return None
        data = self._file.read(size)
        return data if len(data) == size and zlib.crc32(data) == crc else None


def _open(path: Path | None) -> IO[bytes]:
    if path is None:
        return tempfile.TemporaryFile()
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.touch(mode=0o600)
    return path.open("r+b")
