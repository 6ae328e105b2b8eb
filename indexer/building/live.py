"""Changes to a live index: uploads in, documents out, each call one generation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from indexer.building.batch import BatchWriter, Models, batches
from indexer.building.build import check_index
from indexer.building.facts import BuildFacts, removal
from indexer.building.fitting import Fitting, spaces_with
from indexer.building.intake import Intake
from indexer.building.originals import Original, read_upload
from indexer.building.progress import Silent
from indexer.building.recipe import Recipe
from indexer.building.site import WAIT_SECONDS, other_models
from indexer.building.standing import by_segment
from indexer.cache import Cache
from indexer.config import Settings
from indexer.errors import BadFile, BadQuery, NoSuchDocument
from indexer.records import Skipped
from indexer.store.generations import Change, commit
from indexer.store.index import Index, StoredDocument
from indexer.store.lock import writer_lock
from indexer.store.manifest import SegmentInfo
from indexer.store.merge import compact
from indexer.store.policy import MOST_SEGMENTS
from indexer.store.refit import Fitted
from indexer.store.segment import SegmentWriter
from indexer.store.uploads import UPLOADED, store_upload


@dataclass(frozen=True, slots=True)
class Upload:
    """A file to take in under an id; `suffix` says what it is where the id does not."""

    id: str
    path: Path
    suffix: str


@dataclass(frozen=True, slots=True)
class Deletion:
    """A document to take out: its path, a file's path for all its records, or a path that was
    added, absolute as the index keeps it. `source` picks one where several have the document."""

    id: str
    source: str | None = None


@dataclass(frozen=True, slots=True)
class LiveResult:
    """What a change did; `notes` are flaws that cost no document."""

    generation: int
    documents: int
    deleted: int
    notes: tuple[Skipped, ...]


class LiveWriter:
    """Changes one index, with its models and the index itself kept open in between."""

    def __init__(self, root: Path, settings: Settings) -> None:
        """Raises IndexNotFound."""
        check_index(root)
        self._root = root
        self._settings = settings
        self._cache = Cache(settings.cache)
        self._index: Index | None = None
        self._recipe: Recipe | None = None

    def warm_up(self) -> None:
        """Open the index and load the models. Raises IndexDamaged, IndexMismatch, MissingModel."""
        with self._standing() as index:
            if text := self._models(index).text:
                text.texts(["warm up"])

    def change(self, uploads: Sequence[Upload], deletions: Sequence[Deletion]) -> LiveResult:
        """Take uploads in and documents out, all or nothing.

        Raises BadFile naming an upload that cannot be used, NoSuchDocument, BadQuery where an
        id stands for documents of several sources or for two uploads, or cannot be one,
        IndexBusy while another writer is at work.
        """
        _check_ids(uploads)
        with self._standing() as index:
            facts = self._facts(index)
            doomed = [self._find(index, facts, deletion) for deletion in deletions]
            dead = [document for found in doomed for document in found]
            gone = [document for upload in uploads for document in _uploaded(index, upload.id)]
            facts = _without(facts, deletions, doomed)
            return self._commit(index, facts, uploads, [*dead, *gone], len(dead))

    def close(self) -> None:
        if self._index is not None:
            self._index.close()
        self._cache.close()

    @contextmanager
    def _standing(self) -> Iterator[Index]:
        """The live generation, under the writer lock."""
        with writer_lock(self._root, WAIT_SECONDS):
            if self._index is None:
                self._index = Index.open(self._root)
            elif self._index.changed():
                self._index = _reopened(self._root, self._index)
            if len(self._index.manifest.segments) >= MOST_SEGMENTS:
                compact(self._root)
                self._index = _reopened(self._root, self._index)
            yield self._index

    def _facts(self, index: Index) -> BuildFacts:
        facts = BuildFacts.read(index.manifest)
        if facts is None:
            raise other_models(self._root)
        return facts

    def _models(self, index: Index) -> Models:
        """The models that made the index. Raises IndexMismatch where they are not at hand."""
        wanted = self._facts(index).models
        if self._recipe is None or self._recipe.models != wanted:
            self._recipe = Recipe(self._settings, index.manifest, self._cache)
        if self._recipe.models != wanted:
            raise other_models(self._root)
        return self._recipe.encoders

    def _find(
        self, index: Index, facts: BuildFacts, deletion: Deletion
    ) -> Sequence[StoredDocument]:
        if deletion.id in facts.added:
            return [found for found in index.documents() if _lies_in(found, deletion.id)]
        found = [
            document
            for document in index.documents(deletion.id)
            if deletion.source in (None, document.source) and _is_of(document, deletion.id)
        ]
        sources = sorted({document.source for document in found})
        if len(sources) > 1:
            raise BadQuery(
                f"{deletion.id}: is in several sources ({', '.join(sources)}); name one of them"
            )
        if not found:
            raise NoSuchDocument(f"{deletion.id}: no such document in {self._root}")
        return found

    def _commit(
        self,
        index: Index,
        facts: BuildFacts,
        uploads: Sequence[Upload],
        dead: Sequence[StoredDocument],
        deleted: int,
    ) -> LiveResult:
        notes: list[Skipped] = []
        with ExitStack() as stack:
            added: list[SegmentInfo] = []
            fitted: Fitted | None = None
            if uploads:
                models = self._models(index)
                intakes = [
                    intake
                    for upload in uploads
                    for intake in self._read(upload, facts.captions, notes)
                ]
                writer = stack.enter_context(SegmentWriter(self._root))
                base = index.manifest
                fitting = Fitting(self._root, models.fitted, base) if models.fitted else None
                batch = BatchWriter(writer, models, self._settings, fitting)
                self._write(batch, self._stored(uploads, intakes), notes)
                fitted = fitting.finish(writer) if fitting else None
                added = [writer.seal()]
                back = {upload.id for upload in uploads} | {i.document.path for i in intakes}
                facts = _with(facts, back)
            change = Change(
                cause="add" if uploads else "remove",
                spaces=spaces_with(index.manifest.spaces, index.manifest, fitted),
                fit=fitted.data if fitted else b"",
                build=facts.to_json(),
                base=index.manifest,
                added=added,
                removed=by_segment(dead),
            )
            manifest = commit(self._root, change)
        self._index = _reopened(self._root, index)
        documents = sum(info.documents for info in added)
        return LiveResult(manifest.generation, documents, deleted, tuple(notes))

    def _read(self, upload: Upload, captions: bool, notes: list[Skipped]) -> Sequence[Intake]:
        """The documents of an upload, whose `file` is its id until it is stored."""
        original = Original(upload.id, upload.id + upload.suffix)
        reread = read_upload(upload.path, original, self._settings, captions)
        notes += reread.findings
        return [replace(intake, file=upload.id) for intake in reread.intakes]

    def _stored(self, uploads: Sequence[Upload], intakes: Sequence[Intake]) -> Iterator[Intake]:
        """The documents of uploads, all of which could be read and are kept now."""
        names = {
            upload.id: store_upload(self._root, upload.path, upload.id, upload.suffix)
            for upload in uploads
        }
        return (replace(intake, file=names[intake.file]) for intake in intakes)

    def _write(self, batch: BatchWriter, intakes: Iterable[Intake], notes: list[Skipped]) -> None:
        """Raises BadFile for an upload that is nothing but an image, and that does not decode."""
        for part in batches(intakes):
            batch.write(part, Silent())
            ids = {intake.file: intake.document.path.partition("#")[0] for intake in part}
            for file, flaws in batch.flaws.items():
                if flaws.documents:
                    raise BadFile(ids[file.path], flaws.report.skipped[0].reason)
        for flaws in batch.flaws.values():
            notes += flaws.report.skipped


def _reopened(root: Path, index: Index) -> Index:
    fresh = Index.open(root, base=index)
    index.close()
    return fresh


def _uploaded(index: Index, id: str) -> list[StoredDocument]:
    return [found for found in index.documents(id) if found.source == UPLOADED]


def _check_ids(uploads: Sequence[Upload]) -> None:
    """Raises BadQuery. An id becomes the name of a file, and `#` divides it from its records."""
    for id, count in Counter(upload.id for upload in uploads).items():
        if count > 1:
            raise BadQuery(f"{id}: is there {count} times; upload a document once in a change")
        if "#" in id or not {"", ".", ".."}.isdisjoint(id.split("/")):
            raise BadQuery(f"{id}: an id is like guides/wifi.md, without '#', '.' and '..'")


def _is_of(document: StoredDocument, id: str) -> bool:
    """Whether a document is the one at `id` or a record in it, and not in `id#….md`."""
    return document.source == UPLOADED or id in (document.path, document.file)


def _lies_in(document: StoredDocument, place: str) -> bool:
    """Whether a document came from a path that was added: that file, or a file of that folder."""
    return place in (document.source, str(Path(document.source, document.file)))


def _without(
    facts: BuildFacts,
    deletions: Sequence[Deletion],
    doomed: Sequence[Sequence[StoredDocument]],
) -> BuildFacts:
    """The facts once these documents are out for good.

    Where a file goes as such, records that it gets later stay out too.
    """
    ids = {deletion.id for deletion in deletions}
    hashes: set[str] = set()
    for deletion, documents in zip(deletions, doomed, strict=True):
        for found in documents:
            hashes.add(removal(found.source, found.path))
            if found.path.startswith(f"{deletion.id}#"):
                hashes.add(removal(found.source, deletion.id))
    return facts.model_copy(
        update={
            "added": tuple(path for path in facts.added if path not in ids),
            "removed": facts.removed | hashes,
        }
    )


def _with(facts: BuildFacts, uploaded: Iterable[str]) -> BuildFacts:
    """The facts once these ids and records are uploaded, removed before or not."""
    back = {removal(UPLOADED, path) for path in uploaded}
    return facts.model_copy(update={"removed": facts.removed - back})
