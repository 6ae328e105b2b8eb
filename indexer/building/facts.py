"""What the manifest keeps about a build, and what is told about it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Set
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from pydantic import BaseModel, JsonValue, ValidationError

from indexer.building.ledger import Finding
from indexer.records import Skipped
from indexer.store.manifest import Manifest
from indexer.store.tables import storable


@dataclass(frozen=True, slots=True)
class BuildResult:
    """What a build did. `unchanged` means that nothing had to be done.

    `added`, `updated` and `removed` count documents against the generation before.
    """

    generation: int
    documents: int
    chunks: int
    unchanged: bool
    skipped: tuple[Skipped, ...]
    notes: tuple[Skipped, ...]
    ignored: Mapping[str, int]
    seconds: float
    added: int = 0
    updated: int = 0
    removed: int = 0


class BuildFacts(BaseModel):
    """The build part of a manifest.

    `models` identifies what encoded and read (see recipe.py). `sources` are what `index` was
    given, `added` what `add` was. `removed` holds hashes of documents that no build may bring
    back; hashes, because a name may be what had to be deleted.
    """

    models: str
    sources: tuple[str, ...]
    added: tuple[str, ...] = ()
    captions: bool = True
    removed: frozenset[str] = frozenset()
    skipped: tuple[Finding, ...] = ()
    notes: tuple[Finding, ...] = ()
    built: str = ""

    @classmethod
    def read(cls, manifest: Manifest) -> BuildFacts | None:
        """The facts in a manifest; None where another version wrote it."""
        try:
            return cls.model_validate(manifest.build)
        except ValidationError:
            return None

    def to_json(self) -> dict[str, JsonValue]:
        """As the manifest keeps them, `removed` in a fixed order."""
        facts: dict[str, JsonValue] = self.model_dump(mode="json")
        return facts | {"removed": list[JsonValue](sorted(self.removed))}

    def same(self, other: BuildFacts) -> bool:
        """Whether both say the same, whenever they were built and in whatever order."""
        return self._essence() == other._essence()

    @property
    def walked(self) -> list[Path]:
        """All that a build looks through: what was indexed, then what was added beyond it."""
        sources = [Path(path) for path in dict.fromkeys(self.sources)]
        added = [Path(path) for path in self.added]
        above = {*sources, *added}
        return sources + [path for path in added if _is_beyond(path, above, sources)]

    def with_added(self, places: Iterable[Path]) -> BuildFacts:
        """The facts with paths that are not part of what is walked already."""
        new = [str(place) for place in places if self.source_of(place) is None]
        return self.model_copy(update={"added": tuple(dict.fromkeys([*self.added, *new]))})

    def source_of(self, place: Path) -> Path | None:
        """The source that a path is or lies below, None where there is none."""
        return next((path for path in self.walked if place.is_relative_to(path)), None)

    def is_removed(self, source: str, file: str, path: str) -> bool:
        """Whether a document was removed, or the file that it is of."""
        names = {file, path}
        return bool(self.removed) and any(removal(source, name) in self.removed for name in names)

    def _essence(self) -> BuildFacts:
        lists = ("sources", "added", "skipped", "notes")
        return self.model_copy(
            update={"built": "", **{name: tuple(sorted(getattr(self, name))) for name in lists}}
        )


def removal(source: str, path: str) -> str:
    """The hash by which a removed document is remembered: of its names as an index has them."""
    return sha256(f"{storable(source)}\0{storable(path)}".encode()).hexdigest()


def _is_beyond(path: Path, above: Set[Path], sources: Collection[Path]) -> bool:
    """Whether an added path is no source, and part of nothing else that is looked through."""
    return path not in sources and above.isdisjoint(path.parents)


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def to_skipped(findings: Iterable[Finding]) -> tuple[Skipped, ...]:
    return tuple(Skipped(Path(path), reason) for path, reason in findings)
