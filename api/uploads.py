"""Documents in request bodies: what they are called, what they are, and where they are kept."""

from __future__ import annotations

import json
import os
import unicodedata
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from types import TracebackType

from anyio import to_thread

from api.bodies import media_type
from api.problems import Malformed, TooLarge, WrongMediaType
from indexer.errors import BadQuery

ID_CHARS = 512
"""Longest id of a document."""

PART_BYTES = 240
"""Longest part of an id between slashes, in UTF-8; file systems take little more in a name."""

MEDIA_SUFFIXES = {
    "text/markdown": ".md",
    "text/html": ".html",
    "text/plain": ".txt",
    "text/x-rst": ".rst",
    "text/csv": ".csv",
    "text/tab-separated-values": ".tsv",
    "application/pdf": ".pdf",
    "application/jsonl": ".jsonl",
    "application/x-ndjson": ".jsonl",
    "image/png": ".png",
    "image/jpeg": ".jpg",
    "image/webp": ".webp",
    "image/gif": ".gif",
    "image/tiff": ".tif",
    "image/bmp": ".bmp",
}
"""What a content type says a document is."""

SUFFIXES = frozenset({
    *MEDIA_SUFFIXES.values(),
    ".markdown", ".htm", ".xhtml", ".text", ".log", ".jpeg", ".tiff", ".ndjson",
})  # fmt: skip
"""The suffixes of what loaders read; they win over the content type."""

TICKET = "application/json"
"""The content type of a single ticket record."""

RECORD_BYTES = 10_000_000
"""Largest ticket record; it is read into memory."""

_JSONL = ".jsonl"
_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class Upload:
    """A document to put into the index: its bytes are in the file at `path`.

    `suffix` says what it is, lower case, with the dot.
    """

    id: str
    path: Path
    suffix: str


@dataclass(frozen=True, slots=True)
class Delete:
    """A document to take out; any source will do when `source` is None."""

    id: str
    source: str | None = None


def check_id(id: str, record: bool = False) -> str:
    """`id`, when it can name a document, or with `record` also `FILE#RECORD`.

    Raises BadQuery saying why it cannot.
    """
    shown = id if len(id) <= 80 else f"{id[:80]}…"
    if len(id) > ID_CHARS:
        raise BadQuery(f"id {shown!r}: {len(id)} characters; up to {ID_CHARS} are allowed")
    if any(unicodedata.category(char) in ("Cc", "Cs") for char in id):
        raise BadQuery(f"id {shown!r}: control characters are not allowed")
    if "\\" in id:
        raise BadQuery(f"id {shown!r}: folders are divided by forward slashes")
    if "#" in id and not record:
        raise BadQuery(f"id {shown!r}: '#' divides a file from its records; leave it out")
    parts = id.split("/")
    if {"", ".", ".."} & set(parts):
        raise BadQuery(f"id {shown!r}: must be like guides/wifi.md, no part empty, '.' or '..'")
    if max(len(part.encode()) for part in parts) > PART_BYTES:
        raise BadQuery(f"id {shown!r}: parts of up to {PART_BYTES} bytes are allowed")
    return id


def suffix_of(id: str, content_type: str) -> str:
    """What a document is: by the suffix of its id, else by its content type.

    A ticket record (TICKET) is ".json" here. Raises WrongMediaType naming what is taken.
    """
    suffix = PurePosixPath(id).suffix.lower()
    if suffix in SUFFIXES:
        return suffix
    media = media_type(content_type)
    if media == TICKET:
        return ".json"
    if media in MEDIA_SUFFIXES:
        return MEDIA_SUFFIXES[media]
    given = f"content type {media!r}" if media else "no content type"
    raise WrongMediaType(
        f"{id}: {given}; end the id in one of {', '.join(sorted(SUFFIXES))}, "
        f"or send one of {', '.join(sorted([*MEDIA_SUFFIXES, TICKET]))}"
    )


class Spool:
    """A folder for the bodies of one request, readable by its owner only; gone when it is left."""

    def __init__(self) -> None:
        self._folder = TemporaryDirectory(prefix="triptych-")
        self._count = 0

    def __enter__(self) -> Spool:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._folder.cleanup()

    async def receive(self, id: str, suffix: str, body: AsyncIterator[bytes]) -> Upload:
        """Keep a body as it arrives. Raises as `keep` does."""
        path = self._next()
        waiting = bytearray()
        with path.open("ab") as file:
            async for block in body:
                waiting += block
                if len(waiting) >= _BLOCK:
                    await to_thread.run_sync(file.write, bytes(waiting))
                    waiting.clear()
            file.write(waiting)
        return await to_thread.run_sync(_settled, id, suffix, path)

    def keep(self, id: str, suffix: str, data: bytes) -> Upload:
        """Keep the bytes of a document. Blocks.

        Raises Malformed for a ticket record that is no JSON object, TooLarge above RECORD_BYTES.
        """
        path = self._next()
        path.write_bytes(data)
        return _settled(id, suffix, path)

    def _next(self) -> Path:
        self._count += 1
        path = Path(self._folder.name, f"upload-{self._count}")
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        return path


def _settled(id: str, suffix: str, path: Path) -> Upload:
    """The upload; a ticket record becomes a file of one line that names its ticket."""
    if suffix != ".json":
        return Upload(id, path, suffix)
    size = path.stat().st_size
    if size > RECORD_BYTES:
        raise TooLarge(f"{id}: {size:,} bytes; a ticket record has up to {RECORD_BYTES:,}")
    path.write_bytes(_one_line(id, path.read_bytes()))
    return Upload(id, path, _JSONL)


def _one_line(id: str, data: bytes) -> bytes:
    try:
        record = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise Malformed(f"{id}: not JSON: {error}") from error
    if not isinstance(record, dict):
        raise Malformed(f"{id}: a ticket record is one JSON object")
    named = next((key for key in record if key.casefold() == "id"), "id")
    if record.get(named) in (None, ""):
        name = PurePosixPath(id)
        record[named] = name.stem if name.suffix.lower() == ".json" else name.name
    return json.dumps(record).encode("ascii") + b"\n"
