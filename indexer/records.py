"""The vocabulary of the project. Everything imports this file; it imports nothing of ours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
"""Embeddings: float32, shape (n, dim), unit length."""


class Modality(StrEnum):
    """What a chunk or a query is made of."""

    TEXT = "text"
    IMAGE = "image"
    AUDIO = "audio"
    VIDEO = "video"


class Kind(StrEnum):
    """What a document is."""

    MANUAL = "manual"
    TICKET = "ticket"
    IMAGE = "image"
    RECORDING = "recording"
    VIDEO = "video"


class BlockKind(StrEnum):
    """The role of a block in its document."""

    HEADING = "heading"
    PARAGRAPH = "paragraph"
    LIST_ITEM = "list_item"
    TABLE = "table"
    CODE = "code"
    FIGURE = "figure"


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle as fractions of the width and height it lies on, origin top left, in [0, 1]."""

    x0: float
    y0: float
    x1: float
    y1: float


@dataclass(frozen=True, slots=True)
class Line:
    """One line of text that a reader found in an image. `confidence` is in [0, 1]."""

    text: str
    box: Box
    confidence: float


@dataclass(frozen=True, slots=True)
class Span:
    """Words that a reader heard between two seconds of a recording. `confidence` is in [0, 1]."""

    text: str
    start: float
    end: float
    confidence: float


@dataclass(frozen=True, slots=True)
class Heard:
    """One reading of a recording: its spans in order.

    `weight` in (0, 1] is the probability of the reading among those that were given.
    """

    spans: tuple[Span, ...]
    weight: float = 1.0

    @property
    def text(self) -> str:
        return " ".join(span.text for span in self.spans)

    @property
    def confidence(self) -> float:
        """The mean of its spans by their length in seconds, in [0, 1]; 0 without any."""
        seconds = sum(span.end - span.start for span in self.spans)
        said = sum(span.confidence * (span.end - span.start) for span in self.spans)
        return said / seconds if seconds else 0.0


@dataclass(frozen=True, slots=True)
class Place:
    """Where a chunk lies in its document.

    `page` counts from 1; `box` lies on that page; `heading` is the path of headings from
    the outermost in; `start` and `end` are seconds of a recording.
    """

    page: int | None = None
    box: Box | None = None
    heading: tuple[str, ...] = ()
    start: float | None = None
    end: float | None = None


@dataclass(frozen=True, slots=True)
class Picture:
    """An image that a document shows or is.

    `asset` names it: a path relative to the source, or `FILE#page=N&figure=M` inside a PDF.
    `data` is the encoded file (PNG, JPEG, …) as bytes.
    """

    asset: str
    data: bytes = field(repr=False)
    alt: str = ""
    caption: str = ""


@dataclass(frozen=True, slots=True)
class Block:
    """One structural piece of a document, in reading order.

    `level` is set for headings (1 is outermost); `picture` for figures.
    `page` and `box` are set by formats that have pages.
    """

    kind: BlockKind
    text: str = ""
    level: int = 0
    page: int | None = None
    box: Box | None = None
    picture: Picture | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """One manual page, ticket, image, recording or video, as a loader yields it.

    `path` is relative to the source, with forward slashes; a record of a CSV or JSONL file
    is `FILE#ID`. `content_hash` is the SHA-256 (hex) of what the document was read from,
    its pictures included. `language` is an ISO 639-1 code, empty until detected.
    `page_previews` holds one WebP image per page, for formats that have pages.
    """

    path: str
    title: str
    kind: Kind
    blocks: tuple[Block, ...]
    content_hash: str
    language: str = ""
    product: str = ""
    date: date | None = None
    groups: tuple[str, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict)
    page_previews: tuple[bytes, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Chunk:
    """The unit of retrieval: a passage, an image or a time span of one document.

    `text` is the chunk's own words (passage, or caption and alternative text of an image).
    `context` is what stands around an image; it is searched, and not shown as the answer.
    `lines` is what a reader found inside the image. `picture` is present for images only.
    """

    modality: Modality
    place: Place
    text: str = ""
    context: str = ""
    lines: tuple[Line, ...] = ()
    picture: Picture | None = None


@dataclass(frozen=True, slots=True)
class StoredChunk:
    """A chunk as an index gives it back, with the facts of its document.

    `id` is unique within one generation. `thumb` names the preview in the index's `thumbs/`,
    empty where there is none. `source` is the folder or file that was indexed.
    """

    id: int
    document: str
    source: str
    title: str
    kind: Kind
    language: str
    product: str
    date: date | None
    metadata: Mapping[str, str]
    modality: Modality
    place: Place
    text: str
    context: str
    lines: tuple[Line, ...]
    asset: str | None
    thumb: str


@dataclass(frozen=True, slots=True)
class Scored:
    """A chunk id with the score one lane gave it; larger is better."""

    id: int
    score: float


@dataclass(frozen=True, slots=True)
class LaneRank:
    """Where a lane put a chunk. `rank` counts from 1."""

    rank: int
    score: float


Operator = Literal["=", "!=", ">=", "<=", ">", "<"]


@dataclass(frozen=True, slots=True)
class Filter:
    """One condition on a document: a field or a ticket column, an operator and a value.

    Conditions with `=` on the same key are alternatives; all others must hold together.
    """

    key: str
    operator: Operator
    value: str


@dataclass(frozen=True, slots=True)
class Skipped:
    """A source file that could not be indexed, and why."""

    path: Path
    reason: str
