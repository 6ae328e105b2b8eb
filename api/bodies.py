"""From a request body, JSON or form, to a query."""

from __future__ import annotations

from dataclasses import replace

from anyio import to_thread
from pydantic import ValidationError
from python_multipart.multipart import parse_options_header
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request

from api.problems import Malformed, TooLarge, WrongMediaType
from api.schemas import SearchRequest, first_error
from indexer.config import Limits
from indexer.errors import BadQuery
from search.query import Query

_REPEATED = {"filter": "filters", "exclude": "exclude"}
_SINGLE = {"text", "k", "collapse"}
_FILES = {"image", "voice"}
_TAKEN = "application/json, multipart/form-data"


def body_limit(limits: Limits) -> int:
    """The most bytes of a request: an image and a recording in base64, a question, and room."""
    files = limits.image_bytes + limits.sound_bytes
    return files * 4 // 3 + limits.query_chars * 6 + 65_536


async def read_query(request: Request, limits: Limits) -> Query:
    """The query of a request, checked against the limits.

    Raises WrongMediaType, Malformed, TooLarge or BadQuery naming the field.
    """
    check_encoding(request)
    media = media_type(request.headers.get("content-type", ""))
    if media == "application/json":
        query = await to_thread.run_sync(_from_json, await request.body())
    elif media == "multipart/form-data":
        await _check_complete(request)
        async with request.form(max_files=len(_FILES), max_part_size=body_limit(limits)) as form:
            query = await _from_form(form)
    else:
        given = repr(media) if media else "no content type"
        raise WrongMediaType(f"{given}: send application/json or multipart/form-data", _TAKEN)
    _check_size("image", query.image, limits.image_bytes)
    _check_size("voice", query.voice, limits.sound_bytes)
    query.check(limits)
    return query


def _check_size(part: str, data: bytes | None, most: int) -> None:
    if data is not None and len(data) > most:
        raise TooLarge(f"{part}: {len(data):,} bytes; up to {most:,} are allowed")


def check_encoding(request: Request) -> None:
    """Raises WrongMediaType for a body that is compressed."""
    encoding = request.headers.get("content-encoding", "identity")
    if encoding != "identity":
        raise WrongMediaType(f"content-encoding {encoding!r} is not taken; send the body as it is")


def media_type(content_type: str) -> str:
    """`Text/HTML; charset=utf-8` → `text/html`."""
    return content_type.partition(";")[0].strip().lower()


def _from_json(body: bytes) -> Query:
    try:
        return SearchRequest.model_validate_json(body).to_query()
    except ValidationError as error:
        if error.errors()[0]["type"] == "json_invalid":
            raise Malformed(f"the body is not JSON: {first_error(error)}") from error
        raise BadQuery(first_error(error)) from error


async def _check_complete(request: Request) -> None:
    """A form cut off before its last boundary would otherwise lose its last parts unnoticed."""
    _, options = parse_options_header(request.headers["content-type"])
    boundary = options.get(b"boundary", b"")
    if not boundary:
        raise Malformed("multipart/form-data: the content type names no boundary")
    if b"--" + boundary + b"--" not in await request.body():
        raise Malformed("multipart/form-data: the closing boundary is missing")


async def _from_form(form: FormData) -> Query:
    fields: dict[str, str | list[str]] = {}
    files: dict[str, bytes | None] = {}
    for name, value in form.multi_items():
        if name in _FILES:
            if name in files:
                raise BadQuery(f"{name}: sent twice")
            files[name] = await _file(name, value)
            continue
        if not isinstance(value, str):
            parts = " or ".join(map(repr, sorted(_FILES)))
            raise BadQuery(f"{name}: a file was sent; files go in the part {parts}")
        _add(fields, name, value)
    try:
        query = SearchRequest.model_validate(fields).to_query()
    except ValidationError as error:
        raise BadQuery(first_error(error)) from error
    return replace(query, image=files.get("image"), voice=files.get("voice"))


def _add(fields: dict[str, str | list[str]], name: str, value: str) -> None:
    if name in _REPEATED:
        values = fields.setdefault(_REPEATED[name], [])
        assert isinstance(values, list)
        values.append(value)
    elif name not in _SINGLE:
        known = ", ".join(sorted({*_FILES, *_SINGLE, *_REPEATED}))
        raise BadQuery(f"{name}: unknown part; known: {known}")
    elif name in fields:
        raise BadQuery(f"{name}: sent twice")
    else:
        fields[name] = value


async def _file(name: str, value: UploadFile | str) -> bytes | None:
    """The bytes of a file part; None for a file input that was left empty."""
    if isinstance(value, str):
        raise BadQuery(f"{name}: send it as a file part, with a file name")
    data = await value.read()
    return data if data or value.filename else None
