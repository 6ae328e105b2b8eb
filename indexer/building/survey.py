"""Looking through the sources: which files are as they were, and reading those that are not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from indexer.building.batch import Flaws
from indexer.building.digests import Digests
from indexer.building.intake import FileIntake, Intake, Reading, is_image
from indexer.building.ledger import FileEntry, findings
from indexer.building.progress import Progress
from indexer.building.spool import Spool
from indexer.errors import BadFile
from indexer.loaders.base import SourceFile

_PART = 256
"""Documents that go into the spool together."""


class Rules(Protocol):
    """What the caller knows of documents."""

    def belongs(self, source: str, file: str, path: str) -> bool:
        """Whether a document is to be in the index at all."""

    def standing(self, source: str, path: str) -> str:
        """The key of the document that the index has; empty where it has none."""

    def count(self, file: SourceFile) -> int:
        """How many documents of a file the index has."""


class Survey:
    """One pass over the files of the sources. `entries` are those walked, in path order.

    `known` are the entries of the run before: their files need no reading while their digests
    hold.
    """

    def __init__(
        self,
        reading: Reading,
        digests: Digests,
        spool: Spool,
        known: Mapping[SourceFile, FileEntry],
        rules: Rules,
    ) -> None:
        self.entries: dict[SourceFile, FileEntry] = {}
        self.read: set[SourceFile] = set()
        self._reading = reading
        self._digests = digests
        self._spool = spool
        self._known = known
        self._rules = rules

    def walk(
        self, files: Sequence[SourceFile], carried: Iterable[FileEntry], progress: Progress
    ) -> None:
        """Bring `entries` up to date; `carried` belong to files that are not looked at now.

        Images come last: one that a page shows is part of it.
        """
        progress.stage("reading files", len(files))
        pages = [file for file in files if not is_image(file)]
        images = [file for file in files if is_image(file)]
        more_images = any(image not in self._known for image in images)
        for file in pages:
            known = self._unchanged(file)
            # a picture that was missing may be among the new ones
            stays = known is not None and not (known.notes and more_images)
            self.entries[file] = known if known and stays else self._take(file)
            progress.step()
        shown = {
            SourceFile(Path(entry.root), asset)
            for entry in (*carried, *self.entries.values())
            for asset in entry.shows
        }
        for file in images:
            self.entries[file] = self._image(file, file in shown)
            progress.step()

    def flawed(self, flaws: Mapping[SourceFile, Flaws]) -> None:
        """Note the pictures that turned out not to decode, and the documents lost with them."""
        for file, found in flaws.items():
            if file in self.entries:
                entry = self.entries[file]
                self.entries[file] = replace(
                    entry,
                    documents=entry.documents - found.documents,
                    skipped=(*entry.skipped, *findings(found.report.skipped)),
                )

    def names(self) -> set[tuple[str, str]]:
        """(source, path) of all that was read: files, and documents of them."""
        found = {(str(file.root), file.path) for file in self.read}
        for file in self.read:
            found |= {(str(file.root), path) for path in self._spool.files[file].keys}
        return found

    def settle(self) -> None:
        """Mark what changed since it was looked at, so that the next build reads it again."""
        pictures = {
            SourceFile(Path(entry.root), asset)
            for entry in self.entries.values()
            for asset in entry.reads
        }
        moved = self._digests.moved({*self.entries, *pictures})
        for file, entry in self.entries.items():
            reads = {SourceFile(Path(entry.root), asset) for asset in entry.reads}
            if not moved.isdisjoint({file, *reads}):
                self.entries[file] = entry.stale()

    def _image(self, file: SourceFile, shown: bool) -> FileEntry:
        if shown:
            return FileEntry(str(file.root), file.path, self._digests.of(file), alone=False)
        known = self._unchanged(file)
        return known if known is not None and known.alone else self._take(file)

    def _unchanged(self, file: SourceFile) -> FileEntry | None:
        """The entry of a file that is as it was, the pictures in it too."""
        known = self._known.get(file)
        if known is None or not self._holds(known):
            return None
        if known.documents != self._rules.count(file):  # some were removed, or lost and repaired
            return None
        return replace(known, digest=self._digests.of(file))

    def _holds(self, entry: FileEntry) -> bool:
        return self._digests.of(entry.file).sha256 == entry.digest.sha256 and all(
            self._digests.of(SourceFile(Path(entry.root), asset)).sha256 == digest
            for asset, digest in entry.reads.items()
        )

    def _take(self, file: SourceFile) -> FileEntry:
        """Read a file into the spool, unless a killed run has done so."""
        self.read.add(file)
        spooled = self._spool.files.get(file)
        # a picture that was missing may have come since
        if spooled is not None and not spooled.entry.notes and self._holds(spooled.entry):
            return spooled.entry
        found = FileIntake(file)
        keys, unread = self._spool_documents(found)
        entry = found.entry(self._digests, len(keys))
        known = self._known.get(file)
        if known is not None:
            lasting = [flaw for flaw in known.skipped if flaw[0] in unread]
            entry = replace(entry, skipped=(*entry.skipped, *lasting))
        self._spool.finish(entry, keys)
        return entry

    def _spool_documents(self, found: FileIntake) -> tuple[dict[str, str], set[str]]:
        """The keys of a file's documents, by path; those that are new go into the spool.

        And the pictures of those that stay: what was wrong with them still is, unread.
        """
        keys: dict[str, str] = {}
        unread: set[str] = set()
        part: list[Intake] = []
        try:
            for intake in self._reading.documents(found):
                path = intake.document.path
                if not self._rules.belongs(intake.source, intake.file, path):
                    continue
                keys[path] = intake.key
                if self._rules.standing(intake.source, path) == intake.key:
                    assets = (chunk.picture.asset for chunk in intake.chunks if chunk.picture)
                    unread.update(str(Path(intake.source, asset)) for asset in assets)
                    continue
                part.append(intake)
                if len(part) == _PART:
                    self._spool.add(part)
                    part = []
        except BadFile as error:
            found.report.skip(found.file.absolute, error.reason)
        self._spool.add(part)
        return keys, unread
