"""Sentences to write on rendered screens: the titles of tickets and questions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from indexer.building.sources import discover
from indexer.config import Settings
from indexer.errors import BadFile
from indexer.loaders.base import LOADERS
from indexer.loaders.report import ListReport

LONGEST = 90
"""Characters; what is longer is no title."""

MOST_PER_FILE = 4000


def read_texts(paths: Sequence[Path], settings: Settings) -> list[str]:
    """The distinct titles of all documents below `paths`, in order. Raises BadFile for no such
    path; files that cannot be read are passed over, as an index would."""
    found: dict[str, None] = {}
    for path in paths:
        for title in _titles(path, settings):
            text = " ".join(title.split())
            if 0 < len(text) <= LONGEST:
                found[text] = None
    return list(found)


def _titles(path: Path, settings: Settings) -> Iterator[str]:
    report = ListReport()
    for file in discover(path, report).files:
        loader = LOADERS.get(file.absolute.suffix.lower())(settings)
        try:
            for number, document in enumerate(loader.load(file, report)):
                if number >= MOST_PER_FILE:
                    break
                yield document.title
        except BadFile:
            continue
