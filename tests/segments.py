"""Small segments with values one can compute by hand, and the changes that commit them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import numpy as np

from indexer.encoders.base import Space
from indexer.lanes import word_fields
from indexer.records import Chunk, Document, Kind, Modality, Picture, Place, Scored
from indexer.store.generations import Change, commit
from indexer.store.index import ChunkRow, Index, Origin, SegmentWriter
from indexer.store.manifest import Manifest, SegmentInfo, read_current, read_manifest

SPACES = {"clip": Space("clip", "fake", "m", 4, "ff"), "text": Space("text", "fake", "m", 2, "aa")}
NAMES = ("alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta")
EAST = np.array([1, 0], np.float32)


def document(path: str, groups: tuple[str, ...] = ()) -> Document:
    return Document(path, path, Kind.MANUAL, (), "h", groups=groups)


def fill(writer: SegmentWriter, *names: str, source: str = "src", key: str = "k") -> None:
    """One document per name, of a text chunk (in both spaces) and an image chunk (in one).

    The text vector of the name at place p of NAMES points p / 10 away from EAST.
    """
    for name in names:
        place = NAMES.index(name) if name in NAMES else len(NAMES)
        entry = Document(
            f"{name}.md", name, Kind.MANUAL, (), "h", "en", "Pump", date(2024, 1, 1 + place),
            metadata={"n": str(place)},
        )  # fmt: skip
        text = Chunk(Modality.TEXT, Place(), f"about {name}")
        image = Chunk(Modality.IMAGE, Place(), picture=Picture(f"{name}.png", b"x"))
        rows = writer.add(
            Origin(source, f"{name}.md", key),
            entry,
            [
                ChunkRow(text, "", word_fields(name, text)),
                ChunkRow(image, f"{name}.webp", word_fields(name, image)),
            ],
        )
        writer.add_vectors("clip", rows, np.eye(4, dtype=np.float32)[[place % 4, 3 - place % 4]])
        angle = place / 10
        writer.add_vectors("text", rows[:1], np.array([[np.cos(angle), np.sin(angle)]], np.float32))
        writer.add_thumb(f"{name}.webp", name.encode())


@contextmanager
def segment(root: Path, *names: str) -> Iterator[SegmentInfo]:
    """A sealed segment, held."""
    with SegmentWriter(root) as writer:
        fill(writer, *names)
        yield writer.seal()


def live(root: Path) -> Manifest:
    return read_manifest(root, read_current(root))


def build(root: Path, *names: str, cause: str = "index") -> int:
    """Replace everything; the generation."""
    with segment(root, *names) as info:
        return commit(root, Change(cause, SPACES, {"by": "test"}, b"{}", added=[info])).generation


def add(root: Path, *names: str, cause: str = "add") -> Manifest:
    """Add a segment."""
    with segment(root, *names) as info:
        change = Change(cause, SPACES, {"by": "test"}, b"{}", live(root), added=[info])
        return commit(root, change)


def remove(root: Path, *names: str) -> Manifest:
    """Delete documents by name."""
    removed: dict[str, list[int]] = {}
    with Index.open(root) as index:
        for document in index.documents():
            if document.path.removesuffix(".md") in names:
                removed.setdefault(document.segment, []).append(document.number)
        base = index.manifest
    return commit(root, Change("remove", SPACES, {}, b"{}", base, removed=removed))


def titles(index: Index, found: list[Scored]) -> list[str]:
    return [chunk.title for chunk in index.get([scored.id for scored in found])]


def numbers(root: Path) -> list[int]:
    """The generations on disk."""
    return sorted(int(path.stem) for path in (root / "generations").glob("*.json"))


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())
