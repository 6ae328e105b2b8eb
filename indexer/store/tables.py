"""The two tables of a segment's catalog, and the writer that fills them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import duckdb

from indexer.records import Box, Chunk, Document

_TABLES = """
CREATE TABLE documents (
    document INTEGER, path VARCHAR, record VARCHAR, source VARCHAR, file VARCHAR, key VARCHAR,
    title VARCHAR, kind VARCHAR, language VARCHAR, product VARCHAR, date DATE, groups VARCHAR[],
    metadata MAP(VARCHAR, VARCHAR), content_hash VARCHAR
);
CREATE TABLE chunks (
    "row" INTEGER, document INTEGER, modality VARCHAR, page INTEGER, box DOUBLE[],
    heading VARCHAR[], "start" DOUBLE, "end" DOUBLE, text VARCHAR, context VARCHAR,
    lines STRUCT(text VARCHAR, box DOUBLE[], confidence DOUBLE)[], asset VARCHAR, thumb VARCHAR
);
"""

_MEMORY = "1GB"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a document comes from.

    `source` is the folder or file that was indexed, `file` the path of the document's file
    below it, `key` a hash (hex) of all that is stored of the document.
    """

    source: str
    file: str
    key: str


class CatalogWriter:
    """Adds documents and chunks to a new DuckDB file."""

    def __init__(self, path: Path) -> None:
        self._connection = connect(path, read_only=False)
        self._connection.execute(_TABLES)
        self._documents = self._connection.appender("documents")
        self._chunks = self._connection.appender("chunks")
        self._open = True

    def add_document(self, number: int, origin: Origin, document: Document) -> None:
        self._documents.append_row(
            number,
            storable(document.path),
            storable(document.path).partition("#")[2],
            storable(origin.source),
            storable(origin.file),
            origin.key,
            storable(document.title),
            str(document.kind),
            storable(document.language),
            storable(document.product),
            document.date,
            [storable(group) for group in document.groups],
            {storable(key): storable(value) for key, value in document.metadata.items()},
            document.content_hash,
        )

    def add_chunk(self, row: int, document: int, chunk: Chunk, thumb: str) -> None:
        place = chunk.place
        lines = [
            {"text": storable(line.text), "box": _corners(line.box), "confidence": line.confidence}
            for line in chunk.lines
        ]
        self._chunks.append_row(
            row,
            document,
            str(chunk.modality),
            place.page,
            None if place.box is None else _corners(place.box),
            [storable(part) for part in place.heading],
            place.start,
            place.end,
            storable(chunk.text),
            storable(chunk.context),
            lines,
            None if chunk.picture is None else storable(chunk.picture.asset),
            thumb,
        )

    def close(self) -> None:
        """Write everything out."""
        self._documents.flush()
        self._chunks.flush()
        self._connection.execute("CHECKPOINT")
        self.abandon()

    def abandon(self) -> None:
        """Stop without writing out. Does nothing after `close`."""
        if self._open:
            self._open = False
            self._documents.clear()
            self._chunks.clear()
            self._connection.close()


def connect(path: Path, read_only: bool) -> duckdb.DuckDBPyConnection:
    """Open a DuckDB file. Raises duckdb.Error when it is not one."""
    threads = min(4, len(os.sched_getaffinity(0)))
    settings: dict[str, str | bool | int | float | list[str]] = {
        "threads": threads,
        "memory_limit": _MEMORY,
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }
    return duckdb.connect(str(path), read_only=read_only, config=settings)


def storable(text: str) -> str:
    """Text that UTF-8 can hold: half of a surrogate pair, as broken JSON has it, becomes `?`."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def _corners(box: Box) -> list[float]:
    return [box.x0, box.y0, box.x1, box.y1]
