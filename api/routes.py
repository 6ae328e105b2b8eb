"""The endpoints. Handlers only translate; the engine does the work, in threads."""

from __future__ import annotations

import mimetypes
import re
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, TypeVar

from fastapi import APIRouter, Request
from fastapi import Query as Parameter
from pydantic import JsonValue
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, JSONResponse, Response

from api.bench_routes import router as benches
from api.bodies import read_query
from api.documents import router as documents
from api.examples import GENERATED, REQUEST_BODY, problems
from api.schemas import (
    DEFAULT_K,
    AnswerOut,
    SearchOut,
    SimilarOut,
    answer_json,
    search_json,
    similar_json,
)
from api.service import SearchEngine, Service
from api.wording import Wording
from indexer.config import Limits
from search.grounded import Passage
from search.query import Query
from search.results import Answer

WEB = Path(__file__).parent / "web"

_THUMB = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
_IMMUTABLE = {"cache-control": "private, max-age=31536000, immutable"}
_ASKED = problems(
    {
        400: "the body is not the JSON or the form it says it is",
        413: "the body or the image is too large",
        415: "another content type than the two",
        422: "a field, a filter or the image cannot be used; detail says which",
        503: "no index is open, or too many questions are waiting",
    }
)
_CLOSED = problems({503: "no index is open"})

Ask = Callable[[SearchEngine, Query], dict[str, JsonValue]]
T = TypeVar("T")

router = APIRouter()
router.include_router(documents)
router.include_router(benches)


def _search(engine: SearchEngine, query: Query) -> dict[str, JsonValue]:
    return search_json(engine.search(query))


def _answer(engine: SearchEngine, query: Query) -> dict[str, JsonValue]:
    return answer_json(engine.answer(query))


def _with_passages(engine: SearchEngine, query: Query) -> tuple[Answer, list[Passage]]:
    drawn = engine.answer(query)
    return drawn, engine.passages(drawn)


async def _ask(request: Request, ask: Ask) -> Response:
    service: Service = request.app.state.service
    limits: Limits = request.app.state.limits
    service.check_ready()
    with service.admit():
        query = await read_query(request, limits)
        return JSONResponse(await _run(request, lambda engine: ask(engine, query)))


async def _run(request: Request, call: Callable[[SearchEngine], T]) -> T:
    """Run `call` on the open engine; the Guard puts its generation into the answer."""

    def noted(engine: SearchEngine) -> T:
        request.state.generation = engine.generation
        return call(engine)

    service: Service = request.app.state.service
    return await service.run(noted)


@router.post(
    "/v1/search",
    summary="Find documents",
    response_model=SearchOut,
    responses=GENERATED | _ASKED,
    openapi_extra={"requestBody": REQUEST_BODY},
)
async def search(request: Request) -> Response:
    """Documents for a question, a screenshot, or both, best first."""
    return await _ask(request, _search)


@router.post(
    "/v1/answer",
    summary="Answer a question",
    response_model=AnswerOut,
    responses=GENERATED | _ASKED,
    openapi_extra={"requestBody": REQUEST_BODY},
)
async def answer(
    request: Request,
    llm: Annotated[bool, Parameter(description="let the settings' language model word it")] = False,
) -> Response:
    """An answer in the words of the documents, with numbered citations and the hits.

    With `llm` in the words of a language model, as far as the passages cited support them.
    """
    if not llm:
        return await _ask(request, _answer)
    wording: Wording = request.app.state.wording
    wording.check()
    service: Service = request.app.state.service
    service.check_ready()
    with service.admit():
        query = await read_query(request, request.app.state.limits)
        drawn, passages = await _run(request, lambda engine: _with_passages(engine, query))
        return JSONResponse(answer_json(await wording.word(drawn, passages)))


@router.get(
    "/v1/documents/{id:path}/similar",
    summary="Tickets like a document",
    response_model=SimilarOut,
    responses=GENERATED | _CLOSED | problems({404: "there is no such document"}),
)
async def similar(request: Request, id: str, k: int = DEFAULT_K) -> Response:
    """The tickets nearest to a ticket (`tickets.csv%23T1`), duplicates marked `same`.

    For a page or an image, those that it solves.
    """
    service: Service = request.app.state.service
    with service.admit():
        found = await _run(request, lambda engine: engine.similar(id, k))
        return JSONResponse(similar_json(found))


@router.get("/v1/info", summary="What is in the index", responses=GENERATED | _CLOSED)
async def info(request: Request) -> dict[str, JsonValue]:
    """Generation, counts, spaces, lanes and when the index was built."""
    return dict(await _run(request, lambda engine: engine.info()))


@router.get(
    "/v1/thumbs/{name}",
    summary="A preview image",
    response_class=Response,
    responses=GENERATED | _CLOSED,
)
async def thumb(request: Request, name: str) -> Response:
    """The preview that `thumb` of a hit names. It never changes under its name."""
    data = await _run(request, lambda engine: _thumb_bytes(engine, name))
    if data is None:
        raise HTTPException(404, f"no preview named {name!r}")
    media, _ = mimetypes.guess_type(name)
    return Response(data, media_type=media or "image/webp", headers=_IMMUTABLE)


def _thumb_bytes(engine: SearchEngine, name: str) -> bytes | None:
    if not _THUMB.fullmatch(name):
        return None
    try:
        path = engine.thumb(name)
        return path.read_bytes() if path else None
    except OSError:
        return None


@router.get("/healthz", summary="Is the process alive?")
async def healthz() -> dict[str, str]:
    return {"status": "ok"}


@router.get("/readyz", summary="Is an index open?", responses=_CLOSED)
async def readyz(request: Request) -> dict[str, str]:
    service: Service = request.app.state.service
    service.check_ready()
    return {"status": "ok"}


@router.get("/", include_in_schema=False)
async def page() -> Response:
    return FileResponse(WEB / "index.html")


@router.get("/docs", include_in_schema=False)
async def docs() -> Response:
    return FileResponse(WEB / "docs.html")
