"""CSV, TSV, JSON Lines and JSON files as a stream of records."""

from __future__ import annotations

import codecs
import csv
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TextIO

from indexer.config import Limits
from indexer.errors import BadFile
from indexer.loaders.columns import Record
from indexer.loaders.text import read_text

DELIMITERS = ",;\t"
Skip = Callable[[str], None]
"""Takes the reason why one record is left out."""

_BLOCK = 1 << 20
# A private-use character as a row of its own: a quote that is never closed swallows it.
_END = "\uf8ff"


@dataclass(frozen=True, slots=True)
class Row:
    """One record as it stands in its file. `number` counts records from 1."""

    number: int
    values: Record


def read_rows(path: Path, limits: Limits, skip: Skip) -> Iterator[Row]:
    """The records of a file, one at a time; `skip` is told of each that cannot be read.

    Raises BadFile when the file is empty, too large, unreadable or not text.
    """
    encoding = _encoding(path, limits)
    suffix = path.suffix.lower()
    if suffix == ".json":
        return _json_rows(path, limits, skip)
    if suffix in (".jsonl", ".ndjson"):
        return _jsonl_rows(path, encoding, skip)
    csv.field_size_limit(min(limits.file_bytes, sys.maxsize, 2**31 - 1))
    return _csv_rows(path, encoding, skip)


def _encoding(path: Path, limits: Limits) -> str:
    """Decode once in blocks, so that a wrong encoding shows before the first record does."""
    try:
        with path.open("rb") as file:
            head = file.read(3)
            wide = head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
            encoding = "utf-16" if wide else "utf-8-sig"
            too_large = path.stat().st_size > limits.file_bytes
            fine = bool(head) and not too_large and _decodes(file, encoding)
    except OSError as error:
        raise BadFile(path, f"cannot be read: {error.strerror or error}") from error
    if not fine:
        read_text(path, limits)  # raises, saying what is wrong
    return encoding


def _decodes(file: BinaryIO, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    file.seek(0)
    try:
        while block := file.read(_BLOCK):
            if "\0" in decoder.decode(block):
                return False
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


@contextmanager
def _opened(path: Path, encoding: str, newline: str) -> Iterator[TextIO]:
    try:
        with path.open(encoding=encoding, newline=newline) as file:
            yield file
    except OSError as error:
        raise BadFile(path, f"cannot be read: {error.strerror or error}") from error


def _csv_rows(path: Path, encoding: str, skip: Skip) -> Iterator[Row]:
    delimiter, declared = _delimiter(path, encoding)
    with _opened(path, encoding, "") as file:
        if declared:
            next(file)
        rows = csv.reader(_with_end(file), delimiter=delimiter)
        names = _header(next(rows, []))
        number, last = 0, rows.line_num
        for cells in rows:
            if cells == [_END]:
                return
            start, last = last + 1 + declared, rows.line_num
            if not any(cell.strip() for cell in cells):
                continue
            number += 1
            reason = _flaw(cells, names)
            if reason:
                skip(f"record {number} (line {start}): {reason}")
            else:
                yield Row(number, dict(zip(names, cells, strict=False)))


def _with_end(file: TextIO) -> Iterator[str]:
    yield from file
    yield _END


def _flaw(cells: list[str], names: list[str]) -> str:
    """Why a row cannot be read with this header; empty where it can."""
    if _END in cells[-1]:
        return "a quote is opened and never closed; all that follows it is lost"
    if len(cells) < len(names) or any(cells[len(names) :]):
        return f"{len(cells)} fields where the header has {len(names)}"
    return ""


def _header(cells: list[str]) -> list[str]:
    """Names that are unique and not empty."""
    names: list[str] = []
    while cells and not cells[-1].strip():
        cells = cells[:-1]
    for position, cell in enumerate(cells, start=1):
        name = base = cell.strip() or f"column {position}"
        repeat = 2
        while name in names:
            name, repeat = f"{base} {repeat}", repeat + 1
        names.append(name)
    return names


def _delimiter(path: Path, encoding: str) -> tuple[str, bool]:
    """What separates the fields, and whether a first line `sep=;` says so."""
    with _opened(path, encoding, "") as file:
        first = file.readline(_BLOCK)
    if first.lower().startswith("sep=") and len(first.strip()) <= 5:
        return (first[4:5].strip("\r\n") or "\t"), True
    widths = {}
    for delimiter in DELIMITERS:
        with _opened(path, encoding, "") as file:
            widths[delimiter] = len(next(csv.reader(_with_end(file), delimiter=delimiter), []))
    best = max(widths, key=lambda delimiter: widths[delimiter])
    return ("\t" if path.suffix.lower() == ".tsv" and widths[best] == 1 else best), False


def _jsonl_rows(path: Path, encoding: str, skip: Skip) -> Iterator[Row]:
    number = 0
    with _opened(path, encoding, "\n") as file:
        for position, line in enumerate(file, start=1):
            if not line.strip():
                continue
            number += 1
            try:
                value = json.loads(line)
            except (ValueError, RecursionError) as error:
                skip(f"line {position}: not valid JSON: {error}")
                continue
            if isinstance(value, dict):
                yield Row(number, flatten(value))
            else:
                skip(f"line {position}: {_kind(value)}, where an object with named fields is due")


def _json_rows(path: Path, limits: Limits, skip: Skip) -> Iterator[Row]:
    """The objects of a JSON array. The whole file is read at once."""
    try:
        values = json.loads(read_text(path, limits))
    except (ValueError, RecursionError) as error:
        raise BadFile(path, f"not valid JSON: {error}") from error
    if not isinstance(values, list):
        raise BadFile(path, f"{_kind(values)}, where an array of records is due")
    for number, value in enumerate(values, start=1):
        if isinstance(value, dict):
            yield Row(number, flatten(value))
        else:
            skip(f"record {number}: {_kind(value)}, where an object with named fields is due")


def flatten(value: dict[str, object], prefix: str = "") -> dict[str, object]:
    """Nested objects → one level, keys joined with dots; lists stay lists."""
    flat: dict[str, object] = {}
    for key, inner in value.items():
        if isinstance(inner, dict):
            flat.update(flatten(inner, f"{prefix}{key}."))
        else:
            flat[f"{prefix}{key}"] = inner
    return flat


def _kind(value: object) -> str:
    names = {dict: "an object", list: "an array", str: "a string", bool: "true or false"}
    return names.get(type(value), "null" if value is None else "a number")
