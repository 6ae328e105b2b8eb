"""The documents and chunks of one segment: a DuckDB file."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

from indexer.records import (
    Box,
    Chunk,
    Document,
    Filter,
    Kind,
    Line,
    Modality,
    Place,
    StoredChunk,
)
from indexer.store.filters import to_condition

_TABLES = """
CREATE TABLE documents (
    document INTEGER, path VARCHAR, record VARCHAR, source VARCHAR, title VARCHAR, kind VARCHAR,
    language VARCHAR, product VARCHAR, date DATE, groups VARCHAR[],
    metadata MAP(VARCHAR, VARCHAR), content_hash VARCHAR
);
CREATE TABLE chunks (
    "row" INTEGER, document INTEGER, modality VARCHAR, page INTEGER, box DOUBLE[],
    heading VARCHAR[], "start" DOUBLE, "end" DOUBLE, text VARCHAR, context VARCHAR,
    lines STRUCT(text VARCHAR, box DOUBLE[], confidence DOUBLE)[], asset VARCHAR, thumb VARCHAR
);
"""

_GET = """
SELECT c."row", d.path, d.source, d.title, d.kind, d.language, d.product, d.date, d.metadata,
       c.modality, c.page, c.box, c.heading, c."start", c."end", c.text, c.context, c.lines,
       c.asset, c.thumb
FROM chunks c JOIN documents d USING (document)
WHERE c."row" IN (SELECT unnest(?::INTEGER[]))
"""

_EXCLUDED = "SELECT unnest(?::VARCHAR[])"
_MEMORY = "1GB"
_DECODED = 4096
"""Chunks kept decoded; reading one from the file takes most of the time of a small search."""


class CatalogWriter:
    """Adds documents and chunks to a new DuckDB file."""

    def __init__(self, path: Path) -> None:
        self._connection = _connect(path, read_only=False)
        self._connection.execute(_TABLES)
        self._documents = self._connection.appender("documents")
        self._chunks = self._connection.appender("chunks")
        self._open = True

    def add_document(self, number: int, source: str, document: Document) -> None:
        self._documents.append_row(
            number,
            storable(document.path),
            storable(document.path).partition("#")[2],
            storable(source),
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


class Catalog:
    """The catalog of a sealed segment, opened read-only. Used from any number of threads.

    `first_id` is added to row numbers to make chunk ids.
    """

    def __init__(
        self, path: Path, chunks: int, metadata_keys: Sequence[str], first_id: int
    ) -> None:
        """Raises duckdb.Error when `path` is not a database."""
        self.path = path
        self._connection = _connect(path, read_only=True)
        self._size = chunks
        self._metadata_keys = metadata_keys
        self._first_id = first_id
        self._decoded: dict[int, StoredChunk] = {}

    def select(self, filters: Sequence[Filter], exclude: frozenset[str]) -> NDArray[np.bool_]:
        """Which rows pass the filters and belong to nothing excluded (bool, (rows,))."""
        condition = to_condition(filters, self._metadata_keys)
        sql = (
            f'SELECT c."row" FROM chunks c JOIN documents d USING (document) WHERE {condition.sql}'
        )
        values = list(condition.values)
        if exclude:
            names = sorted(storable(name) for name in exclude)
            sql += (
                f" AND d.path NOT IN ({_EXCLUDED}) AND coalesce(c.asset NOT IN ({_EXCLUDED}), true)"
                f" AND (d.record = '' OR d.record NOT IN ({_EXCLUDED}))"
            )
            values += [names, names, names]
        with self._connection.cursor() as cursor:
            rows = cursor.execute(sql, values).fetchnumpy()["row"]
        mask = np.zeros(self._size, np.bool_)
        mask[np.asarray(rows, np.int64)] = True
        return mask

    def get(self, rows: Sequence[int]) -> Mapping[int, StoredChunk]:
        """The chunks of these rows, by row."""
        found = {row: chunk for row in rows if (chunk := self._decoded.get(row)) is not None}
        missing = [row for row in rows if row not in found]
        if missing:
            with self._connection.cursor() as cursor:
                fetched = cursor.execute(_GET, [missing]).fetchall()
            read = {record[0]: self._decode(record) for record in fetched}
            if len(self._decoded) + len(read) > _DECODED:
                self._decoded = {}
            self._decoded.update(read)
            found.update(read)
        return found

    def siblings(self, row: int) -> list[int]:
        """The rows of the document that `row` belongs to, in reading order."""
        sql = (
            'SELECT "row" FROM chunks WHERE document = '
            '(SELECT document FROM chunks WHERE "row" = ?) ORDER BY "row"'
        )
        with self._connection.cursor() as cursor:
            return [found for (found,) in cursor.execute(sql, [row]).fetchall()]

    def thumbs(self) -> set[str]:
        """The names of all previews that chunks point at."""
        with self._connection.cursor() as cursor:
            return {
                name for (name,) in cursor.execute("SELECT DISTINCT thumb FROM chunks").fetchall()
            }

    def close(self) -> None:
        self._connection.close()

    def _decode(self, record: Sequence[Any]) -> StoredChunk:
        (row, path, source, title, kind, language, product, day, metadata, modality, page, box,
         heading, start, end, text, context, lines, asset, thumb) = record  # fmt: skip
        return StoredChunk(
            id=self._first_id + row,
            document=path,
            source=source,
            title=title,
            kind=Kind(kind),
            language=language,
            product=product,
            date=day,
            metadata=metadata,
            modality=Modality(modality),
            place=Place(page, None if box is None else Box(*box), tuple(heading), start, end),
            text=text,
            context=context,
            lines=tuple(
                Line(line["text"], Box(*line["box"]), line["confidence"]) for line in lines
            ),
            asset=asset,
            thumb=thumb,
        )


def _connect(path: Path, read_only: bool) -> duckdb.DuckDBPyConnection:
    threads = min(4, len(os.sched_getaffinity(0)))
    settings: dict[str, str | bool | int | float | list[str]] = {
        "threads": threads,
        "memory_limit": _MEMORY,
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }
    return duckdb.connect(str(path), read_only=read_only, config=settings)


def _corners(box: Box) -> list[float]:
    return [box.x0, box.y0, box.x1, box.y1]


def storable(text: str) -> str:
    """Text that UTF-8 can hold: half of a surrogate pair, as broken JSON has it, becomes `?`."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()
