"""Finding the files of a source: a folder walked once, or a single file."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from indexer.errors import BadFile
from indexer.loaders.base import LOADERS, Report, SourceFile

_NO_TEXT = "its name is not UTF-8 text; rename it"


@dataclass(frozen=True, slots=True)
class Source:
    """What the user pointed at, and the files found there, in path order.

    `ignored` counts files by suffix that no loader reads; they are no error.
    """

    path: Path
    files: tuple[SourceFile, ...]
    ignored: dict[str, int]


def located(path: Path) -> Path:
    """`path` as an index keeps it, whatever the working folder. Raises BadFile for none such."""
    if not path.exists():
        raise BadFile(path, "no such file or folder")
    place = path.parent.resolve() / path.name if path.is_file() else path.resolve()
    if not _is_text(place):
        raise BadFile(_shown(place), _NO_TEXT)
    return place


def discover(path: Path, report: Report, index: Path | None = None) -> Source:
    """List what can be loaded below `path`. Raises BadFile when there is no such path.

    Hidden files and folders are passed over (pages may still refer to pictures in them), and
    so is the folder `index`, into which the build writes.
    Links are followed; a link that leads back to a folder above it, or nowhere, is reported.
    """
    place = located(path)
    root = place.parent if place.is_file() else place
    own = index.resolve() if index else None
    found = iter([place]) if place.is_file() else _walk(root, (root,), own, report)
    known = set(LOADERS.names())
    files: list[SourceFile] = []
    ignored: dict[str, int] = {}
    for file in found:
        suffix = file.suffix.lower()
        if suffix in known:
            files.append(SourceFile(root, file.relative_to(root).as_posix()))
        else:
            ignored[suffix or file.name] = ignored.get(suffix or file.name, 0) + 1
    return Source(place, tuple(files), ignored)


def ignored(sources: Iterable[Source]) -> dict[str, int]:
    """Files that no loader reads, by suffix, over all sources."""
    total: Counter[str] = Counter()
    for source in sources:
        total.update(source.ignored)
    return dict(total)


def _walk(
    folder: Path, above: tuple[Path, ...], index: Path | None, report: Report
) -> Iterator[Path]:
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as error:
        report.skip(folder, f"cannot be listed: {error.strerror}")
        return
    for entry in entries:
        path = Path(entry.path)
        if entry.name.startswith("."):
            continue
        if not _is_text(path):
            report.skip(_shown(path), _NO_TEXT)
            continue
        if not _exists(path, report):
            continue
        if not entry.is_dir():
            if entry.is_file():
                yield path
            continue
        real = path.resolve()
        if real == index:
            continue
        if real in above:
            report.skip(path, f"symlink loop: it leads back to {real}")
            continue
        yield from _walk(path, (*above, real), index, report)


def _is_text(path: Path) -> bool:
    """Whether an index can write the path down: Linux allows any bytes in a name."""
    try:
        os.fsencode(path).decode()
    except UnicodeDecodeError:
        return False
    return True


def _shown(path: Path) -> Path:
    return Path(os.fsencode(path).decode(errors="backslashreplace"))


def _exists(path: Path, report: Report) -> bool:
    """False, and reported, for a link that leads nowhere or only to itself."""
    try:
        path.stat()
    except OSError as error:
        reason = "broken link" if isinstance(error, FileNotFoundError) else f"{error.strerror}"
        report.skip(path, reason)
        return False
    return True
