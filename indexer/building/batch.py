"""A batch of documents on its way into a segment: decoded, read, encoded, written."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

from PIL import Image

from indexer.building.fitting import Fitting
from indexer.building.intake import Intake
from indexer.building.progress import Progress, Steps
from indexer.cache import content_key
from indexer.config import Settings
from indexer.encoders.cached import CachedEncoder
from indexer.errors import BadImage
from indexer.images import decode, middle_frame, thumbnail
from indexer.lanes import CLIP, TEXT, heads, passage, shared_space_text, word_fields
from indexer.language import understood
from indexer.loaders.base import SourceFile
from indexer.loaders.report import ListReport
from indexer.readers.cached import CachedReader
from indexer.readers.frames import Frames, read_frames
from indexer.records import Chunk, Kind, Line, Modality, Picture
from indexer.regions.cached import CachedFeatures
from indexer.store.catalog import Origin
from indexer.store.segment import ChunkRow, SegmentWriter
from indexer.store.thumbs import thumb_name

BATCH_CHUNKS = 256
BATCH_PICTURES = 48


@dataclass(frozen=True, slots=True)
class Models:
    """What a build encodes and reads with. `clip` and `reader` may be off.

    `fitted` is the space that is fitted to the index, "" where there is none: `text`, which has
    no encoder then, or one for the chunks that `text` does not understand.
    """

    text: CachedEncoder | None
    clip: CachedEncoder | None
    reader: CachedReader | None
    fitted: str = ""
    regions: CachedFeatures | None = None


@dataclass(slots=True)
class Flaws:
    """Pictures that did not decode, and how many documents had nothing else."""

    report: ListReport = field(default_factory=ListReport)
    documents: int = 0


def batches(intakes: Iterable[Intake]) -> Iterator[list[Intake]]:
    """Documents grouped until a batch keeps all cores busy, and memory small."""
    batch: list[Intake] = []
    chunks = pictures = 0
    for intake in intakes:
        batch.append(intake)
        chunks += len(intake.chunks)
        pictures += sum(1 for chunk in intake.chunks if chunk.picture)
        if chunks >= BATCH_CHUNKS or pictures >= BATCH_PICTURES:
            yield batch
            batch, chunks, pictures = [], 0, 0
    if batch:
        yield batch


class BatchWriter:
    """Takes batches into a segment.

    `flaws` holds, by source file, what came of pictures that did not decode.
    """

    def __init__(
        self,
        writer: SegmentWriter,
        models: Models,
        settings: Settings,
        fitting: Fitting | None = None,
    ) -> None:
        self._writer = writer
        self._fitting = fitting
        self._models = models
        self._settings = settings
        self._thumbs: dict[str, str] = {}  # by content key of the picture, in this batch
        self.flaws: dict[SourceFile, Flaws] = defaultdict(Flaws)

    def write(self, batch: Sequence[Intake], progress: Progress) -> None:
        """Take in a batch; a step of progress for each chunk, as images are read and then."""
        steps = Steps(progress, sum(len(intake.chunks) for intake in batch))
        pictures: dict[str, list[tuple[Intake, Picture]]] = {}
        for intake in batch:
            for chunk in intake.chunks:
                if chunk.picture:
                    key = content_key(chunk.picture.data)
                    pictures.setdefault(key, []).append((intake, chunk.picture))
        frames = self._decode(pictures)
        images = {key: one.shown for key, one in frames.items()}
        reader = self._models.reader
        lines = read_frames(reader, frames, steps.one) if reader else dict.fromkeys(frames, ())
        rows: list[int] = []
        titled: list[tuple[str, Chunk]] = []
        begins: dict[int, str] = {}
        for intake in batch:
            settled = [_settle(chunk, lines) for chunk in intake.chunks]
            chunks = [chunk for chunk in settled if chunk is not None]
            if chunks or intake.document.kind is not Kind.IMAGE:
                added = self._add(intake, chunks)
                rows += added
                begins |= _begins(added, heads(intake.document.title, chunks))
                titled += [(intake.document.title, chunk) for chunk in chunks]
            else:
                self.flaws[_file(intake)].documents += 1
        if rows:
            self._encode(rows, titled, images)
            self._encode_heads(begins)
            self._find_regions(rows, titled, images)
        steps.rest()

    def _decode(
        self, pictures: Mapping[str, Sequence[tuple[Intake, Picture]]]
    ) -> dict[str, Frames]:
        """Images by content key; their previews go into the index on the way."""
        limits = self._settings.limits

        def work(key: str) -> Frames | BadImage:
            _, picture = pictures[key][0]
            try:
                image = decode(picture.data, limits)
            except BadImage as error:
                return error
            data = thumbnail(image)
            self._thumbs[key] = thumb_name(key, data)
            self._writer.add_thumb(self._thumbs[key], data)
            return Frames(image, middle_frame(picture.data, limits))

        self._thumbs = {}
        found: dict[str, Frames] = {}
        with ThreadPoolExecutor(self._settings.threads) as pool:
            for key, frames in zip(pictures, pool.map(work, pictures), strict=True):
                if isinstance(frames, Frames):
                    found[key] = frames
                    continue
                for intake, picture in pictures[key]:
                    flaws = self.flaws[_file(intake)]
                    flaws.report.skip(Path(intake.source, picture.asset), str(frames))
        return found

    def _add(self, intake: Intake, chunks: Sequence[Chunk]) -> list[int]:
        previews = [self._preview(data) for data in intake.document.page_previews]
        title = intake.document.title
        entries = [
            ChunkRow(chunk, self._thumb_of(chunk, previews), word_fields(title, chunk))
            for chunk in chunks
        ]
        origin = Origin(intake.source, intake.file, intake.key)
        return self._writer.add(origin, intake.document, entries)

    def _encode(
        self,
        rows: Sequence[int],
        titled: Sequence[tuple[str, Chunk]],
        images: Mapping[str, Image.Image],
    ) -> None:
        encoder = self._models.text
        texts: dict[int, str] = {}
        for row, (title, chunk) in zip(rows, titled, strict=True):
            text = passage(title, chunk)
            if encoder and understood(text, encoder.languages):
                texts[row] = text
            elif self._fitting:
                self._fitting.take(row, text)
        if encoder and texts:
            self._writer.add_vectors(TEXT, list(texts), encoder.texts(list(texts.values())))
        clip = self._models.clip
        if clip is None:
            return
        shown: dict[int, str] = {}
        said: dict[int, str] = {}
        for row, (title, chunk) in zip(rows, titled, strict=True):
            if chunk.picture:
                shown[row] = content_key(chunk.picture.data)
            else:
                said[row] = shared_space_text(title, chunk)
        if shown:
            pairs = [(key, images[key]) for key in shown.values()]
            self._writer.add_vectors(CLIP, list(shown), clip.images(pairs))
        if said:
            self._writer.add_vectors(CLIP, list(said), clip.texts(list(said.values())))

    def _encode_heads(self, begins: Mapping[int, str]) -> None:
        """Heads by the row at which they begin."""
        encoder = self._models.text
        if encoder:
            known = {row: one for row, one in begins.items() if understood(one, encoder.languages)}
            self._writer.add_heads(list(known), encoder.texts(list(known.values())))

    def _find_regions(
        self,
        rows: Sequence[int],
        titled: Sequence[tuple[str, Chunk]],
        images: Mapping[str, Image.Image],
    ) -> None:
        regions = self._models.regions
        if regions is None or not images:
            return
        found = regions.find(list(images.items()))
        for row, (_, chunk) in zip(rows, titled, strict=True):
            if chunk.picture:
                self._writer.add_regions(row, found[content_key(chunk.picture.data)])

    def _thumb_of(self, chunk: Chunk, previews: Sequence[str]) -> str:
        if chunk.picture is not None:
            return self._thumbs[content_key(chunk.picture.data)]
        page = chunk.place.page
        return previews[page - 1] if page and page <= len(previews) else ""

    def _preview(self, data: bytes) -> str:
        name = thumb_name(content_key(data), data)
        self._writer.add_thumb(name, data)
        return name


def _file(intake: Intake) -> SourceFile:
    return SourceFile(Path(intake.source), intake.file)


def _begins(rows: Sequence[int], heads: Sequence[str]) -> dict[int, str]:
    """The heads of one document, each at the first of the rows below it."""
    every = zip(rows, heads, ["", *heads], strict=False)
    return {row: head for row, head, before in every if head not in ("", before)}


def _settle(chunk: Chunk, lines: Mapping[str, tuple[Line, ...]]) -> Chunk | None:
    """The chunk with the text read in its image.

    Where the image did not decode its words stay, as a passage; without words nothing does.
    """
    if chunk.picture is None:
        return chunk
    found = lines.get(content_key(chunk.picture.data))
    if found is not None:
        return replace(chunk, lines=found)
    return replace(chunk, modality=Modality.TEXT, picture=None) if chunk.text else None
