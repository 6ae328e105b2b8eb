"""What the tests of loaders share: a report that remembers, one file loaded, blocks in short."""

from __future__ import annotations

from pathlib import Path

from indexer.config import Settings
from indexer.loaders.base import LOADERS, SourceFile
from indexer.records import Document

PNG = b"\x89PNG\r\n\x1a\n not decoded here"


class Notes:
    """A report that remembers: by file name, or the reasons alone."""

    def __init__(self) -> None:
        self.notes: list[tuple[str, str]] = []
        self.skips: list[tuple[str, str]] = []

    @property
    def skipped(self) -> list[str]:
        return [reason for _, reason in self.skips]

    @property
    def noted(self) -> list[str]:
        return [reason for _, reason in self.notes]

    def skip(self, path: Path, reason: str) -> None:
        self.skips.append((path.name, reason))

    def note(self, path: Path, reason: str) -> None:
        self.notes.append((path.name, reason))


def load(root: Path, name: str, text: str | bytes, notes: Notes | None = None) -> Document:
    """The one document of a file with this content, beside a picture `panel.png`."""
    (root / "panel.png").write_bytes(PNG)
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    loader = LOADERS.get(path.suffix)(Settings())
    [document] = loader.load(SourceFile(root, name), notes or Notes())
    return document


def rows(document: Document) -> list[tuple[str, str]]:
    """Blocks as (kind with level, text), figures as (figure, asset | alt | caption)."""
    out = []
    for block in document.blocks:
        kind = block.kind.value + (str(block.level) if block.level else "")
        picture = block.picture
        shown = f"{picture.asset}|{picture.alt}|{picture.caption}" if picture else block.text
        out.append((kind, shown))
    return out
