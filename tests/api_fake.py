"""A fake engine with results known by heart, and clients over it."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import pytest
from fastapi import FastAPI
from PIL import Image
from pydantic import JsonValue
from starlette.testclient import TestClient

from api.app import create_app
from api.service import Service
from indexer.config import Limits
from indexer.errors import NoSuchDocument
from indexer.images import decode
from indexer.records import Box, Kind, LaneRank, Line, Modality, Place, StoredChunk
from search.blocks import Block, Sentence
from search.grounded import Chat, Passage
from search.query import Query
from search.recall import Group
from search.results import Answer, Citation, Hit, Region, SearchResult
from search.similar import Neighbour, Similar
from search.trial import Trial

LIMITS = Limits.model_validate(
    {"image_bytes": 300_000, "sound_bytes": 60_000, "query_chars": 200, "results": 50}
)
HEARD = "why is the disk full"
EVIL = "Guide <img src=x onerror=window.pwned=1>"
REGION = Region(Box(0.125, 0.25, 0.625, 0.875), True, 31, 1)
SAVE = Line("Save failed", Box(0.25, 0.5, 0.75, 0.625), 0.875)

HITS = (
    Hit(
        rank=1, chunk=7, document="guide/disk.md", title=EVIL, kind=Kind.MANUAL,
        modality=Modality.IMAGE, place=Place(heading=(EVIL, "Disks", "Full disk")),
        text="When a save failed, free the disk and save again.", score=0.75,
        lanes={"text": LaneRank(2, 0.5), "words": LaneRank(1, 8.25)},
        asset="guide/full.png", thumb="full.webp", matched=(SAVE,), language="en",
        product="Pump", date="2024-03-01", metadata={"author": "Ann"}, region=REGION,
    ),
    Hit(
        rank=2, chunk=9, document="pump.pdf", title="Pump manual", kind=Kind.MANUAL,
        modality=Modality.TEXT, place=Place(page=14, box=Box(0.125, 0.25, 0.875, 0.5)),
        text="A red lamp means that the disk is full.", score=0.5,
        lanes={"text": LaneRank(1, 0.625)}, thumb="page.webp",
    ),
    Hit(
        rank=3, chunk=11, document="tickets.csv#T-1", title="磁盘已满", kind=Kind.TICKET,
        modality=Modality.TEXT, place=Place(), text="磁盘已满时无法保存。", score=0.25, lanes={},
    ),
)  # fmt: skip


STORED = StoredChunk(
    id=7, document="guide/disk.md", source="/manuals", title=EVIL, kind=Kind.MANUAL,
    language="en", product="Pump", date=None, metadata={}, modality=Modality.TEXT,
    place=Place(), text="Free the disk.", context="", lines=(), asset=None, thumb="full.webp",
)  # fmt: skip


def png(width: int = 40, height: int = 20, colour: str = "white") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(out, "PNG")
    return out.getvalue()


BLOCKS = (
    Block("paragraph", (1, 2), (Sentence(EVIL, (1,)), Sentence("A red lamp shows it.", (1, 2)))),
    Block("steps", (1,), (Sentence("Open it.", (1,), "2."), Sentence("Save.", (1,), "3.")), more=3),
    Block("table", (2,), header=("Code", "Meaning"), rows=(("E1", EVIL), ("E2", ""))),
    Block("note", (1, 2), (Sentence("Sources differ: [1] says 3 s, [2] says 4 s.", (1, 2)),)),
)
"""Every kind of block, with markup in what must stay text."""

WIDE = Block(
    "table", (2,), header=("Code", "Display", "Cause", "Remedy"),
    rows=(("E1", "Grinder blocked", "A stone or very oily beans.", "Empty the hopper."),),
)  # fmt: skip


class FakeEngine:
    """Answers every question alike, but for the words `boom`, `none`, `unsure` and `wait`."""

    def __init__(self, thumbs: Path) -> None:
        self._thumbs = thumbs
        self.generation = 3
        self.queries: list[Query] = []
        self.closed = False
        self.replaced = False
        self.release = threading.Event()
        self.running = 0
        self.most_running = 0
        for name, size in (("full.webp", (320, 200)), ("page.webp", (200, 280))):
            Image.new("RGB", size, "#dde3ee").save(thumbs / name, "WEBP")

    def search(self, query: Query) -> SearchResult:
        self.queries.append(query)
        if "boom" in query.text:
            raise RuntimeError("secret detail of the failure")
        if "wait" in query.text:
            self.running += 1
            self.most_running = max(self.most_running, self.running)
            self.release.wait(20)
            self.running -= 1
        if query.image is not None:
            decode(query.image, LIMITS)
        return SearchResult(
            query=query.text,
            read=(SAVE,) if query.image else (),
            took_ms={"encode": 4.5, "recall": 20.5},
            hits=() if "none" in query.text else HITS[: query.k],
            lanes_off={"clip": "no model"},
            generation=self.generation,
            heard=HEARD if query.voice else "",
        )

    def answer(self, query: Query) -> Answer:
        found = self.search(query)
        if "unsure" in query.text or not found.hits:
            return Answer("", False, (), found)
        first, second = HITS[0], HITS[1]
        citations = (
            Citation(1, first.document, first.title, first.place, first.text, first.asset,
                     first.thumb, first.matched),
            Citation(2, second.document, second.title, second.place, second.text),
        )  # fmt: skip
        said = "Free the disk [1]. A red lamp shows it [2]."
        blocks = BLOCKS if "parts" in query.text else (WIDE,) if "wide" in query.text else ()
        return Answer(said, True, citations, found, blocks=blocks)

    def trial(self, query: Query, answered: bool = False) -> Trial:
        found = self.search(query)
        chunks = [] if "none" in query.text else [STORED]
        if query.exclude:
            chunks = []
        groups = [Group(1.0, (chunk,), {"words": LaneRank(1, 8.25)}) for chunk in chunks]
        answer = self.answer(query) if answered and groups else None
        return Trial(sum(found.took_ms.values()), groups, None, answer, 0.75 * bool(groups))

    def named(self, names: Iterable[str]) -> list[StoredChunk]:
        return [STORED] if STORED.document in set(names) else []

    def passages(self, answer: Answer) -> list[Passage]:
        return [
            Passage(citation.number, citation.title, citation.quote)
            for citation in answer.citations
        ]

    def similar(self, path: str, k: int) -> Similar:
        if path != "tickets.csv#T-1":
            raise NoSuchDocument(f"{path}: not in the index")
        return Similar(path, "磁盘已满", Kind.TICKET, (Neighbour(HITS[0], 0.75, True),)[:k])

    def thumb(self, name: str) -> Path | None:
        path = self._thumbs / name
        return path if path.is_file() else None

    def info(self) -> Mapping[str, JsonValue]:
        return {
            "generation": self.generation,
            "counts": {
                "documents": 1234,
                "kind": {"manual": 1000, "ticket": 234},
                "product": {"Pump": 900, "": 334},
            },
        }

    def changed(self) -> bool:
        return self.replaced

    def live(self) -> object:
        return self.generation + self.replaced

    def close(self) -> None:
        self.closed = True
        self.release.set()


def fake_app(engine: FakeEngine, threads: int = 2, chat: Chat | None = None) -> FastAPI:
    service = Service(lambda base: engine, threads)
    service.open()
    return create_app(service, LIMITS, chat=chat)


def client(app: FastAPI) -> TestClient:
    return TestClient(app, base_url="http://localhost:8000", raise_server_exceptions=False)


@pytest.fixture(name="engine")
def engine_fixture(tmp_path: Path) -> FakeEngine:
    return FakeEngine(tmp_path)


@pytest.fixture(name="http")
def http_fixture(engine: FakeEngine) -> Iterator[TestClient]:
    with client(fake_app(engine)) as opened:
        yield opened


class LiveEngine(FakeEngine):
    """A fake engine over the generation that FOLDER/current names (see tests/api_worker.py)."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._current = folder / "current"
        self.generation = self.live()

    def live(self) -> int:
        return int(self._current.read_text())

    def changed(self) -> bool:
        return self.live() != self.generation
