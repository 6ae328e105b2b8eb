"""Errors as `application/problem+json` (RFC 9457): one shape for every 4xx and 5xx."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse

from indexer.errors import TriptychError

MEDIA_TYPE = "application/problem+json"

log = logging.getLogger(__name__)


class TooLarge(TriptychError):
    """A request body above the limit."""

    http_status = 413


class WrongMediaType(TriptychError):
    """A content type or encoding that an endpoint does not take; `takes` are those it does."""

    http_status = 415

    def __init__(self, message: str, takes: str = "") -> None:
        super().__init__(message)
        self.takes = takes


class Busy(TriptychError):
    """More questions or changes are waiting than the service holds."""

    http_status = 503


class NotReady(TriptychError):
    """No index is open (yet)."""

    http_status = 503


class WrongHost(TriptychError):
    """A Host or Origin header that names another site."""

    http_status = 421


class Malformed(TriptychError):
    """A body that is not the JSON or the form it says it is."""


class ReadOnly(TriptychError):
    """A change asked of a service that takes none."""

    http_status = 403


class AlreadyRunning(TriptychError):
    """A rebuild asked for while one runs."""

    http_status = 409


class WriterFailed(TriptychError):
    """The process that makes changes died, hangs, or cannot be started."""

    http_status = 503


class Refused(TriptychError):
    """A change that the writing process refused. `kind` is the name of its error's class."""

    def __init__(self, message: str, kind: str, status: int) -> None:
        super().__init__(message)
        self.kind = kind
        self.http_status = status


def problem(
    status: int,
    detail: str,
    *,
    kind: str = "",
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """A problem response. `kind` names the error class; empty stands for the status alone."""
    phrase = HTTPStatus(status).phrase
    body = {
        "type": f"urn:triptych:{_kebab(kind)}" if kind else "about:blank",
        "title": _sentence(kind) if kind else phrase,
        "status": status,
        "detail": detail or phrase,
    }
    return JSONResponse(body, status, headers=dict(headers or {}), media_type=MEDIA_TYPE)


def problem_of(error: TriptychError) -> JSONResponse:
    """The response for an error a user can cause or fix."""
    headers: dict[str, str] = {}
    kind = error.kind if isinstance(error, Refused) else type(error).__name__
    if error.http_status == 503:
        headers["retry-after"] = "1"
    if error.http_status == 413:
        headers["connection"] = "close"
    if isinstance(error, WrongMediaType) and error.takes:
        headers["accept-post"] = error.takes
    return problem(error.http_status, str(error), kind=kind, headers=headers)


def install(app: FastAPI) -> None:
    """Make every error of the app a problem."""
    app.add_exception_handler(TriptychError, _triptych)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _validation)
    app.add_exception_handler(ClientDisconnect, _gone)
    app.add_exception_handler(Exception, _unexpected)


def _triptych(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, TriptychError)
    return problem_of(error)


def _http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    detail = error.detail
    if detail == HTTPStatus(error.status_code).phrase:
        detail = f"{request.method} {request.url.path}: {detail.lower()}"
    return problem(error.status_code, detail, headers=error.headers)


def _validation(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    field = ".".join(str(part) for part in first["loc"])
    return problem(422, f"{field}: {first['msg']}", kind="BadQuery")


def _gone(_: Request, __: Exception) -> JSONResponse:
    """Nobody reads this answer; it keeps an interrupted upload from looking like a failure."""
    return problem(400, "the client went away before its request was complete")


def _unexpected(request: Request, error: Exception) -> JSONResponse:
    log.error("%s %s failed", request.method, request.url.path, exc_info=error)
    return problem(500, "the request failed inside the service; its log says why")


def _kebab(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "-", name).lower()


def _sentence(name: str) -> str:
    return _kebab(name).replace("-", " ").capitalize()
