"""The loader contract and its registry by file suffix."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from indexer.config import Settings
from indexer.images import SUFFIXES
from indexer.records import Document
from indexer.registry import Registry


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file of a source. `root` is the folder that `path` and all assets are relative to."""

    root: Path
    path: str

    @property
    def absolute(self) -> Path:
        return self.root / self.path


class Report(Protocol):
    """Takes note of what a build leaves out, so that nothing is lost silently."""

    def skip(self, path: Path, reason: str) -> None:
        """A file, or a record of one, that cannot be indexed. Counts in the exit code."""

    def note(self, path: Path, reason: str) -> None:
        """A flaw that loses no file: a link to a picture that is not there, a repeated id."""


class Loader(Protocol):
    """Reads one file into documents."""

    def load(self, file: SourceFile, report: Report) -> Iterator[Document]:
        """Yield the documents of `file`. Raises BadFile when it cannot be used as a whole."""


LoaderFactory = Callable[[Settings], Loader]

LOADERS: Registry[LoaderFactory] = Registry("loader for")
"""By file suffix, lower case, with the dot."""

_MODULES = {
    "markdown:MarkdownLoader": (".md", ".markdown"),
    "html:HtmlLoader": (".html", ".htm", ".xhtml"),
    "rst:RstLoader": (".rst",),
    "plain:PlainLoader": (".txt", ".text", ".log"),
    "pdf:PdfLoader": (".pdf",),
    "image:ImageLoader": SUFFIXES,
    "tickets:TicketLoader": (".csv", ".tsv", ".jsonl", ".ndjson"),
}
for _target, _suffixes in _MODULES.items():
    for _suffix in _suffixes:
        LOADERS.register(_suffix, f"indexer.loaders.{_target}")
