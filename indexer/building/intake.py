"""From sources to chunked documents: which loader reads which file, and in what order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from indexer.building.progress import Progress
from indexer.building.sources import Source
from indexer.chunking.chunk import chunk_document
from indexer.config import Settings
from indexer.errors import BadFile
from indexer.images import SUFFIXES as IMAGE_SUFFIXES
from indexer.language import detect_language
from indexer.loaders.base import LOADERS, Loader, Report, SourceFile
from indexer.records import Chunk, Document


@dataclass(frozen=True, slots=True)
class Intake:
    """A document, its chunks, and the folder that its paths are relative to."""

    source: str
    document: Document
    chunks: tuple[Chunk, ...]


class Reading:
    """Reads sources. `pictures` are the assets of each root that some page refers to."""

    def __init__(self, settings: Settings, captions: bool, report: Report) -> None:
        self.pictures: set[SourceFile] = set()
        self._settings = settings
        self._captions = captions
        self._report = report
        self._loaders: dict[str, Loader] = {}

    def read(self, sources: Iterable[Source], progress: Progress) -> Iterator[Intake]:
        """All documents. Images come last: one that a page shows is part of that page."""
        files = [file for source in sources for file in source.files]
        progress.stage("reading files", len(files))
        for file in sorted(files, key=_is_image):
            if not _is_image(file) or file not in self.pictures:
                yield from self._read_file(file)
            progress.step()

    def _read_file(self, file: SourceFile) -> Iterator[Intake]:
        try:
            if file.absolute.stat().st_size > self._settings.limits.file_bytes:
                most = self._settings.limits.file_bytes
                raise BadFile(file.absolute, f"larger than {most:,} bytes (limits.file_bytes)")
            for document in self._loader(file).load(file, self._report):
                yield self._take(file, document)
        except BadFile as error:
            self._report.skip(file.absolute, error.reason)
        except OSError as error:
            self._report.skip(file.absolute, f"cannot be read: {error.strerror or error}")

    def _take(self, file: SourceFile, document: Document) -> Intake:
        chunks = chunk_document(document, self._settings.chunking, self._captions)
        if not _is_image(file):
            shown = (chunk.picture for chunk in chunks if chunk.picture)
            self.pictures.update(SourceFile(file.root, picture.asset) for picture in shown)
        if not document.language:
            words = "\n".join([document.title, *(chunk.text for chunk in chunks)])
            document = replace(document, language=detect_language(words))
        # The blocks have become chunks; dropping them halves what is carried along.
        return Intake(str(file.root), replace(document, blocks=()), tuple(chunks))

    def _loader(self, file: SourceFile) -> Loader:
        suffix = file.absolute.suffix.lower()
        if suffix not in self._loaders:
            self._loaders[suffix] = LOADERS.get(suffix)(self._settings)
        return self._loaders[suffix]


def _is_image(file: SourceFile) -> bool:
    return file.absolute.suffix.lower() in IMAGE_SUFFIXES
