"""Ticket exports: every record of a CSV, TSV, JSON Lines or JSON file is a document."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import chain, islice

from indexer.config import Limits, Settings, TicketColumns
from indexer.errors import BadFile
from indexer.loaders.base import Report, SourceFile
from indexer.loaders.columns import Columns, Record, absent, recognise
from indexer.loaders.pictures import resolve_picture
from indexer.loaders.ticket_dates import parse_date
from indexer.loaders.ticket_records import Row, read_rows
from indexer.loaders.ticket_text import metadata_text, paragraphs
from indexer.records import Block, BlockKind, Document, Kind, Picture

SAMPLE = 200
"""Records looked at to recognise the columns."""

TITLE_CHARS = 100
"""Longest title made from a text, where a record has no title."""

_LANGUAGES = {
    "english": "en", "chinese": "zh", "中文": "zh", "英文": "en", "英语": "en", "german": "de",
    "french": "fr", "spanish": "es", "japanese": "ja", "korean": "ko", "portuguese": "pt",
    "italian": "it", "russian": "ru",
}  # fmt: skip


class TicketLoader:
    """Reads tickets and question-answer records; columns by `settings.tickets` or by name."""

    def __init__(self, settings: Settings) -> None:
        self._chosen: TicketColumns = settings.tickets
        self._limits: Limits = settings.limits

    def load(self, file: SourceFile, report: Report) -> Iterator[Document]:
        """One document per record. Raises BadFile when no record can be read as a ticket."""
        path = file.absolute
        rows = read_rows(path, self._limits, partial(report.skip, path))
        sample = list(islice(rows, SAMPLE))
        if not sample:
            raise BadFile(path, "no records")
        names = list(dict.fromkeys(name for row in sample for name in row.values))
        columns = recognise(names, [row.values for row in sample], self._chosen)
        if not (columns.title or columns.body or columns.resolution):
            raise BadFile(path, _unusable(names))
        for flaw in absent(names, self._chosen):
            report.note(path, flaw)
        tickets = _Tickets(file, report, columns, self._limits)
        for row in chain(sample, rows):
            document = tickets.document(row)
            if document is not None:
                yield document


@dataclass(slots=True)
class _Tickets:
    """The records of one file, turned into documents one after the other."""

    file: SourceFile
    report: Report
    columns: Columns
    limits: Limits
    seen: Counter[str] = field(default_factory=Counter)
    noted: set[str] = field(default_factory=set)

    def document(self, row: Row) -> Document | None:
        """None where the record says nothing; the report is told."""
        values, columns = row.values, self.columns
        body = [text for name in columns.body for text in paragraphs(values.get(name))]
        solution = [text for name in columns.resolution for text in paragraphs(values.get(name))]
        title = " ".join(metadata_text(values.get(columns.title, "")).split())
        title = title or _shortened((body or solution or [""])[0])
        if not title:
            self._skip(row, "neither title nor text")
            return None
        pictures = self._pictures(values)
        parsed = parse_date(metadata_text(values.get(columns.date)))
        language = _language(metadata_text(values.get(columns.language)))
        used = columns.mapped - ({columns.date} if parsed is None else set())
        used -= {columns.language} if not language else set()
        return Document(
            path=self._path(row),
            title=title,
            kind=Kind.TICKET,
            blocks=(*_blocks(title, body, solution), *_figures(pictures)),
            content_hash=_digest(values, pictures),
            language=language,
            product=metadata_text(values.get(columns.product)),
            date=parsed,
            metadata=self._metadata(values, used),
        )

    def _path(self, row: Row) -> str:
        name = metadata_text(row.values.get(self.columns.id)) or str(row.number)
        path = f"{self.file.path}#{name}"
        self.seen[path] += 1
        if self.seen[path] == 1:
            return path
        while (unique := f"{path}~{self.seen[path]}") in self.seen:
            self.seen[path] += 1
        self.seen[unique] += 1
        self.report.note(
            self.file.absolute,
            f"record {row.number}: the id {name!r} was used before; kept as {unique}",
        )
        return unique

    def _pictures(self, values: Record) -> list[tuple[str, bytes]]:
        value = values.get(self.columns.image)
        names = value if isinstance(value, list) else re.split(r"[;|,\n]", metadata_text(value))
        found = [
            resolve_picture(self.file, name, self.report, self.limits)
            for name in map(metadata_text, names)
            if name
        ]
        return [picture for picture in found if picture is not None]

    def _metadata(self, values: Record, used: frozenset[str]) -> dict[str, str]:
        metadata = {}
        for name, value in values.items():
            if name in used:
                continue
            text = metadata_text(value)
            if text:
                metadata[name] = text
            elif value and name not in self.noted:
                self.noted.add(name)
                self.report.note(
                    self.file.absolute,
                    f"{name!r} holds lists of objects, which are not indexed; "
                    "name it in tickets.body or tickets.resolution",
                )
        return metadata

    def _skip(self, row: Row, reason: str) -> None:
        self.report.skip(self.file.absolute, f"record {row.number}: {reason}")


def _blocks(title: str, body: list[str], solution: list[str]) -> Iterator[Block]:
    if not solution:
        yield from map(_paragraph, body or [title])
        return
    if body:
        yield Block(BlockKind.HEADING, "Description", level=2)
        yield from map(_paragraph, body)
    yield Block(BlockKind.HEADING, "Resolution", level=2)
    yield from map(_paragraph, solution)


def _paragraph(text: str) -> Block:
    return Block(BlockKind.PARAGRAPH, text)


def _figures(pictures: list[tuple[str, bytes]]) -> Iterator[Block]:
    for asset, data in pictures:
        yield Block(BlockKind.FIGURE, picture=Picture(asset, data))


def _shortened(text: str) -> str:
    """The first line of a text, cut at a word."""
    line = text.split("\n", 1)[0].strip()
    if len(line) <= TITLE_CHARS:
        return line
    cut = line[:TITLE_CHARS]
    return (cut[: cut.rfind(" ")] if " " in cut[TITLE_CHARS // 2 :] else cut).rstrip() + "…"


def _language(text: str) -> str:
    """An ISO 639-1 code, or an empty string where the text is not known to be one."""
    code = re.split(r"[-_]", text.strip().casefold(), maxsplit=1)[0]
    return code if re.fullmatch(r"[a-z]{2}", code) else _LANGUAGES.get(code, "")


def _digest(values: Record, pictures: list[tuple[str, bytes]]) -> str:
    canonical = json.dumps(values, ensure_ascii=True, sort_keys=True, separators=(",", ":"))
    digest = hashlib.sha256(canonical.encode())
    for _, data in pictures:
        digest.update(hashlib.sha256(data).digest())
    return digest.hexdigest()


def _unusable(names: list[str]) -> str:
    return (
        f"no title or text column recognised among {', '.join(names)}; set tickets.title, "
        "tickets.body or tickets.resolution to the columns that hold them"
    )
