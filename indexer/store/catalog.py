"""The documents and chunks of one sealed segment: a DuckDB file, read."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

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
    Picture,
    Place,
    StoredChunk,
)
from indexer.store.filters import to_condition
from indexer.store.tables import CatalogWriter, Origin, connect, storable

__all__ = ["Catalog", "CatalogWriter", "Origin", "StoredDocument", "WholeDocument"]

_CHUNKS = """
SELECT c."row", d.path, d.source, d.title, d.kind, d.language, d.product, d.date, d.metadata,
       c.modality, c.page, c.box, c.heading, c."start", c."end", c.text, c.context, c.lines,
       c.asset, c.thumb, c.document
FROM chunks c JOIN documents d USING (document)
"""
_DOCUMENTS = """
SELECT document, source, file, key, path, title, kind, content_hash, language, product, date,
       groups, metadata
FROM documents WHERE document >= ? AND document < ? ORDER BY document
"""
_PER_DOCUMENT = ("kind", "language", "product")
_LISTED = "SELECT unnest(?::VARCHAR[])"
_NUMBERED = "SELECT unnest(?::INTEGER[])"
_DECODED = 4096
"""Chunks kept decoded; reading one from the file takes most of the time of a small search."""


@dataclass(frozen=True, slots=True)
class StoredDocument:
    """A document of an index: its segment and number there, where it comes from, what it is.

    `source`, `file` and `key` are those of its `Origin`.
    """

    segment: str
    number: int
    source: str
    path: str
    file: str
    key: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class WholeDocument:
    """All that a catalog holds of a document. `chunks` are (chunk, preview), in reading order.

    Pictures have no data, only their names.
    """

    number: int
    origin: Origin
    document: Document
    chunks: Sequence[tuple[Chunk, str]]


class Catalog:
    """The catalog of a sealed segment, opened read-only. Used from any number of threads."""

    def __init__(self, path: Path, chunks: int, metadata_keys: Sequence[str]) -> None:
        """Raises duckdb.Error when `path` is not a database."""
        self.path = path
        self._connection = connect(path, read_only=True)
        self._size = chunks
        self._metadata_keys = metadata_keys
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
                f" AND d.path NOT IN ({_LISTED}) AND coalesce(c.asset NOT IN ({_LISTED}), true)"
                f" AND (d.record = '' OR d.record NOT IN ({_LISTED}))"
            )
            values += [names, names, names]
        with self._connection.cursor() as cursor:
            rows = cursor.execute(sql, values).fetchnumpy()["row"]
        mask = np.zeros(self._size, np.bool_)
        mask[np.asarray(rows, np.int64)] = True
        return mask

    def get(self, rows: Sequence[int], first_id: int) -> Mapping[int, StoredChunk]:
        """The chunks of these rows, by row; `first_id` plus its row is the id of a chunk."""
        found = {row: chunk for row in rows if (chunk := self._decoded.get(row)) is not None}
        missing = [row for row in rows if row not in found]
        if missing:
            sql = f'{_CHUNKS} WHERE c."row" IN ({_NUMBERED})'
            read = {record[0]: _decode(record, first_id) for record in self._rows(sql, missing)}
            if len(self._decoded) + len(read) > _DECODED:
                self._decoded = {}
            self._decoded.update(read)
            found.update(read)
        for row, chunk in found.items():
            # A segment that moved up since, in a later generation, has other ids.
            if chunk.id != first_id + row:
                found[row] = self._decoded[row] = replace(chunk, id=first_id + row)
        return found

    def owners(self) -> NDArray[np.int32]:
        """The document of each row, (rows,), ascending."""
        with self._connection.cursor() as cursor:
            found = cursor.execute('SELECT document FROM chunks ORDER BY "row"').fetchnumpy()
        return np.ascontiguousarray(found["document"], np.int32)

    def modalities(self) -> NDArray[np.str_]:
        """The modality of each row, (rows,)."""
        return np.array(
            [name for (name,) in self._rows('SELECT modality FROM chunks ORDER BY "row"')]
        )

    def documents(self, segment: str, path: str | None) -> list[StoredDocument]:
        """All documents, or those at `path` and the records in it, in the order of numbers."""
        sql = "SELECT document, source, path, file, key, kind FROM documents"
        where = "" if path is None else " WHERE path = ? OR starts_with(path, ? || '#')"
        values = [] if path is None else [storable(path)] * 2
        found = self._rows(f"{sql}{where} ORDER BY document", *values)
        return [
            StoredDocument(segment, number, source, path, file, key, Kind(kind))
            for number, source, path, file, key, kind in found
        ]

    def count(self, documents: Collection[int]) -> dict[str, dict[str, int]]:
        """The counts of these documents alone; see `manifest.Counts`."""
        numbers = sorted(documents)
        counts: dict[str, dict[str, int]] = {}
        for name in (*_PER_DOCUMENT, "modality"):
            table = "documents" if name in _PER_DOCUMENT else "chunks"
            sql = f"SELECT {name}, count(*) FROM {table} WHERE document IN ({_NUMBERED}) GROUP BY 1"
            counts[name] = dict(self._rows(sql, numbers))
        return counts

    def thumbs(self) -> set[str]:
        """The names of all previews that chunks point at."""
        return {name for (name,) in self._rows("SELECT DISTINCT thumb FROM chunks")}

    def showing(self, thumbs: Collection[str]) -> set[int]:
        """The documents with chunks that have one of these previews."""
        sql = "SELECT DISTINCT document FROM chunks WHERE thumb IN (SELECT unnest(?::VARCHAR[]))"
        return {number for (number,) in self._rows(sql, sorted(thumbs))}

    def size(self) -> int:
        """How many documents there are."""
        ((count,),) = self._rows("SELECT count(*) FROM documents")
        return int(count)

    def files(self, source: str) -> set[str]:
        """The files of all documents of a source."""
        sql = "SELECT DISTINCT file FROM documents WHERE source = ?"
        return {name for (name,) in self._rows(sql, source)}

    def read(self, first: int, stop: int) -> list[WholeDocument]:
        """Documents `first` to `stop - 1` with everything that is stored of them."""
        chunks: dict[int, list[tuple[Chunk, str]]] = {}
        sql = f'{_CHUNKS} WHERE c.document >= ? AND c.document < ? ORDER BY c."row"'
        for record in self._rows(sql, first, stop):
            stored = _decode(record, 0)
            chunks.setdefault(record[-1], []).append((_chunk(stored), stored.thumb))
        return [
            WholeDocument(
                number, Origin(source, file, key), _document(facts), chunks.get(number, ())
            )
            for number, source, file, key, *facts in self._rows(_DOCUMENTS, first, stop)
        ]

    def close(self) -> None:
        self._connection.close()

    def _rows(self, sql: str, *values: object) -> list[Any]:
        with self._connection.cursor() as cursor:
            return cursor.execute(sql, list(values)).fetchall()


def _decode(record: Sequence[Any], first_id: int) -> StoredChunk:
    (row, path, source, title, kind, language, product, day, metadata, modality, page, box,
     heading, start, end, text, context, lines, asset, thumb, _) = record  # fmt: skip
    return StoredChunk(
        id=first_id + row,
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
        lines=tuple(Line(line["text"], Box(*line["box"]), line["confidence"]) for line in lines),
        asset=asset,
        thumb=thumb,
    )


def _chunk(stored: StoredChunk) -> Chunk:
    picture = None if stored.asset is None else Picture(stored.asset, b"")
    return Chunk(stored.modality, stored.place, stored.text, stored.context, stored.lines, picture)


def _document(facts: Sequence[Any]) -> Document:
    path, title, kind, content_hash, language, product, day, groups, metadata = facts
    return Document(
        path, title, Kind(kind), (), content_hash, language, product, day, tuple(groups), metadata
    )
