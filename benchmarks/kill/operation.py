"""What is done to an index in a process of its own, which may be killed meanwhile.

    python -m benchmarks.kill.operation SITE OPERATION      (both JSON)

Says `begin` when the work begins, and at the end `done`, or `failed`, the kind and a sentence.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.kill.models import settings_for
from indexer.building.build import add, build, rebuild
from indexer.building.live import Deletion, LiveWriter, Upload
from indexer.building.progress import Silent
from indexer.building.purge import purge
from indexer.config import Settings
from indexer.errors import TriptychError
from indexer.store.manifest import read_current, read_manifest
from indexer.store.merge import compact, merge

KINDS = ("index", "add", "remove", "put", "merge", "rebuild", "purge")


@dataclass(frozen=True, slots=True)
class Site:
    """Where an index is, the cache of its builds, and whether real models make it."""

    root: str
    cache: str
    real: bool

    @property
    def settings(self) -> Settings:
        return settings_for(Path(self.cache), self.real)


@dataclass(frozen=True, slots=True)
class Operation:
    """One of KINDS. `paths` are sources to index or places to add, `uploads` (id, file) to put,
    `deletions` (id, source) to remove; `whole_cache` belongs to a purge."""

    kind: str
    paths: tuple[str, ...] = ()
    uploads: tuple[tuple[str, str], ...] = ()
    deletions: tuple[tuple[str, str | None], ...] = ()
    whole_cache: bool = False

    def command(self, site: Site) -> list[str]:
        """The command that does it."""
        values = [json.dumps(asdict(site)), json.dumps(asdict(self))]
        return [sys.executable, "-m", "benchmarks.kill.operation", *values]


def perform(site: Site, operation: Operation) -> None:
    """Do it. Raises what the product raises."""
    root, settings = Path(site.root), site.settings
    paths = [Path(path) for path in operation.paths]
    match operation.kind:
        case "index":
            build(paths, root, settings, True, Silent())
        case "add":
            add(paths, root, settings, Silent())
        case "rebuild":
            rebuild(root, settings, Silent())
        case "purge":
            purge(root, settings, operation.whole_cache)
        case "merge":
            merge(root, _smallest(root))
            compact(root)
        case _:
            _change(root, settings, operation)


def _change(root: Path, settings: Settings, operation: Operation) -> None:
    writer = LiveWriter(root, settings)
    try:
        writer.change(
            [Upload(id, Path(file), Path(file).suffix) for id, file in operation.uploads],
            [Deletion(id, source) for id, source in operation.deletions],
        )
    finally:
        writer.close()


def _smallest(root: Path) -> Sequence[str]:
    """The two smallest segments of the live generation, or the only one."""
    segments = read_manifest(root, read_current(root)).segments
    return [ref.id for ref in sorted(segments, key=lambda ref: ref.chunks)[:2]]


def main() -> None:
    site = Site(**json.loads(sys.argv[1]))
    operation = Operation(**json.loads(sys.argv[2]))
    print("begin", flush=True)
    try:
        perform(site, operation)
    except (TriptychError, OSError, ValueError) as error:
        print(f"failed {type(error).__name__}: {error}", flush=True)
        sys.exit(1)
    print("done", flush=True)


if __name__ == "__main__":
    main()
