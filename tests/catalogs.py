"""Small catalogs on disk."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from indexer.records import Chunk, Document, Kind, Modality, Picture, Place
from indexer.store.catalog import Catalog
from indexer.store.tables import CatalogWriter, Origin


def document(path: str = "a.md", **facts: Any) -> Document:
    values: dict[str, Any] = {"title": "A", "kind": Kind.MANUAL, "blocks": (), "content_hash": "h"}
    return Document(path=path, **(values | facts))


def text(words: str = "words") -> Chunk:
    return Chunk(Modality.TEXT, Place(), text=words)


def image(asset: str) -> Chunk:
    return Chunk(Modality.IMAGE, Place(), picture=Picture(asset, b""))


@contextmanager
def stored(folder: Path, entries: Sequence[tuple[Document, Sequence[Chunk]]]) -> Iterator[Catalog]:
    writer = CatalogWriter(folder / "catalog.duckdb")
    row = 0
    for number, (entry, chunks) in enumerate(entries):
        writer.add_document(number, Origin("src", f"f{number}", f"k{number}"), entry)
        for chunk in chunks:
            writer.add_chunk(row, number, chunk, f"t{row}.webp")
            row += 1
    writer.close()
    keys = sorted({key for entry, _ in entries for key in entry.metadata})
    catalog = Catalog(folder / "catalog.duckdb", row, keys)
    yield catalog
    catalog.close()
