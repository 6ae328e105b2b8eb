"""The JSON of a request and of a result, for HTTP and for the command line alike."""

from __future__ import annotations

import base64
import binascii
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, JsonValue, ValidationError

from indexer.errors import BadQuery
from indexer.records import Box, Filter, Kind, Modality
from search.query import Query, parse_filters
from search.results import Answer, SearchResult
from search.similar import Similar

DEFAULT_K = 10


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", coerce_numbers_to_str=True)


class SearchRequest(_Strict):
    """What `/v1/search` and `/v1/answer` take as JSON; at least `text`, `image` or `voice`."""

    text: str = Field("", description="the question")
    image: str = Field("", description="a screenshot or photo, base64; a data: URL is fine too")
    voice: str = Field("", description="a recording of the question, base64 or a data: URL")
    filters: list[str] | dict[str, str | list[str]] = Field(
        [], description='`["product=Pump", "date>=2024-01-01"]` or `{"product": "Pump"}`'
    )
    k: int = Field(DEFAULT_K, ge=1, description="most hits to give back")
    exclude: list[str] = Field([], description="documents, assets or record ids to leave out")
    collapse: Literal["document", "asset"] = Field("document", description="what a hit stands for")

    def to_query(self) -> Query:
        """Raises BadQuery for a filter that cannot be read, or a file that is not base64."""
        return Query(
            text=self.text,
            image=decode_base64(self.image, "image") if self.image else None,
            filters=_filters(self.filters),
            exclude=frozenset(self.exclude),
            k=self.k,
            collapse=self.collapse,
            voice=decode_base64(self.voice, "voice") if self.voice else None,
        )


class _Out(BaseModel):
    model_config = ConfigDict(from_attributes=True)


def _corners(box: object) -> object:
    return (box.x0, box.y0, box.x1, box.y1) if isinstance(box, Box) else box


Corners = Annotated[
    tuple[float, float, float, float],
    BeforeValidator(_corners),
    Field(description="x0, y0, x1, y1 as fractions of width and height, origin top left"),
]


class LineOut(_Out):
    text: str
    box: Corners
    confidence: float


class RegionOut(_Out):
    """Where the query image lies on the indexed one; `same`: as a copy or a part of it."""

    box: Corners
    same: bool
    features: int


class PlaceOut(_Out):
    page: int | None
    box: Corners | None
    heading: list[str]
    start: float | None
    end: float | None


class LaneRankOut(_Out):
    rank: int
    score: float


class HitOut(_Out):
    rank: int
    document: str
    title: str
    kind: Kind
    asset: str | None
    place: PlaceOut
    text: str
    score: float
    lanes: dict[str, LaneRankOut]
    modality: Modality
    thumb: str
    matched: list[LineOut]
    region: RegionOut | None
    language: str
    product: str
    date: str
    metadata: dict[str, str]


class SearchOut(_Out):
    """Hits, best first. `took_ms` holds milliseconds by stage, `lanes_off` a reason by lane."""

    query: str
    heard: str = Field(description="the words of the recording, as they were understood")
    read: list[LineOut]
    took_ms: dict[str, float]
    generation: int
    lanes_off: dict[str, str]
    corrected: dict[str, str] = Field(description="mistyped words, with those searched for")
    hits: list[HitOut]


class CitationOut(_Out):
    number: int
    document: str
    title: str
    place: PlaceOut
    quote: str
    asset: str | None
    thumb: str
    matched: list[LineOut]
    region: RegionOut | None


class SentenceOut(_Out):
    text: str
    citations: list[int]
    number: str = Field(description="of a step, as its page has it; empty elsewhere")


class BlockOut(_Out):
    """A paragraph, steps or a note have sentences; a table has a header and rows."""

    kind: Literal["paragraph", "steps", "table", "note"]
    citations: list[int]
    sentences: list[SentenceOut]
    header: list[str]
    rows: list[list[str]]
    more: int = Field(description="steps or rows that the page has beyond these")


class AnswerOut(_Out):
    """`found` is false when the evidence is too weak; `search` then still holds the hits."""

    answer: str = Field(validation_alias="text")
    found: bool
    confidence: float = Field(description="chance that the first citation is right, 0 to 1")
    citations: list[CitationOut]
    search: SearchOut
    blocks: list[BlockOut] = Field(
        description="the answer in parts; none where a language model worded it"
    )
    model: str = Field(description="the language model that worded it; empty for quotations")
    note: str = Field(description="what became of that model's reply, where not all could be used")


class NeighbourOut(_Out):
    """`same`: a duplicate of the ticket asked about, or solved by the page asked about."""

    hit: HitOut
    likeness: float = Field(description="from 0 to 1")
    same: bool


class SimilarOut(_Out):
    """The tickets nearest to a ticket, or those that a page solves, best first."""

    document: str
    title: str
    kind: Kind
    tickets: list[NeighbourOut]


class DocumentIn(_Strict):
    """A document of a batch: its content is `text`, or `data` in base64."""

    id: str = Field(description="its name, a relative path such as guides/wifi.md")
    text: str | None = None
    data: str | None = None
    type: str = Field("", description="content type, where the suffix of the id does not say it")

    def content(self) -> bytes:
        """Raises BadQuery unless there is one content, and base64 where that is asked."""
        if (self.text is None) == (self.data is None):
            raise BadQuery(f"{self.id}: give either text or data")
        if self.text is not None:
            return self.text.encode()
        return decode_base64(self.data or "", f"{self.id}: data")


class BatchRequest(_Strict):
    """What `POST /v1/documents` takes: documents to put in and ids to take out."""

    documents: list[DocumentIn] = []
    delete: list[str] = Field([], description="ids of documents to take out")


class Written(BaseModel):
    """What a change came to: the generation that has it, and counts of documents."""

    generation: int
    documents: int = Field(description="documents put in, every record of a file counting")
    deleted: int
    notes: list[str] = Field(description="flaws that cost no document")


class RebuildOut(BaseModel):
    """`generation` is what a rebuild that is done made, `error` why one failed."""

    state: Literal["idle", "running", "done", "failed"]
    generation: int | None = None
    error: str | None = None
    seconds: float = 0.0


class ProblemOut(BaseModel):
    """An error, as RFC 9457 has it."""

    type: str
    title: str
    status: int
    detail: str


def search_json(result: SearchResult) -> dict[str, JsonValue]:
    """A search result as plain JSON values."""
    return SearchOut.model_validate(result).model_dump(mode="json")


def answer_json(answer: Answer) -> dict[str, JsonValue]:
    """An answer as plain JSON values; the hits it was drawn from are under `search`."""
    return AnswerOut.model_validate(answer).model_dump(mode="json")


def similar_json(similar: Similar) -> dict[str, JsonValue]:
    """The tickets of a document as plain JSON values."""
    return SimilarOut.model_validate(similar).model_dump(mode="json")


def first_error(error: ValidationError) -> str:
    """`field: reason` of the first thing wrong with a request."""
    first = error.errors(include_url=False, include_context=False)[0]
    field = ".".join(str(part) for part in first["loc"])
    return f"{field}: {first['msg']}" if field else first["msg"]


def _filters(given: list[str] | dict[str, str | list[str]]) -> tuple[Filter, ...]:
    if isinstance(given, list):
        return parse_filters(given)
    pairs = [(key, [v] if isinstance(v, str) else v) for key, v in given.items()]
    return tuple(Filter(key, "=", value) for key, values in pairs for value in values)


def decode_base64(text: str, field: str) -> bytes:
    """The bytes of a base64 text or data: URL. Raises BadQuery naming the field."""
    if text.startswith("data:"):
        text = text.partition(",")[2]
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadQuery(f"{field}: not base64: {error}") from error
