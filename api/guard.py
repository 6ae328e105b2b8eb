"""What is checked before any route runs: who asks, how much is sent; and the headers of answers."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problems import TooLarge, WrongHost, problem_of
from indexer.errors import TriptychError

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
ANY_ADDRESS = "*"
"""Among the allowed hosts: any IP address, for a server bound to all interfaces.

A page that rebinds its own name can never send an address, so this stays safe.
"""

SECURITY_HEADERS = {
    "content-security-policy": (
        "default-src 'self'; img-src 'self' data: blob:; media-src blob:; "
        "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
}


GENERATION = "triptych-generation"
"""Header of every answer that came from an index: the number of the generation that gave it.

A route leaves the number in the `generation` of the request's state.
"""

UPLOADS = "/v1/documents/"
"""Where whole files may be sent, with PUT."""

_READING = frozenset({"GET", "HEAD", "OPTIONS"})
_WRITES = ("/v1/documents", "/v1/rebuild")
_NETLOC = re.compile(r"(?:\[(?P<v6>[0-9a-f:.]+)\]|(?P<name>[a-z0-9._-]+))(?::[0-9]{1,5})?")


class Guard:
    """ASGI middleware: hosts, body size, security headers.

    `most_bytes` limits the body of a request, `upload_bytes` that of a file sent to UPLOADS.
    """

    def __init__(
        self, app: ASGIApp, hosts: Iterable[str], most_bytes: int, upload_bytes: int
    ) -> None:
        self._app = app
        self._hosts = LOOPBACK | {host.lower() for host in hosts}
        self._most_bytes = most_bytes
        self._upload_bytes = upload_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        uploads = scope["method"] == "PUT" and scope["path"].startswith(UPLOADS)
        most = self._upload_bytes if uploads else self._most_bytes
        try:
            self._check_hosts(headers)
            _check_same_origin(scope, headers)
            _check_length(headers, most)
        except TriptychError as error:
            await problem_of(error)(scope, receive, _finished(scope, send))
            return
        await self._app(scope, _counted(receive, most), _finished(scope, send))

    def _check_hosts(self, headers: Headers) -> None:
        given = headers.get("host", "")
        if not self._allowed(given):
            raise WrongHost(
                f"host {given!r} is not served here; use localhost or the address bound"
            )
        origin = headers.get("origin")
        if origin is not None and not self._allowed(_netloc(origin)):
            raise WrongHost(f"origin {origin!r} may not use this service")

    def _allowed(self, netloc: str) -> bool:
        host = _hostname(netloc)
        return host in self._hosts or (ANY_ADDRESS in self._hosts and _is_address(host))


def _check_same_origin(scope: Scope, headers: Headers) -> None:
    """A page may change the index only of the very server it came from, port included.

    Another program's page on this machine has an allowed host too, and a request without a
    body is sent by a browser before it asks whether it may.
    """
    if scope["method"] in _READING or not scope["path"].startswith(_WRITES):
        return
    origin = headers.get("origin")
    if origin is not None and _netloc(origin).lower() != headers["host"].lower():
        raise WrongHost(f"origin {origin!r} may not change the index of {headers['host']!r}")


def _check_length(headers: Headers, most: int) -> None:
    length = headers.get("content-length", "0")
    if length.isdecimal() and int(length) > most:
        raise _too_large(most)


def _counted(receive: Receive, most: int) -> Receive:
    """`receive` that stops a body which grows past the limit, whatever it announced."""
    seen = 0

    async def counted() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > most:
            raise _too_large(most)
        return message

    return counted


def _too_large(most: int) -> TooLarge:
    return TooLarge(f"the request has more than {most:,} bytes")


def _finished(scope: Scope, send: Send) -> Send:
    """`send` that adds the headers which answers have in common."""

    async def finished(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in SECURITY_HEADERS.items():
                headers.setdefault(name, value)
            headers.setdefault("cache-control", "no-cache")
            generation = scope.get("state", {}).get("generation")
            if generation is not None:
                headers[GENERATION] = str(generation)
        await send(message)

    return finished


def _netloc(origin: str) -> str:
    return origin.partition("://")[2]


def _hostname(netloc: str) -> str:
    """Host of `host:port`, lower case, without the brackets of an IPv6 address; or empty."""
    match = _NETLOC.fullmatch(netloc.lower())
    return (match["v6"] or match["name"]) if match else ""


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
