"""What queries are made from: the documents, headings, sentences and figures of an index."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b

from indexer.records import Kind, Modality, StoredChunk
from indexer.sentences import split_text
from indexer.store.index import Index
from indexer.store.thumbs import pictured

HEADING, SENTENCE, SUBJECT, CAPTION = "heading", "sentence", "subject", "caption"

COMMON = 3
"""What stands in more documents than this asks for none of them."""

_BATCH = 2000
_WHOLE = 1_000_000
"""No sentence is cut into words."""


@dataclass(slots=True)
class Indexed:
    """A document of the index. `passages` are the ids of its text chunks, in reading order."""

    path: str
    title: str
    kind: Kind
    language: str
    passages: list[int] = field(default_factory=list)
    headings: dict[tuple[str, ...], None] = field(default_factory=dict)


@dataclass(slots=True)
class Figure:
    """One picture, wherever it is shown: the same bytes are one figure.

    `documents` are paths; `captions` are by asset; `lines` is how many were read in it.
    """

    thumb: str
    lines: int
    assets: set[str] = field(default_factory=set)
    documents: set[str] = field(default_factory=set)
    captions: dict[str, str] = field(default_factory=dict)


class Corpus:
    """An index as queries are drawn from it. Documents and figures come in a fixed order.

    Reading takes one pass; what is kept of a sentence is eight bytes and who has it.
    """

    def __init__(self, index: Index, step: Callable[[], None]) -> None:
        """`step` is called for each chunk read."""
        self.index = index
        self.captions = index.manifest.build.get("captions", True) is not False
        self._holders: dict[bytes, tuple[str, ...]] = {}
        self._documents: dict[str, Indexed] = {}
        self._figures: dict[str, Figure] = {}
        for chunk in _all_chunks(index):
            self._take(chunk)
            step()
        for document in self._documents.values():
            what = SUBJECT if document.kind is Kind.TICKET else HEADING
            self._hold(what, document.title, document.path)
        self.documents = [self._documents[path] for path in sorted(self._documents)]
        self.figures = [self._figures[key] for key in sorted(self._figures)]

    def document(self, path: str) -> Indexed:
        return self._documents[path]

    def holders(self, what: str, text: str) -> tuple[str, ...]:
        """The paths of what has `text` as `what`, sorted; none where it is in too many.

        Pages hold headings, their titles among them, tickets hold subjects, both hold sentences,
        and assets hold captions.
        """
        found = self._holders.get(_key(what, text), ())
        return tuple(sorted(found)) if len(found) <= COMMON else ()

    def text(self, id: int) -> str:
        (chunk,) = self.index.get([id])
        return chunk.text

    def chunks(self, document: Indexed) -> Sequence[StoredChunk]:
        """The text chunks of a document, in reading order."""
        return self.index.get(document.passages)

    def image(self, figure: Figure) -> bytes | None:
        """The preview of a figure, WebP, at most 960 pixels long; None where it is gone."""
        path = self.index.thumb(figure.thumb)
        return path.read_bytes() if path else None

    def _take(self, chunk: StoredChunk) -> None:
        path = chunk.document
        document = self._documents.setdefault(
            path, Indexed(path, chunk.title, chunk.kind, chunk.language)
        )
        if chunk.modality is Modality.TEXT:
            document.passages.append(chunk.id)
            for sentence in sentences(chunk.text):
                self._hold(SENTENCE, sentence, path)
        elif chunk.asset is not None and chunk.thumb:
            self._show(chunk, chunk.asset)
        headings = chunk.place.heading
        for end in range(1, len(headings) + 1):
            document.headings[headings[:end]] = None
            self._hold(HEADING, headings[end - 1], path)

    def _show(self, chunk: StoredChunk, asset: str) -> None:
        fresh = Figure(chunk.thumb, len(chunk.lines))
        figure = self._figures.setdefault(pictured(chunk.thumb), fresh)
        figure.documents.add(chunk.document)
        figure.assets.add(asset)
        if caption := chunk.text.partition("\n")[0].strip():
            figure.captions.setdefault(asset, caption)
            self._hold(CAPTION, caption, asset)

    def _hold(self, what: str, text: str, path: str) -> None:
        key = _key(what, text)
        held = self._holders.get(key, ())
        if path not in held and len(held) <= COMMON:
            self._holders[key] = (*held, path)


def sentences(text: str) -> list[str]:
    """The sentences of a passage, and lines that are none."""
    return [" ".join(atom.text.split()) for atom in split_text(text, 1, _WHOLE)]


def _all_chunks(index: Index) -> Iterator[StoredChunk]:
    ids = index.ids()
    for start in range(0, len(ids), _BATCH):
        yield from index.get(ids[start : start + _BATCH])


def _key(what: str, text: str) -> bytes:
    words = " ".join(text.casefold().split())
    return blake2b(f"{what}\n{words}".encode("utf-8", "replace"), digest_size=8).digest()
