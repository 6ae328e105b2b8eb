"""What the tests of the building half share: small sources, counted work, whole contents."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from PIL import Image

from indexer.building.build import build
from indexer.building.facts import BuildResult
from indexer.building.live import Deletion, LiveResult, LiveWriter, Upload
from indexer.building.progress import Silent
from indexer.config import Settings
from indexer.loaders.base import LOADERS, Loader, LoaderFactory, Report, SourceFile
from indexer.records import Document, Line, StoredChunk, Vectors
from indexer.store.index import ID_BITS, Index
from tests.fakes import FakeEncoder, FakeReader

Contents = dict[tuple[str, str], list[tuple[StoredChunk, dict[str, bytes]]]]
"""By (source, path): the chunks, without ids, each with its vectors by space."""


def index(source: Path | Sequence[Path], root: Path, settings: Settings) -> BuildResult:
    sources = [source] if isinstance(source, Path) else source
    return build(sources, root, settings, True, Silent())


def changes(result: BuildResult) -> tuple[int, int, int]:
    """Documents added, updated and removed."""
    return result.added, result.updated, result.removed


def paths(root: Path) -> list[str]:
    with Index.open(root) as opened:
        return sorted(document.path for document in opened.documents())


def texts(root: Path, path: str) -> list[str]:
    """The texts of the chunks of a document."""
    with Index.open(root) as opened:
        chunks = opened.get(opened.ids())
    return [chunk.text for chunk in chunks if chunk.document == path]


def contents(root: Path) -> Contents:
    """Everything that an index holds, whatever segments it lies in."""
    found: Contents = defaultdict(list)
    with Index.open(root, verify=True) as opened:
        assert len(opened.documents()) == opened.manifest.documents
        vectors: list[dict[int, dict[str, bytes]]] = []
        for segment in opened._segments:
            rows: dict[int, dict[str, bytes]] = defaultdict(dict)
            for name, space in segment.spaces.items():
                for row, vector in zip(space.rows.tolist(), space.vectors(), strict=True):
                    rows[row][name] = vector.tobytes()
            vectors.append(rows)
        for chunk in opened.get(opened.ids()):
            row = chunk.id & ((1 << ID_BITS) - 1)
            assert not chunk.thumb or opened.thumb(chunk.thumb) is not None
            given = vectors[chunk.id >> ID_BITS][row]
            found[chunk.source, chunk.document].append((replace(chunk, id=0), given))
        named = [(document.source, document.path) for document in opened.documents()]
        assert sorted(named) == sorted(found)
    return dict(found)


def picture(path: Path, colour: tuple[int, int, int]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (20, 10), colour).save(path)


def change(
    root: Path,
    settings: Settings,
    uploads: Iterable[Upload] = (),
    gone: Iterable[str | Deletion] = (),
) -> LiveResult:
    """One change through a writer of its own."""
    writer = LiveWriter(root, settings)
    deletions = [Deletion(item) if isinstance(item, str) else item for item in gone]
    try:
        return writer.change(list(uploads), deletions)
    finally:
        writer.close()


def upload(folder: Path, id: str, body: str | bytes, suffix: str = "") -> Upload:
    """An upload whose body is in a file of its own in `folder`."""
    folder.mkdir(exist_ok=True)
    path = folder / f"body{len(list(folder.iterdir()))}"
    path.write_bytes(body.encode() if isinstance(body, str) else body)
    return Upload(id, path, suffix or Path(id).suffix)


@dataclass(slots=True)
class Work:
    """What was done since the last `clear`: files parsed, texts encoded, images encoded, read."""

    parsed: list[str] = field(default_factory=list)
    encoded: list[str] = field(default_factory=list)
    images: int = 0
    read: int = 0

    def clear(self) -> None:
        self.parsed, self.encoded, self.images, self.read = [], [], 0, 0

    @property
    def nothing(self) -> bool:
        return not (self.parsed or self.encoded or self.images or self.read)


class _CountedLoader:
    def __init__(self, loader: Loader, work: Work) -> None:
        self._loader = loader
        self._work = work

    def load(self, file: SourceFile, report: Report) -> Iterator[Document]:
        self._work.parsed.append(file.path)
        yield from self._loader.load(file, report)


def watch(monkeypatch: pytest.MonkeyPatch) -> Work:
    """Count the work of loaders, of the fake encoder and of the fake reader."""
    work = Work()
    loader_of = LOADERS.get

    def counted(suffix: str) -> LoaderFactory:
        make = loader_of(suffix)
        return lambda settings: _CountedLoader(make(settings), work)

    encode_texts, encode_images, read = (
        FakeEncoder.encode_texts,
        FakeEncoder.encode_images,
        FakeReader.read,
    )

    def texts_of(self: FakeEncoder, given: Sequence[str]) -> Vectors:
        work.encoded += given
        return encode_texts(self, given)

    def images_of(self: FakeEncoder, given: Sequence[Image.Image]) -> Vectors:
        work.images += len(given)
        return encode_images(self, given)

    def lines_of(self: FakeReader, given: Iterable[Image.Image]) -> Iterator[tuple[Line, ...]]:
        for lines in read(self, given):
            work.read += 1
            yield lines

    monkeypatch.setattr(LOADERS, "get", counted)
    monkeypatch.setattr(FakeEncoder, "encode_texts", texts_of)
    monkeypatch.setattr(FakeEncoder, "encode_images", images_of)
    monkeypatch.setattr(FakeReader, "read", lines_of)
    return work
