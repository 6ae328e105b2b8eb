"""The endpoints that measure the index which is served."""

from __future__ import annotations

from anyio import to_thread
from fastapi import APIRouter, Request
from pydantic import ValidationError

from api.benches import Benches, BenchOut, BenchRequest
from api.bodies import check_encoding, media_type
from api.examples import problems
from api.problems import Malformed, WrongMediaType
from api.schemas import first_error
from indexer.config import Limits
from indexer.errors import BadQuery
from search.qrels import JudgedQuery

_JSON = "application/json"
_EXAMPLE = {
    "queries": [{"id": "mount", "text": "mount a Windows drive", "relevant": ["wsl/mount.md"]}],
    "cutoffs": [1, 5, 10],
}

router = APIRouter()


@router.post(
    "/v1/bench/recall",
    summary="Measure recall",
    status_code=202,
    response_model=BenchOut,
    responses=problems(
        {
            400: "the body is not the JSON it says it is",
            409: "a benchmark is running",
            413: "the body is too large",
            415: "another content type than JSON",
            422: "a query cannot be used; detail says which",
            503: "no index is open",
        }
    ),
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                _JSON: {
                    "schema": BenchRequest.model_json_schema(),
                    "examples": {"one": {"value": _EXAMPLE}},
                }
            },
        }
    },
)
async def start(request: Request) -> BenchOut:
    """Begin to ask up to 500 judged queries beside the others; GET says how it goes."""
    benches: Benches = request.app.state.benches
    benches.check_free()
    check_encoding(request)
    if media_type(request.headers.get("content-type", "")) != _JSON:
        raise WrongMediaType(f"send the queries as {_JSON}", _JSON)
    limits: Limits = request.app.state.limits
    body = await request.body()
    asked, queries = await to_thread.run_sync(_read, body, limits)
    return benches.start(queries, asked.cutoffs, asked.answers)


@router.get("/v1/bench/recall", summary="How is the benchmark?", response_model=BenchOut)
async def state(request: Request) -> BenchOut:
    """How far the benchmark is that runs, or the figures of the last one."""
    benches: Benches = request.app.state.benches
    return benches.state()


def _read(body: bytes, limits: Limits) -> tuple[BenchRequest, list[JudgedQuery]]:
    try:
        asked = BenchRequest.model_validate_json(body)
    except ValidationError as error:
        if error.errors()[0]["type"] == "json_invalid":
            raise Malformed(f"the body is not JSON: {first_error(error)}") from error
        raise BadQuery(first_error(error)) from error
    return asked, asked.judged(limits)
