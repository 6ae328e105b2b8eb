"""Building an index: sources in, a committed generation out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from time import perf_counter

from indexer.building.batch import BatchWriter, Models, batches
from indexer.building.facts import BuildFacts, BuildResult
from indexer.building.intake import Reading
from indexer.building.progress import Progress
from indexer.building.signature import digest, sign
from indexer.building.sources import Source, discover
from indexer.building.spool import Spool
from indexer.cache import Cache
from indexer.config import Settings
from indexer.encoders.base import Encoder, Space
from indexer.encoders.cached import CachedEncoder
from indexer.encoders.choose import clip_encoder, text_encoder
from indexer.errors import BadFile, IndexDamaged, IndexMismatch, IndexNotFound
from indexer.lanes import CLIP, TEXT
from indexer.loaders.base import SourceFile
from indexer.loaders.report import ListReport
from indexer.readers.base import READERS, Reader
from indexer.readers.cached import CachedReader
from indexer.store.generations import commit
from indexer.store.index import Index
from indexer.store.lock import writer_lock
from indexer.store.manifest import Manifest
from indexer.store.segment import SegmentWriter

BUILDER = 2
"""Raised whenever the same files would give another index; part of the signature."""


def build(
    paths: Sequence[Path], into: Path, settings: Settings, captions: bool, progress: Progress
) -> BuildResult:
    """Index `paths` into the folder `into` as its next generation.

    Without `captions`, captions and alternative texts stay out of the index. Raises BadFile
    for a path that is not there or when nothing at all can be indexed; the generation that
    was live stays so then, as it does when the process is killed.
    """
    started = perf_counter()
    report = ListReport()
    sources = [discover(path, report, into) for path in paths]
    with writer_lock(into), closing(Cache(settings.cache)) as cache:
        work = _Work(settings, captions, cache)
        walked = digest(file for source in sources for file in source.files)
        live = _live(into)
        facts = BuildFacts.read(live) if live else None
        if live and facts and facts.signature == work.sign(walked, facts.picture_files()):
            return facts.result(live, _ignored(sources), perf_counter() - started)
        with closing(Spool(into)) as spool:
            reading = Reading(settings, captions, report)
            for intake in reading.read(sources, progress):
                spool.add(intake)
            if not spool.documents:
                raise BadFile(", ".join(map(str, paths)), _nothing(sources, report))
            writer = SegmentWriter(into)
            try:
                _write(spool, BatchWriter(writer, work.models, settings, report), progress)
                segment = writer.seal()
            finally:
                writer.discard()
        hidden = sorted(
            reading.pictures - walked.keys(), key=lambda file: (str(file.root), file.path)
        )
        # Files that changed meanwhile may be in the index as they were: build again next time.
        signature = work.sign(walked, hidden) if digest(walked) == walked else ""
        facts = BuildFacts.of(signature, hidden, sources, captions, report)
        generation = commit(into, [segment], work.spaces, facts.to_json())
    return BuildResult(
        generation=generation,
        documents=segment.documents,
        chunks=segment.chunks,
        unchanged=False,
        skipped=tuple(report.skipped),
        notes=tuple(report.notes),
        ignored=_ignored(sources),
        seconds=perf_counter() - started,
    )


class _Work:
    """The models of a build and what identifies them."""

    def __init__(self, settings: Settings, captions: bool, cache: Cache) -> None:
        text = text_encoder(settings)
        clip = clip_encoder(settings)
        reader = _reader(settings)
        self.models = Models(
            text=CachedEncoder(text, cache),
            clip=CachedEncoder(clip, cache) if clip else None,
            reader=CachedReader(reader, cache) if reader else None,
        )
        self.spaces = {TEXT: _space(TEXT, text)} | ({CLIP: _space(CLIP, clip)} if clip else {})
        self._facts = {
            "builder": BUILDER,
            "captions": captions,
            "chunking": settings.chunking.model_dump(),
            "tickets": settings.tickets.model_dump(),
            "limits": settings.limits.model_dump(),
            "spaces": {name: space.fingerprint for name, space in self.spaces.items()},
            "reader": reader.fingerprint if reader else "",
        }

    def sign(self, walked: Mapping[SourceFile, str], hidden: Iterable[SourceFile]) -> str:
        """The signature of a build over walked files, by digest, and hidden pictures."""
        return sign(self._facts, {**walked, **digest(hidden)})


def _write(spool: Spool, writer: BatchWriter, progress: Progress) -> None:
    progress.stage("reading images, encoding", spool.chunks)
    for batch in batches(spool):
        writer.write(batch, progress)


def _reader(settings: Settings) -> Reader | None:
    name = settings.models.reader
    return READERS.get(name)(settings.threads, 1) if name else None


def _space(name: str, encoder: Encoder) -> Space:
    return Space(name, encoder.name, encoder.model, encoder.dim, encoder.fingerprint)


def _live(into: Path) -> Manifest | None:
    """The live generation, every checksum verified; None where there is none to keep."""
    try:
        with Index.open(into, verify=True) as index:
            return index.manifest
    except (IndexNotFound, IndexDamaged, IndexMismatch):
        return None


def _ignored(sources: Sequence[Source]) -> dict[str, int]:
    total: dict[str, int] = {}
    for source in sources:
        for suffix, count in source.ignored.items():
            total[suffix] = total.get(suffix, 0) + count
    return total


def _nothing(sources: Sequence[Source], report: ListReport) -> str:
    files = sum(len(source.files) for source in sources)
    reason = f"{files} files of a kind that is read, {len(report.skipped)} skipped"
    if report.skipped:
        reason += f"; the first: {report.skipped[0].path}: {report.skipped[0].reason}"
    return f"nothing to index: {reason}"
