"""One run over the sources: what is new is written, what is gone dies, the rest stays."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter

from indexer.building.batch import BatchWriter, Flaws, batches
from indexer.building.digests import Digests
from indexer.building.facts import BuildFacts, BuildResult, now, removal, to_skipped
from indexer.building.fitting import Fitting, spaces_with
from indexer.building.intake import Intake, Reading, is_image
from indexer.building.job import Job
from indexer.building.ledger import FileEntry, Finding, Ledger, findings, known_digests
from indexer.building.originals import Original, read_original
from indexer.building.progress import Progress
from indexer.building.recipe import Recipe
from indexer.building.sources import Source, discover, ignored
from indexer.building.spool import Spool, spool_path
from indexer.building.standing import Standing, by_segment
from indexer.building.survey import Survey
from indexer.errors import BadFile
from indexer.loaders.base import SourceFile
from indexer.loaders.report import ListReport
from indexer.store.generations import Change, commit
from indexer.store.index import StoredDocument
from indexer.store.manifest import Manifest, SegmentInfo
from indexer.store.refit import Fitted
from indexer.store.segment import SegmentWriter
from indexer.store.tables import storable
from indexer.store.uploads import UPLOADED


@dataclass(slots=True)
class _Found:
    """What a run found out on its way to the commit."""

    sources: Sequence[Source]
    survey: Survey
    carried: Sequence[FileEntry]
    findings: list[Finding] = field(default_factory=list)
    dead: list[StoredDocument] = field(default_factory=list)

    @property
    def read(self) -> list[SourceFile]:
        return [file for file in self.survey.entries if file in self.survey.read]

    @property
    def entries(self) -> dict[SourceFile, FileEntry]:
        """All files of the index, looked at or not."""
        return {**{entry.file: entry for entry in self.carried}, **self.survey.entries}


class Update:
    """A job on an index folder, whose writer lock the caller holds."""

    def __init__(self, root: Path, job: Job, recipe: Recipe, standing: Standing) -> None:
        self._root = root
        self._job = job
        self._recipe = recipe
        self._standing = standing
        self._files_recipe = recipe.files(job.facts.captions)
        self._report = ListReport()

    def run(self, progress: Progress) -> BuildResult:
        """Do it. Raises BadFile when nothing at all can be indexed; nothing changes then."""
        started = perf_counter()
        sources = [discover(path, self._report, self._root) for path in self._job.walk]
        spool = Spool(spool_path(self._recipe.settings.cache, self._root), self._heading())
        try:
            found = self._look(sources, spool, progress)
            manifest = self._standing.manifest
            if manifest is None or self._is_changed(found, spool):
                manifest = self._write(found, spool, progress)
        finally:
            spool.close()
        spool.delete()
        return self._result(manifest, found, perf_counter() - started)

    def belongs(self, source: str, file: str, path: str) -> bool:
        """See survey.Rules."""
        return self._job.revive or not self._job.facts.is_removed(source, file, path)

    def standing(self, source: str, path: str) -> str:
        """See survey.Rules."""
        return self._standing.key(source, path)

    def count(self, file: SourceFile) -> int:
        """See survey.Rules."""
        return self._standing.count(file)

    def _look(self, sources: Sequence[Source], spool: Spool, progress: Progress) -> _Found:
        """Look through the sources, read what is not as it was, and see what died."""
        ledger = self._standing.ledger
        digests = Digests(known_digests(ledger.files))
        reading = Reading(self._recipe.settings, self._job.facts.captions, digests)
        known = ledger.by_file()
        if ledger.recipe != self._files_recipe or self._job.revive:
            known = {file: entry.stale() for file, entry in known.items()}
        survey = Survey(reading, digests, spool, known, self)
        within = [file for source in sources for file in source.files if self._is_within(file)]
        files = list(dict.fromkeys(within))
        carried = self._carried(files)
        survey.walk(files, carried, progress)
        found = _Found(sources, survey, carried)
        found.dead = self._dead(found, spool)
        return found

    def _is_within(self, file: SourceFile) -> bool:
        within = self._job.within
        return not within or any(file.absolute.is_relative_to(place) for place in within)

    def _carried(self, files: Iterable[SourceFile]) -> list[FileEntry]:
        """The entries of files that belong to the index and are not looked at now.

        Where a page lacks a picture, and pictures came now, the next run has to read it again.
        """
        known = self._standing.ledger.by_file()
        roots = {file.root for file in files if is_image(file) and file not in known}
        return [
            entry.stale() if entry.notes and file.root in roots else entry
            for file, entry in known.items()
            if self._is_elsewhere(file)
        ]

    def _is_elsewhere(self, file: SourceFile) -> bool:
        """Whether a file belongs to the index and is not looked at now."""
        places = {file.root, file.absolute}
        if places.isdisjoint(self._job.facts.walked):
            return False
        return places.isdisjoint(self._job.walk) or not self._is_within(file)

    def _dead(self, found: _Found, spool: Spool) -> list[StoredDocument]:
        """The documents that are gone, or come anew."""
        alone = {_stored(file) for file, entry in found.entries.items() if entry.alone}
        keys = {
            _stored(file): {storable(path): key for path, key in spool.files[file].keys.items()}
            for file in found.read
        }
        return [
            document
            for document in self._standing.of_sources()
            if not self._is_part(document, alone)
            or not self.belongs(document.source, document.file, document.path)
            or (
                (place := (document.source, document.file)) in keys
                and keys[place].get(document.path) != document.key
            )
        ]

    def _is_part(self, document: StoredDocument, alone: Collection[tuple[str, str]]) -> bool:
        """Whether the file of a document still makes documents; one not looked at does."""
        return (document.source, document.file) in alone or self._is_elsewhere(
            SourceFile(Path(document.source), document.file)
        )

    def _is_changed(self, found: _Found, spool: Spool) -> bool:
        """Whether a commit would change anything but what the files' clocks say."""
        before = self._standing.facts
        return bool(
            found.dead
            or self._standing.spoilt
            or self._job.originals
            or self._job.without
            or any(spool.files[file].parts for file in found.read)
            or before is None
            or not self._facts(found).same(before)
            or self._ledger(found).essence() != self._standing.ledger.essence()
        )

    def _write(self, found: _Found, spool: Spool, progress: Progress) -> Manifest:
        """Write what is new and commit."""
        with ExitStack() as stack:
            added: list[SegmentInfo] = []
            fitted: Fitted | None = None
            if self._job.originals or any(spool.files[file].parts for file in found.read):
                writer = stack.enter_context(SegmentWriter(self._root))
                models, base = self._recipe.encoders, self._standing.manifest
                fitting = Fitting(self._root, models.fitted, base) if models.fitted else None
                batch = BatchWriter(writer, models, self._recipe.settings, fitting)
                chunks = sum(spool.files[file].chunks for file in found.read)
                progress.stage("reading images, encoding", chunks)
                for intakes in batches(self._read(found, spool)):
                    batch.write(intakes, progress)
                fitted = fitting.finish(writer) if fitting else None
                info = writer.seal()
                added = [info] if info.documents else []
                self._take_flaws(found, batch.flaws)
            self._check_something(found, added)
            found.survey.settle()
            return commit(self._root, self._change(found, added, fitted), self._job.promote)

    def _read(self, found: _Found, spool: Spool) -> Iterator[Intake]:
        for file in found.read:
            yield from spool.read(file)
        for original in self._job.originals:
            yield from self._reread(original, found)

    def _reread(self, original: Original, found: _Found) -> Iterator[Intake]:
        """The documents of an upload that are not in the index as they would be now."""
        facts = self._job.facts
        reread = read_original(self._root, original, self._recipe.settings, facts.captions)
        found.findings += findings(reread.findings)
        keys: dict[str, str] = {}
        for intake in reread.intakes:
            path = storable(intake.document.path)
            if facts.is_removed(UPLOADED, original.id, path):
                continue
            keys[path] = intake.key
            if self._standing.key(UPLOADED, path) != intake.key:
                yield intake
        found.dead += self._standing.outdated(original.file, keys)

    def _take_flaws(self, found: _Found, flaws: Mapping[SourceFile, Flaws]) -> None:
        """Note pictures that did not decode, and documents that were nothing but one."""
        found.survey.flawed(flaws)
        for file, flaw in flaws.items():
            if str(file.root) == UPLOADED:
                found.findings += findings(flaw.report.skipped)

    def _change(self, found: _Found, added: Sequence[SegmentInfo], fitted: Fitted | None) -> Change:
        facts = self._facts(found).model_copy(update={"built": now()})
        return Change(
            cause=self._job.cause,
            spaces=spaces_with(self._recipe.spaces, self._standing.manifest, fitted),
            fit=fitted.data if fitted else b"",
            build=facts.to_json(),
            ledger=self._ledger(found).to_bytes(),
            base=self._standing.manifest,
            added=added,
            without=self._job.without,
            removed=by_segment([*found.dead, *self._standing.spoilt]),
        )

    def _facts(self, found: _Found) -> BuildFacts:
        facts = self._job.facts
        entries = found.entries.values()
        skipped = [*findings(self._report.skipped)]
        skipped += [finding for entry in entries for finding in entry.skipped]
        notes = [finding for entry in entries for finding in entry.notes]
        back = found.survey.names() if self._job.revive else ()
        return facts.model_copy(
            update={
                "models": self._recipe.models,
                "removed": facts.removed - {removal(source, path) for source, path in back},
                "skipped": tuple(dict.fromkeys(skipped)),
                "notes": tuple(dict.fromkeys(notes)),
            }
        )

    def _ledger(self, found: _Found) -> Ledger:
        """What is carried was made by the recipe before, and stands under it."""
        partial = self._job.within or found.carried
        recipe = self._standing.ledger.recipe if partial else self._files_recipe
        return Ledger(recipe, tuple(found.entries.values()))

    def _heading(self) -> str:
        """What a spool must stand under to be of use to this run."""
        manifest = self._standing.manifest
        base = f"{manifest.generation} {manifest.made}" if manifest else "none"
        removed = ",".join(sorted(self._job.facts.removed))
        lost = [*sorted(self._job.without), *by_segment(self._standing.spoilt).items()]
        return f"{self._files_recipe} {base} {self._job.revive} {removed} {lost}"

    def _check_something(self, found: _Found, added: Sequence[SegmentInfo]) -> None:
        if added or len(self._standing.documents) > len(found.dead):
            return
        files = sum(len(source.files) for source in found.sources)
        skipped = self._facts(found).skipped
        reason = f"{files} files of a kind that is read, {len(skipped)} skipped"
        if skipped:
            reason += f"; the first: {skipped[0][0]}: {skipped[0][1]}"
        raise BadFile(", ".join(map(str, self._job.walk)), f"nothing to index: {reason}")

    def _result(self, manifest: Manifest, found: _Found, seconds: float) -> BuildResult:
        facts = self._facts(found)
        return BuildResult(
            generation=manifest.generation,
            documents=manifest.documents,
            chunks=manifest.chunks,
            unchanged=manifest is self._standing.manifest,
            skipped=to_skipped(facts.skipped),
            notes=to_skipped(dict.fromkeys([*facts.notes, *found.findings])),
            ignored=ignored(found.sources),
            seconds=seconds,
        )


def _stored(file: SourceFile) -> tuple[str, str]:
    """A file as the catalog of an index names it."""
    return storable(str(file.root)), storable(file.path)
