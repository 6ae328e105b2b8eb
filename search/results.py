"""What a search and an answer give back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from indexer.records import Box, Kind, LaneRank, Line, Modality, Place
from search.blocks import Block


@dataclass(frozen=True, slots=True)
class Region:
    """Where the query image lies on an indexed one.

    `same` says that it is a copy or a part of that very image, `features` on how many local
    features that rests. `rank` counts from 1; images about as good share one.
    """

    box: Box
    same: bool
    features: int
    rank: int


@dataclass(frozen=True, slots=True)
class Hit:
    """One result: a document, shown by its best chunk.

    `chunk` is the id of that chunk. `asset` is the image to show: the chunk's own, or else
    the best ranked image of the same document. `matched` are the lines of text in that image
    that share words with the query, and `region` is where the query image was found on it.
    """

    rank: int
    chunk: int
    document: str
    title: str
    kind: Kind
    modality: Modality
    place: Place
    text: str
    score: float
    lanes: Mapping[str, LaneRank]
    asset: str | None = None
    thumb: str = ""
    matched: tuple[Line, ...] = ()
    language: str = ""
    product: str = ""
    date: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)
    region: Region | None = None


@dataclass(frozen=True, slots=True)
class SearchResult:
    """Hits, best first, with the time of each stage in milliseconds.

    `read` is the text that was read out of the query image, `heard` the words understood in its
    recording. `lanes_off` says for each lane
    that did not take part, why. `generation` is the generation of the index that answered.
    `corrected` has each mistyped word of the query, with the word that was searched for.
    `cosines` says whether the scores of the text lane are those of a sentence encoder.
    """

    query: str
    read: tuple[Line, ...]
    took_ms: Mapping[str, float]
    hits: tuple[Hit, ...]
    lanes_off: Mapping[str, str]
    generation: int
    corrected: Mapping[str, str] = field(default_factory=dict)
    cosines: bool = True
    heard: str = ""


@dataclass(frozen=True, slots=True)
class Citation:
    """Where a sentence of an answer comes from. `number` is the one shown in brackets."""

    number: int
    document: str
    title: str
    place: Place
    quote: str
    asset: str | None = None
    thumb: str = ""
    matched: tuple[Line, ...] = ()
    region: Region | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """A cited answer. `found` is false when the evidence is too weak to answer from.

    `model` names the language model that worded it, empty where the words are quoted; `note`
    says what became of that model's reply where not all of it could be used. `blocks` has what
    `text` says in parts; none where nothing was found or a model worded it. `confidence` in
    [0, 1] is the probability that the document of the first citation is right.
    """

    text: str
    found: bool
    citations: tuple[Citation, ...]
    search: SearchResult
    model: str = ""
    note: str = ""
    blocks: tuple[Block, ...] = ()
    confidence: float = 0.0
