"""A benchmark beside the running service, one at a time, its questions taking turns with others."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Sequence
from functools import partial
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from api.benchmark import check_known
from api.measure import evaluation_json
from api.problems import AlreadyRunning
from api.schemas import decode_base64
from api.service import SearchEngine, Service
from indexer.config import Limits
from indexer.errors import BadQuery, TriptychError
from search.answered import Outcome, answer_figures, answer_query
from search.evaluate import Tally, try_query
from search.qrels import JudgedQuery

MOST_QUERIES = 500

log = logging.getLogger(__name__)


class _Strict(BaseModel):
    model_config = ConfigDict(extra="ignore", coerce_numbers_to_str=True)


class QueryIn(_Strict):
    """A line of a query file, its image and recording in base64."""

    id: str = Field(min_length=1)
    text: str = ""
    image: str = Field("", description="a screenshot or photo, base64; a data: URL is fine too")
    voice: str = Field("", description="a recording of the question, base64 or a data: URL")
    relevant: list[str] = Field(description="documents, assets or record ids that are right")
    exclude: list[str] = []
    kind: str = Field("", description="groups the figures; by default by what is asked with")


class BenchRequest(_Strict):
    """What `POST /v1/bench/recall` takes: up to 500 judged queries."""

    queries: list[QueryIn] = Field(min_length=1, max_length=MOST_QUERIES)
    cutoffs: list[Annotated[int, Field(ge=1)]] = Field([1, 5, 10], min_length=1, max_length=20)
    answers: bool = Field(False, description="measure answers and their confidence too")

    def judged(self, limits: Limits) -> list[JudgedQuery]:
        """Raises BadQuery naming the query at fault."""
        found = [_judged(query, self.answers, limits) for query in self.queries]
        if len({query.id for query in found}) < len(found):
            raise BadQuery("queries: an id is there twice; give each query its own")
        if not any(query.relevant for query in found):
            raise BadQuery("queries: none has anything relevant; there is no recall to measure")
        return found


class BenchOut(BaseModel):
    """How a benchmark goes: `done` of `total` queries, and `figures` when it is done."""

    state: Literal["idle", "running", "done", "failed"]
    done: int = 0
    total: int = 0
    seconds: float = 0.0
    error: str | None = None
    generation: int | None = None
    figures: dict[str, JsonValue] | None = Field(
        None, description="as `triptych bench recall --json` prints them"
    )


class Benches:
    """Runs a benchmark on the engine of a service and knows how the last one went.

    All of it is measured on the generation that was live when it began.
    """

    def __init__(self, service: Service) -> None:
        self._service = service
        self._state = BenchOut(state="idle")
        self._began = 0.0
        self._running: asyncio.Task[None] | None = None

    def check_free(self) -> None:
        """Raises AlreadyRunning."""
        if self._state.state == "running":
            raise AlreadyRunning("a benchmark is running; GET /v1/bench/recall says how far it is")

    def start(
        self, queries: Sequence[JudgedQuery], cutoffs: Sequence[int], answers: bool
    ) -> BenchOut:
        """Begin in the background. Raises AlreadyRunning, or NotReady while no index is open."""
        self.check_free()
        self._service.check_ready()
        self._began = time.monotonic()
        self._state = BenchOut(state="running", total=len(queries))
        self._running = asyncio.create_task(self._run(queries, cutoffs, answers))
        return self.state()

    def state(self) -> BenchOut:
        """How the last benchmark went, or how far the present one is."""
        if self._state.state == "running":
            return self._state.model_copy(update={"seconds": self._seconds()})
        return self._state

    async def close(self) -> None:
        """End a benchmark that runs."""
        if self._running is not None:
            self._running.cancel()
            await asyncio.wait([self._running])

    async def _run(
        self, queries: Sequence[JudgedQuery], cutoffs: Sequence[int], answers: bool
    ) -> None:
        total = len(queries)
        try:
            with self._service.lease() as engine:
                figures = await self._figures(engine, queries, cutoffs, answers)
                self._state = BenchOut(
                    state="done",
                    done=total,
                    total=total,
                    seconds=self._seconds(),
                    generation=engine.generation,
                    figures=figures,
                )
        except TriptychError as error:
            self._fail(str(error))
        except Exception:
            log.exception("the benchmark failed")
            self._fail("the benchmark failed inside the service; its log says why")

    async def _figures(
        self,
        engine: SearchEngine,
        queries: Sequence[JudgedQuery],
        cutoffs: Sequence[int],
        answers: bool,
    ) -> dict[str, JsonValue]:
        judged = [query for query in queries if query.relevant]
        run = self._service.run_on
        await run(engine, lambda held: check_known(held, judged, "the index"))
        tally = Tally(cutoffs)
        outcomes: list[Outcome] = []
        for query in queries:
            if query.relevant:
                tally.add(query, await run(engine, partial(try_query, judged=query)))
            if answers:
                outcomes.append(await run(engine, partial(answer_query, judged=query)))
            self._state.done += 1
        found = await asyncio.to_thread(tally.evaluation)
        return evaluation_json(found, answers=answer_figures(outcomes) if answers else None)

    def _fail(self, error: str) -> None:
        self._state = self._state.model_copy(
            update={"state": "failed", "error": error, "seconds": self._seconds()}
        )

    def _seconds(self) -> float:
        return round(time.monotonic() - self._began, 3)


def _file(encoded: str, where: str, most: int) -> bytes | None:
    data = decode_base64(encoded, where) if encoded else None
    if data is not None and len(data) > most:
        raise BadQuery(f"{where}: {len(data):,} bytes; up to {most:,} are allowed")
    return data


def _judged(query: QueryIn, answers: bool, limits: Limits) -> JudgedQuery:
    if not query.relevant and not answers:
        raise BadQuery(
            f"query {query.id}: nothing is relevant; that is measured with answers alone"
        )
    judged = JudgedQuery(
        id=query.id,
        text=query.text,
        image=None,
        relevant=tuple(query.relevant),
        exclude=frozenset(query.exclude),
        kind=query.kind,
        data=_file(query.image, f"query {query.id}: image", limits.image_bytes),
        spoken=_file(query.voice, f"query {query.id}: voice", limits.sound_bytes),
    )
    try:
        judged.query(1).check(limits)
    except BadQuery as error:
        raise BadQuery(f"query {query.id}: {error}") from error
    return judged
