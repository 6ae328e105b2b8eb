"""An index as a plain dictionary: what files hold, and what a real index must answer from them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from indexer.lanes import CLIP, TEXT
from indexer.records import Filter, StoredChunk, Vectors
from indexer.store.base import Selection
from indexer.store.index import Index
from tests.fakes import AXES, FakeEncoder

MARKS = tuple(f"mark{number}x" for number in range(8))
"""Words that tell chunks apart; two chunks may have the same."""

SIZES = ((40, 30), (41, 30), (42, 30))
"""Widths and heights of pictures. The fake reader reads `40x30`, the picture's mark."""

PRODUCTS = ("P1", "P2")
EVERYTHING = 1000

DocumentId = tuple[str, str]
"""(source, path)."""

_ENCODER = FakeEncoder("demo", Path(), 1)


@dataclass(frozen=True, slots=True)
class Part:
    """What becomes one chunk: a mark, and words of AXES or a colour of a picture (not both)."""

    mark: str
    axes: tuple[str, ...] = ()
    colour: tuple[int, int, int] | None = None

    @property
    def modality(self) -> str:
        return "text" if self.colour is None else "image"

    @property
    def words(self) -> str:
        return " ".join([self.mark, *self.axes])

    def vector(self, space: str) -> Vectors:
        """float32 (dim,)."""
        if space == CLIP and self.colour is not None:
            vectors = _ENCODER.encode_images([Image.new("RGB", (1, 1), self.colour)])
        else:
            vectors = _ENCODER.encode_texts([self.words])
        return vectors.reshape(-1)


@dataclass(frozen=True, slots=True)
class Entry:
    """A document."""

    kind: str
    parts: tuple[Part, ...]
    product: str = ""


Content = Mapping[str, Entry]
"""The documents of one file, by what follows the file's path in theirs: "" or `#RECORD`."""


def write(path: Path, content: Content) -> None:
    """Make the file that holds these documents, by its suffix."""
    if path.suffix == ".png":
        (part,) = content[""].parts
        size = next(size for size in SIZES if part.mark == f"{size[0]}x{size[1]}")
        Image.new("RGB", size, part.colour).save(path)
    elif path.suffix == ".csv":
        rows = [
            f"{record[1:]},Note,{entry.parts[0].words}.,{entry.product}\n"
            for record, entry in content.items()
        ]
        path.write_text("id,subject,description,product\n" + "".join(rows))
    else:
        sections = [f"## Part {i}\n\n{p.words}.\n\n" for i, p in enumerate(content[""].parts)]
        path.write_text("# Page\n\n" + "".join(sections))


def check(index: Index, documents: Mapping[DocumentId, Entry]) -> None:
    """Assert that every lane answers as the dictionary does."""
    _check_catalog(index, documents)
    filters: list[Sequence[Filter]] = [
        (),
        (Filter("kind", "=", "ticket"),),
        (Filter("product", "!=", "P1"), Filter("modality", "=", "text")),
    ]
    for conditions in filters:
        selection = index.select(conditions, frozenset())
        passing = {id: e for id, e in documents.items() if all(_holds(e, c) for c in conditions)}
        if any(condition.key == "modality" for condition in conditions):
            passing = {id: _texts(entry) for id, entry in passing.items()}
        _check_words(index, passing, selection)
        for space in (TEXT, CLIP):
            _check_vectors(index, passing, selection, space)
    for _, path in sorted(documents)[:1]:
        selection = index.select((), frozenset({path}))
        _check_words(index, {id: e for id, e in documents.items() if id[1] != path}, selection)


def _check_catalog(index: Index, documents: Mapping[DocumentId, Entry]) -> None:
    listed = Counter((found.source, found.path) for found in index.documents())
    assert listed == Counter(list(documents))
    chunks = index.get(index.ids())
    found = Counter((*_id(chunk), str(chunk.modality), _mark(chunk)) for chunk in chunks)
    assert found == Counter(
        (*id, part.modality, part.mark) for id, entry in documents.items() for part in entry.parts
    )
    parts = [part for entry in documents.values() for part in entry.parts]
    counts = index.counts()
    assert (counts["documents"], counts["chunks"]) == (len(documents), len(parts))
    assert counts["kind"] == Counter(entry.kind for entry in documents.values())
    assert counts["product"] == Counter(entry.product for entry in documents.values())
    assert counts["modality"] == Counter(part.modality for part in parts)


def _check_words(
    index: Index, documents: Mapping[DocumentId, Entry], selection: Selection | None
) -> None:
    for mark in (*MARKS, *(f"{width}x{height}" for width, height in SIZES)):
        hits = index.words(mark, EVERYTHING, selection)
        assert Counter(_id(chunk) for chunk in index.get([hit.id for hit in hits])) == Counter(
            id for id, entry in documents.items() for part in entry.parts if part.mark == mark
        ), mark


def _check_vectors(
    index: Index, documents: Mapping[DocumentId, Entry], selection: Selection | None, space: str
) -> None:
    parts = [(*id, part) for id, entry in documents.items() for part in entry.parts]
    table = np.array([part.vector(space) for *_, part in parts], np.float32)
    for query in _queries(parts, space):
        hits = index.nearest(space, query, EVERYTHING, selection)
        chunks = index.get([hit.id for hit in hits])
        scores: Vectors = table @ query if parts else np.empty(0, np.float32)
        expected = sorted(
            (source, path, part.mark, round(float(score), 4))
            for (source, path, part), score in zip(parts, scores, strict=True)
        )
        assert expected == sorted(
            (*_id(chunk), _mark(chunk), round(hit.score, 4) + 0.0)
            for chunk, hit in zip(chunks, hits, strict=True)
        )
        assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
        best = index.nearest(space, query, 1, selection)
        assert [hit.score for hit in best] == [hit.score for hit in hits[:1]]


def _queries(parts: Sequence[tuple[str, str, Part]], space: str) -> list[Vectors]:
    """Vectors of some chunks themselves, whose nearest they are, and one of no chunk."""
    own = [part.vector(space) for *_, part in parts[:2]]
    return [*own, _ENCODER.encode_queries([" ".join(AXES)])[0]]


def _holds(entry: Entry, condition: Filter) -> bool:
    if condition.key == "modality":
        return True
    value = entry.kind if condition.key == "kind" else entry.product
    same = value == condition.value
    return same == (condition.operator == "=")


def _texts(entry: Entry) -> Entry:
    return Entry(entry.kind, tuple(p for p in entry.parts if p.modality == "text"), entry.product)


def _id(chunk: StoredChunk) -> DocumentId:
    return chunk.source, chunk.document


def _mark(chunk: StoredChunk) -> str:
    return chunk.lines[0].text if chunk.lines else chunk.text.split()[0].strip(".")
