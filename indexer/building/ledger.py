"""The ledger: for every file of the sources, what it was when it was taken in.

It tells an unchanged file without reading it. Losing it costs time only: documents are
known by their own keys, and a file that is not in the ledger is read again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from indexer.building.digests import Digest
from indexer.loaders.base import SourceFile
from indexer.records import Skipped

Finding = tuple[str, str]
"""(path, reason)."""


@dataclass(frozen=True, slots=True)
class FileEntry:
    """One source file. Asset paths are relative to `root`.

    `documents` counts those that it has in the index. `reads` are the files of pictures in
    it, by asset, with their hashes; `shows` are the assets among its chunks. `alone` is False
    for an image that is part of the page that shows it, and is no document of its own.
    """

    root: str
    path: str
    digest: Digest
    documents: int = 0
    alone: bool = True
    reads: Mapping[str, str] = field(default_factory=dict)
    shows: tuple[str, ...] = ()
    skipped: tuple[Finding, ...] = ()
    notes: tuple[Finding, ...] = ()

    @property
    def file(self) -> SourceFile:
        return SourceFile(Path(self.root), self.path)

    def stale(self) -> FileEntry:
        """The entry of a file that has to be read again whatever it holds."""
        return replace(self, digest=Digest(""))


@dataclass(frozen=True, slots=True)
class Ledger:
    """`recipe` identifies all that decides what documents a file becomes."""

    recipe: str = ""
    files: tuple[FileEntry, ...] = ()

    def by_file(self) -> dict[SourceFile, FileEntry]:
        return {entry.file: entry for entry in self.files}

    def essence(self) -> Ledger:
        """The ledger without what the files' clocks say, which may change and mean nothing."""
        files = (replace(entry, digest=Digest(entry.digest.sha256)) for entry in self.files)
        return Ledger(self.recipe, tuple(sorted(files, key=lambda e: (e.root, e.path))))

    def to_bytes(self) -> bytes:
        return _LEDGER.dump_json(self)

    @classmethod
    def from_bytes(cls, data: bytes) -> Ledger:
        """The ledger in `data`; an empty one where `data` is none."""
        try:
            return _LEDGER.validate_json(data)
        except ValidationError:
            return cls()


def findings(found: Iterable[Skipped]) -> tuple[Finding, ...]:
    """What a report says, as the ledger and the manifest keep it."""
    return tuple((str(item.path), item.reason) for item in found)


_LEDGER = TypeAdapter(Ledger)


def known_digests(entries: Iterable[FileEntry]) -> dict[SourceFile, Digest]:
    return {entry.file: entry.digest for entry in entries}
