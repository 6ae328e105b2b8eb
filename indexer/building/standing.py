"""What an index holds already: the documents of its live generation, and its ledger."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from indexer.building.facts import BuildFacts
from indexer.building.ledger import Ledger
from indexer.errors import IndexDamaged
from indexer.loaders.base import SourceFile
from indexer.store.index import Index, StoredDocument
from indexer.store.ledgers import read_ledger
from indexer.store.manifest import Manifest
from indexer.store.tables import storable
from indexer.store.uploads import UPLOADED

DocumentId = tuple[str, str]
"""(source, path), as an index stores them."""


class Standing:
    """The documents that a build may keep; without an index there are none.

    Those that are `spoilt` are in the index and must not stay there.
    """

    def __init__(
        self, index: Index | None, facts: BuildFacts | None, spoilt: Sequence[StoredDocument] = ()
    ) -> None:
        self.manifest: Manifest | None = index.manifest if index else None
        self.facts = facts
        self.spoilt = spoilt
        self.ledger = _ledger(index.root, index.manifest) if index else Ledger()
        bad = {(document.segment, document.number) for document in spoilt}
        self.documents: dict[DocumentId, StoredDocument] = {
            (document.source, document.path): document
            for document in (index.documents() if index else ())
            if (document.segment, document.number) not in bad
        }
        self._uploaded: dict[str, list[StoredDocument]] = defaultdict(list)
        for found in self.documents.values():
            if found.source == UPLOADED:
                self._uploaded[found.file].append(found)
        self._per_file = Counter((found.source, found.file) for found in self.of_sources())

    def key(self, source: str, path: str) -> str:
        """The key of a document; empty where there is none."""
        found = self.documents.get((storable(source), storable(path)))
        return found.key if found else ""

    def count(self, file: SourceFile) -> int:
        """How many documents of a file there are."""
        return self._per_file[storable(str(file.root)), storable(file.path)]

    def of_sources(self) -> Iterable[StoredDocument]:
        """All that came from files of the user's, and nothing that was uploaded."""
        return (found for found in self.documents.values() if found.source != UPLOADED)

    def outdated(self, upload: str, keys: Mapping[str, str]) -> list[StoredDocument]:
        """The documents of an upload, by the name of its original, that have none of `keys`."""
        return [
            found for found in self._uploaded[storable(upload)] if keys.get(found.path) != found.key
        ]


def by_segment(documents: Iterable[StoredDocument]) -> dict[str, list[int]]:
    """Document numbers, by segment."""
    numbers: dict[str, list[int]] = defaultdict(list)
    for document in documents:
        numbers[document.segment].append(document.number)
    return dict(numbers)


def _ledger(root: Path, manifest: Manifest) -> Ledger:
    """The ledger of a generation; an empty one where it is damaged: it saves time only."""
    try:
        return Ledger.from_bytes(read_ledger(root, manifest.ledger))
    except IndexDamaged:
        return Ledger()
