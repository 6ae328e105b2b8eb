"""The endpoints that change the index. What they answer is searchable when the answer arrives."""

from __future__ import annotations

from collections.abc import Sequence

from anyio import to_thread
from fastapi import APIRouter, Request
from pydantic import ValidationError
from starlette.responses import JSONResponse, Response

from api.bodies import check_encoding, media_type
from api.examples import BATCH_BODY, FILE_BODY, GENERATED, problems
from api.problems import Malformed, NotReady, ReadOnly, WrongMediaType
from api.rebuilds import Rebuilds
from api.schemas import BatchRequest, RebuildOut, Written, first_error
from api.service import Service
from api.uploads import Delete, Spool, Upload, check_id, suffix_of
from api.writer import Writer
from indexer.errors import BadQuery, TriptychError

MOST_ENTRIES = 1_000
"""Most documents of one batch, those to take out included."""

_JSON = "application/json"
_CHANGED = problems(
    {
        400: "the body is not the JSON it says it is",
        403: "the service is read-only",
        413: "the document is too large",
        415: "neither the suffix of the id nor the content type is known",
        422: "an id or a document cannot be used; nothing was changed",
        503: "no index is open, another process writes to it, or the writing process died",
    }
)
_MISSING = problems({404: "there is no such document; nothing was changed"})

router = APIRouter()


@router.put(
    "/v1/documents/{id:path}",
    summary="Put in a document",
    response_model=Written,
    responses=GENERATED | _CHANGED,
    openapi_extra={"requestBody": FILE_BODY},
)
async def put(request: Request, id: str) -> Response:
    """Add a document, or replace the one of that id. The body is the file itself.

    The suffix of the id says what it is, else the content type.
    """
    writer = _writer(request)
    check_encoding(request)
    check_id(id)
    suffix = suffix_of(id, request.headers.get("content-type", ""))
    with writer.admit(), Spool() as spool:
        upload = await spool.receive(id, suffix, request.stream())
        return await _change(request, writer, [upload], [])


@router.delete(
    "/v1/documents/{id:path}",
    summary="Take out a document",
    response_model=Written,
    responses=GENERATED | _CHANGED | _MISSING,
)
async def delete(request: Request, id: str, source: str | None = None) -> Response:
    """Take out a document, all records of a file, or one (`tickets.csv#T1`, the `#` as `%23`).

    `source` is needed where several sources hold a document of that id.
    """
    writer = _writer(request)
    check_id(id, record=True)
    with writer.admit():
        return await _change(request, writer, [], [Delete(id, source)])


@router.post(
    "/v1/documents",
    summary="Change several documents at once",
    response_model=Written,
    responses=GENERATED | _CHANGED | _MISSING,
    openapi_extra={"requestBody": BATCH_BODY},
)
async def batch(request: Request) -> Response:
    """Put in and take out up to 1,000 documents: all of them in one generation, or none."""
    writer = _writer(request)
    check_encoding(request)
    if media_type(request.headers.get("content-type", "")) != _JSON:
        raise WrongMediaType(f"send the batch as {_JSON}", _JSON)
    with writer.admit(), Spool() as spool:
        body = await request.body()
        uploads, deletes = await to_thread.run_sync(_read_batch, body, spool)
        return await _change(request, writer, uploads, deletes)


@router.post(
    "/v1/rebuild",
    summary="Rebuild the index",
    status_code=202,
    response_model=RebuildOut,
    responses=problems({403: "the service is read-only", 409: "a rebuild is running"}),
)
async def rebuild(request: Request) -> RebuildOut:
    """Start to read all sources anew, beside the running service, which follows when it is done."""
    return _rebuilds(request).start()


@router.get(
    "/v1/rebuild",
    summary="How is the rebuild?",
    response_model=RebuildOut,
    responses=problems({403: "the service is read-only"}),
)
async def rebuild_state(request: Request) -> RebuildOut:
    """The state of the rebuild that runs, or how the last one ended."""
    return _rebuilds(request).state()


async def _change(
    request: Request, writer: Writer, uploads: Sequence[Upload], deletes: Sequence[Delete]
) -> Response:
    """Make a change and serve it before the answer is given."""
    service: Service = request.app.state.service
    written = await writer.write(uploads, deletes)
    try:
        await service.follow()
    except TriptychError as error:
        raise NotReady(
            f"the change is made, as generation {written.generation}, but cannot be served yet: "
            f"{error}"
        ) from error
    request.state.generation = service.generation
    return JSONResponse(written.model_dump())


def _writer(request: Request) -> Writer:
    """Raises ReadOnly, or NotReady while no index is open."""
    writer: Writer | None = request.app.state.writer
    if writer is None:
        raise _read_only()
    service: Service = request.app.state.service
    service.check_ready()
    return writer


def _rebuilds(request: Request) -> Rebuilds:
    rebuilds: Rebuilds | None = request.app.state.rebuilds
    if rebuilds is None:
        raise _read_only()
    return rebuilds


def _read_only() -> ReadOnly:
    return ReadOnly("this service takes no changes; allow them with: triptych serve --writable")


def _read_batch(body: bytes, spool: Spool) -> tuple[list[Upload], list[Delete]]:
    """The changes of a batch, its contents in files.

    Raises Malformed, or BadQuery and WrongMediaType naming the entry at fault.
    """
    try:
        given = BatchRequest.model_validate_json(body)
    except ValidationError as error:
        if error.errors()[0]["type"] == "json_invalid":
            raise Malformed(f"the body is not JSON: {first_error(error)}") from error
        raise BadQuery(first_error(error)) from error
    ids = [*(document.id for document in given.documents), *given.delete]
    if not 1 <= len(ids) <= MOST_ENTRIES:
        raise BadQuery(f"{len(ids)} entries; from 1 to {MOST_ENTRIES:,} are allowed")
    twice = next((id for place, id in enumerate(ids) if id in ids[:place]), None)
    if twice is not None:
        raise BadQuery(f"{twice}: named twice; a document is either put in or taken out, once")
    deletes = [Delete(check_id(id, record=True)) for id in given.delete]
    uploads = [
        spool.keep(check_id(entry.id), suffix_of(entry.id, entry.type), entry.content())
        for entry in given.documents
    ]
    return uploads, deletes
