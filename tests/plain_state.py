"""What an index holds after each kind of change, computed on plain dictionaries."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from indexer.building.live import Deletion
from indexer.errors import BadQuery, NoSuchDocument
from indexer.store.uploads import UPLOADED
from tests.plain_index import Content, DocumentId, Entry

Disk = Mapping[Path, Content]
"""Every source file, by its absolute path."""


@dataclass(frozen=True)
class State:
    """What a generation holds, and what it is made of.

    `removed` are documents, or files with all their documents, that no build brings back.
    """

    documents: Mapping[DocumentId, Entry]
    sources: tuple[Path, ...] = ()
    added: tuple[Path, ...] = ()
    removed: frozenset[DocumentId] = frozenset()

    def full(self, disk: Disk) -> State:
        """After everything was looked through."""
        uploads = {id: entry for id, entry in self.documents.items() if id[0] == UPLOADED}
        found = _documents(disk, _files(disk, [*self.sources, *self.added]))
        stays = {id: entry for id, entry in found.items() if not self._is_removed(id)}
        return replace(self, documents=uploads | stays)

    def with_added(self, disk: Disk, place: Path) -> State:
        """After `add` of a path, which brings removed documents back."""
        walked = [*self.sources, *self.added]
        known = any(place.is_relative_to(path) for path in walked)
        seen = _files(disk, [place])
        found = _documents(disk, seen)
        others = {id: e for id, e in self.documents.items() if not _file(id).is_relative_to(place)}
        return State(
            others | found,
            self.sources,
            self.added if known else (*self.added, place),
            self.removed - {*found, *((str(file.parent), file.name) for file in seen)},
        )

    def changed(self, uploads: Mapping[str, Content], deletions: Sequence[Deletion]) -> State:
        """After a live change. Raises NoSuchDocument, BadQuery as it does."""
        removed: set[DocumentId] = set()
        dead: set[DocumentId] = set()
        added = self.added
        for deletion in deletions:
            found = self._found(deletion)
            dead |= found
            removed |= found
            removed |= {(s, deletion.id) for s, path in found if path.startswith(f"{deletion.id}#")}
            added = tuple(path for path in added if str(path) != deletion.id)
        dead |= {id for id in self.documents if id[0] == UPLOADED and _base(id) in uploads}
        new = {
            (UPLOADED, name + record): entry
            for name, content in uploads.items()
            for record, entry in content.items()
        }
        stays = {id: entry for id, entry in self.documents.items() if id not in dead}
        return State(stays | new, self.sources, added, self.removed | removed)

    def _found(self, deletion: Deletion) -> set[DocumentId]:
        if Path(deletion.id) in self.added:
            return {id for id in self.documents if _file(id).is_relative_to(deletion.id)}
        found = {
            id
            for id in self.documents
            if deletion.id in (id[1], _base(id)) and deletion.source in (None, id[0])
        }
        if not found:
            raise NoSuchDocument(deletion.id)
        if len({source for source, _ in found}) > 1:
            raise BadQuery(deletion.id)
        return found

    def _is_removed(self, id: DocumentId) -> bool:
        return not self.removed.isdisjoint({id, (id[0], _base(id))})


def _files(disk: Disk, walked: Iterable[Path]) -> list[Path]:
    places = list(walked)
    return [file for file in disk if any(file.is_relative_to(place) for place in places)]


def _documents(disk: Disk, files: Iterable[Path]) -> dict[DocumentId, Entry]:
    return {
        (str(file.parent), file.name + record): entry
        for file in files
        for record, entry in disk[file].items()
    }


def _base(id: DocumentId) -> str:
    """The path of a document without its record."""
    return id[1].partition("#")[0]


def _file(id: DocumentId) -> Path:
    return Path(id[0], _base(id))
