"""What the manifest keeps about a build, and what is told about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pydantic import BaseModel, JsonValue, ValidationError

from indexer.building.sources import Source
from indexer.loaders.base import SourceFile
from indexer.loaders.report import ListReport
from indexer.records import Skipped
from indexer.store.manifest import Manifest


@dataclass(frozen=True, slots=True)
class BuildResult:
    """What a build did. `unchanged` means that nothing had to be done."""

    generation: int
    documents: int
    chunks: int
    unchanged: bool
    skipped: tuple[Skipped, ...]
    notes: tuple[Skipped, ...]
    ignored: Mapping[str, int]
    seconds: float


class BuildFacts(BaseModel):
    """The build part of a manifest.

    `pictures` are the (root, path) of images that a page led to, in folders that are not
    walked; `skipped` and `notes` are (path, reason).
    """

    signature: str
    pictures: list[tuple[str, str]]
    sources: list[str]
    captions: bool
    skipped: list[tuple[str, str]]
    notes: list[tuple[str, str]]
    built: str

    @classmethod
    def of(
        cls,
        signature: str,
        pictures: Sequence[SourceFile],
        sources: Sequence[Source],
        captions: bool,
        report: ListReport,
    ) -> BuildFacts:
        """The facts of a build that ends now."""
        return cls(
            signature=signature,
            pictures=[(str(file.root), file.path) for file in pictures],
            sources=[str(source.path) for source in sources],
            captions=captions,
            skipped=[(str(found.path), found.reason) for found in report.skipped],
            notes=[(str(found.path), found.reason) for found in report.notes],
            built=datetime.now(UTC).isoformat(timespec="seconds"),
        )

    @classmethod
    def read(cls, manifest: Manifest) -> BuildFacts | None:
        """The facts in a manifest; None where another kind of build wrote it."""
        try:
            return cls.model_validate(manifest.build)
        except ValidationError:
            return None

    def to_json(self) -> dict[str, JsonValue]:
        return self.model_dump(mode="json")

    def picture_files(self) -> list[SourceFile]:
        return [SourceFile(Path(root), path) for root, path in self.pictures]

    def result(self, live: Manifest, ignored: Mapping[str, int], seconds: float) -> BuildResult:
        """What is told of a build that found this one still in force."""
        return BuildResult(
            generation=live.generation,
            documents=live.documents,
            chunks=live.chunks,
            unchanged=True,
            skipped=tuple(Skipped(Path(path), reason) for path, reason in self.skipped),
            notes=tuple(Skipped(Path(path), reason) for path, reason in self.notes),
            ignored=ignored,
            seconds=seconds,
        )
