"""Uploaded files: kept with the index, because no source folder can give them back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from indexer.building.digests import Digests
from indexer.building.intake import FileIntake, Intake, Reading, stored_key
from indexer.config import Limits, Settings
from indexer.errors import BadFile, IndexDamaged
from indexer.loaders.base import SourceFile
from indexer.records import Skipped
from indexer.store.index import StoredDocument
from indexer.store.uploads import UPLOADED, upload_fault, uploads_folder


@dataclass(frozen=True, slots=True)
class Original:
    """An upload: the id it was given, and the name of its file in the index."""

    id: str
    file: str


@dataclass(frozen=True, slots=True)
class Reread:
    """The documents of an upload, and what was wrong with parts of it."""

    intakes: tuple[Intake, ...]
    findings: tuple[Skipped, ...]


def originals(documents: Iterable[StoredDocument]) -> list[Original]:
    """The uploads that these documents came from, in their order."""
    found = (
        Original(document.path.partition("#")[0], document.file)
        for document in documents
        if document.source == UPLOADED
    )
    return list(dict.fromkeys(found))


def read_original(root: Path, original: Original, settings: Settings, captions: bool) -> Reread:
    """Read an upload that is kept in the index.

    Raises BadFile naming its id when it cannot be used, IndexDamaged when it was altered.
    """
    path = uploads_folder(root) / original.file
    fault = upload_fault(path)
    if fault is not None:
        raise IndexDamaged(
            f"{path}: {fault}; it is the original of {original.id}: upload that again, or "
            f"remove it with: triptych remove --index {root} {original.id}"
        )
    return read_upload(path, original, settings, captions)


def read_upload(path: Path, original: Original, settings: Settings, captions: bool) -> Reread:
    """Read the file at `path` as the upload `original`. Raises BadFile naming its id."""
    with _under_its_name(path, original) as file:
        reading = Reading(settings, captions, Digests({}))
        found = FileIntake(file)
        try:
            intakes = tuple(
                _renamed(intake, original, settings.limits) for intake in reading.documents(found)
            )
        except BadFile as error:
            raise BadFile(original.id, error.reason) from error
    findings = (*found.report.skipped, *found.report.notes)
    named = tuple(Skipped(Path(original.id), finding.reason) for finding in findings)
    if not intakes:
        reason = named[0].reason if named else "holds no document"
        raise BadFile(original.id, reason)
    return Reread(intakes, named)


@contextmanager
def _under_its_name(path: Path, original: Original) -> Iterator[SourceFile]:
    """The file in a folder of its own: loaders make titles of names and look beside a page."""
    suffix = Path(original.file).suffix
    name = original.id if Path(original.id).suffix == suffix else original.id + suffix
    with TemporaryDirectory(prefix="triptych-") as folder:
        link = Path(folder).resolve() / name
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(path.resolve())
        yield SourceFile(Path(folder).resolve(), name)


def _renamed(intake: Intake, original: Original, limits: Limits) -> Intake:
    """An intake under the id of its upload, wherever it was read."""
    _, hash_mark, record = intake.document.path.partition("#")
    document = replace(intake.document, path=original.id + hash_mark + record)
    key = stored_key(document, intake.chunks, limits)
    return Intake(UPLOADED, original.file, document, intake.chunks, key)
