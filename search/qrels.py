"""Query files: questions with the documents that are right for them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from indexer.errors import BadQuery
from indexer.images import SUFFIXES
from search.query import Collapse, Query

_ONLY_ANSWERED = "; questions that must not be answered are measured with --answers alone"


@dataclass(frozen=True, slots=True)
class JudgedQuery:
    """A question and what is right for it. `voice` is a recording of it.

    `relevant` holds document paths, asset paths or record ids; so does `exclude`, whose
    chunks are left out for this question. Nothing is relevant to a question that must not be
    answered. `kind` is what its line calls its kind, if anything. `data` is an encoded image
    that lies in no file, `spoken` an encoded recording that does not.
    """

    id: str
    text: str
    image: Path | None
    relevant: tuple[str, ...]
    exclude: frozenset[str]
    kind: str = ""
    data: bytes | None = field(default=None, repr=False)
    voice: Path | None = None
    spoken: bytes | None = field(default=None, repr=False)

    @property
    def asked_with(self) -> str:
        """Its kind: as its line says, else `text`, `screenshot`, `voice` or several, as in
        `text+screenshot`."""
        given = {
            "text": self.text.strip(),
            "screenshot": self.image or self.data,
            "voice": self.voice or self.spoken,
        }
        return self.kind or "+".join(name for name, what in given.items() if what)

    @property
    def collapse(self) -> Collapse:
        """Images are ranked where images are asked for, documents elsewhere."""
        wanted = all(PurePosixPath(path).suffix.lower() in SUFFIXES for path in self.relevant)
        return "asset" if wanted and self.relevant else "document"

    def query(self, k: int) -> Query:
        """Raises BadQuery when the image or the recording cannot be read."""
        try:
            data = self.image.read_bytes() if self.image else self.data
            voice = self.voice.read_bytes() if self.voice else self.spoken
        except OSError as error:
            raise BadQuery(f"query {self.id}: {error.filename}: {error.strerror}") from error
        return Query(
            self.text, data, exclude=self.exclude, k=k, collapse=self.collapse, voice=voice
        )


def read_queries(
    path: Path, root: Path | None, unanswerable: bool = False
) -> tuple[JudgedQuery, ...]:
    """Read a JSONL query file. Images and recordings are relative to `root`, by default to the
    file's folder.

    With `unanswerable`, `"relevant": []` marks a question that must not be answered.
    Raises BadQuery naming the line at fault, or when no query is left.
    """
    queries = tuple(_parse_lines(path, root or path.parent, unanswerable))
    if not queries:
        raise BadQuery(f"{path}: holds no queries")
    return queries


def _parse_lines(path: Path, base: Path, unanswerable: bool) -> Iterator[JudgedQuery]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BadQuery(f"{path}: cannot be read: {error}") from error
    for number, line in enumerate(lines, start=1):
        if line.strip():
            yield _parse(line, f"{path}: line {number}", base, unanswerable)


def _parse(line: str, where: str, base: Path, unanswerable: bool) -> JudgedQuery:
    try:
        data = json.loads(line)
    except json.JSONDecodeError as error:
        raise BadQuery(f"{where}: not JSON: {error}") from error
    if not isinstance(data, dict):
        raise BadQuery(f"{where}: not a JSON object")
    for key in ("id", "relevant"):
        if not data.get(key) and not (key == "relevant" and key in data and unanswerable):
            raise BadQuery(f"{where}: no {key!r}{_ONLY_ANSWERED if data.get(key) == [] else ''}")
    for key in ("relevant", "exclude"):
        values = data.get(key, [])
        if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
            raise BadQuery(f"{where}: {key!r} is not a list of strings")
    if not isinstance(data.get("kind", ""), str):
        raise BadQuery(f"{where}: 'kind' is not a string")
    if not any(data.get(key) for key in ("text", "image", "voice")):
        raise BadQuery(f"{where}: none of 'text', 'image' and 'voice'")
    return JudgedQuery(
        id=str(data["id"]),
        text=str(data.get("text", "")),
        image=base / data["image"] if data.get("image") else None,
        relevant=tuple(data["relevant"]),
        exclude=frozenset(data.get("exclude", [])),
        kind=str(data.get("kind") or ""),
        voice=base / data["voice"] if data.get("voice") else None,
    )
