"""From a source file to chunked documents: which loader reads it, and what it depended on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from hashlib import sha256

from indexer.building.digests import Digests, is_file
from indexer.building.ledger import FileEntry, findings
from indexer.cache import content_key
from indexer.chunking.chunk import chunk_document
from indexer.config import Limits, Settings
from indexer.errors import BadFile
from indexer.images import SUFFIXES as IMAGE_SUFFIXES
from indexer.language import detect_language
from indexer.loaders.base import LOADERS, Loader, SourceFile
from indexer.loaders.report import ListReport
from indexer.records import Chunk, Document, Picture


@dataclass(frozen=True, slots=True)
class Intake:
    """A document, its chunks, the source and file that it came from.

    `key` is the hash of all that an index stores of it: equal keys need no new vectors.
    """

    source: str
    file: str
    document: Document
    chunks: tuple[Chunk, ...]
    key: str


@dataclass(slots=True)
class FileIntake:
    """What reading a file found out, complete once its documents are exhausted."""

    file: SourceFile
    report: ListReport = field(default_factory=ListReport)
    reads: dict[str, str] = field(default_factory=dict)
    shows: dict[str, None] = field(default_factory=dict)

    def entry(self, digests: Digests, documents: int) -> FileEntry:
        return FileEntry(
            root=str(self.file.root),
            path=self.file.path,
            digest=digests.of(self.file),
            documents=documents,
            reads=self.reads,
            shows=tuple(self.shows),
            skipped=findings(self.report.skipped),
            notes=findings(self.report.notes),
        )


class Reading:
    """Reads files into chunked documents."""

    def __init__(self, settings: Settings, captions: bool, digests: Digests) -> None:
        self._settings = settings
        self._captions = captions
        self._digests = digests
        self._loaders: dict[str, Loader] = {}

    def documents(self, found: FileIntake) -> Iterator[Intake]:
        """The documents of a file. Raises BadFile when it cannot be used as a whole."""
        file = found.file
        most = self._settings.limits.file_bytes
        self._digests.of(file)  # before it is read: a change in between is noticed afterwards
        try:
            if file.absolute.stat().st_size > most:
                raise BadFile(file.absolute, f"larger than {most:,} bytes (limits.file_bytes)")
            for document in self._loader(file).load(file, found.report):
                yield self._take(found, document)
            self._note_skipped(found)
        except OSError as error:
            reason = f"cannot be read: {error.strerror or error}"
            raise BadFile(file.absolute, reason) from error

    def _take(self, found: FileIntake, document: Document) -> Intake:
        chunks = tuple(chunk_document(document, self._settings.chunking, self._captions))
        for block in document.blocks:
            if block.picture is not None:
                self._note_read(found, block.picture)
        found.shows.update((chunk.picture.asset, None) for chunk in chunks if chunk.picture)
        if not document.language:
            words = "\n".join([document.title, *(chunk.text for chunk in chunks)])
            document = replace(document, language=detect_language(words))
        # The blocks have become chunks; dropping them halves what is carried along.
        document = replace(document, blocks=())
        root, path = str(found.file.root), found.file.path
        key = stored_key(document, chunks, self._settings.limits)
        return Intake(root, path, document, chunks, key)

    def _note_skipped(self, found: FileIntake) -> None:
        """Pictures that were of no use may be of some once they change."""
        root = found.file.root
        for skip in found.report.skipped:
            if skip.path != found.file.absolute and skip.path.is_relative_to(root):
                picture = SourceFile(root, skip.path.relative_to(root).as_posix())
                if is_file(picture.absolute):
                    found.reads.setdefault(picture.path, self._digests.of(picture).sha256)

    def _note_read(self, found: FileIntake, picture: Picture) -> None:
        """Note what was read, not what is there now, which may have changed since."""
        file = SourceFile(found.file.root, picture.asset)
        if file != found.file and picture.asset not in found.reads and is_file(file.absolute):
            found.reads[picture.asset] = content_key(picture.data)

    def _loader(self, file: SourceFile) -> Loader:
        suffix = file.absolute.suffix.lower()
        if suffix not in self._loaders:
            self._loaders[suffix] = LOADERS.get(suffix)(self._settings)
        return self._loaders[suffix]


def stored_key(document: Document, chunks: Iterable[Chunk], limits: Limits) -> str:
    """SHA-256 (hex) over everything of a document that an index stores.

    Pictures and previews count by their bytes; the records leave those out of their repr.
    Limits count beside a picture: they decide whether it is decoded.
    """
    total = sha256(repr(document).encode("utf-8", "surrogatepass"))
    for data in document.page_previews:
        total.update(content_key(data).encode())
    for chunk in chunks:
        total.update(repr(chunk).encode("utf-8", "surrogatepass"))
        if chunk.picture is not None:
            total.update(content_key(chunk.picture.data).encode())
            total.update(f" {limits.image_pixels} {limits.image_bytes}".encode())
    return total.hexdigest()


def is_image(file: SourceFile) -> bool:
    return file.absolute.suffix.lower() in IMAGE_SUFFIXES
