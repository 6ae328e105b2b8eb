"""What is checked before any route runs: who asks, how much is sent; and the headers of answers."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from urllib.parse import urlsplit

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
        "default-src 'self'; img-src 'self' data: blob:; object-src 'none'; base-uri 'none'; "
        "form-action 'self'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
}


_NETLOC = re.compile(r"(?:\[(?P<v6>[0-9a-f:.]+)\]|(?P<name>[a-z0-9._-]+))(?::[0-9]{1,5})?")


class Guard:
    """ASGI middleware: hosts, body size, security headers."""

    def __init__(self, app: ASGIApp, hosts: Iterable[str], most_bytes: int) -> None:
        self._app = app
        self._hosts = LOOPBACK | {host.lower() for host in hosts}
        self._most_bytes = most_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        try:
            self._check_hosts(headers)
            self._check_length(headers)
        except TriptychError as error:
            await problem_of(error)(scope, receive, _secured(send))
            return
        await self._app(scope, self._counted(receive), _secured(send))

    def _check_hosts(self, headers: Headers) -> None:
        given = headers.get("host", "")
        if not self._allowed(given):
            raise WrongHost(
                f"host {given!r} is not served here; use localhost or the address bound"
            )
        origin = headers.get("origin")
        if origin is not None and not self._allowed(urlsplit(origin).netloc):
            raise WrongHost(f"origin {origin!r} may not use this service")

    def _allowed(self, netloc: str) -> bool:
        host = _hostname(netloc)
        return host in self._hosts or (ANY_ADDRESS in self._hosts and _is_address(host))

    def _check_length(self, headers: Headers) -> None:
        length = headers.get("content-length", "0")
        if length.isdecimal() and int(length) > self._most_bytes:
            raise self._too_large()

    def _counted(self, receive: Receive) -> Receive:
        """`receive` that stops a body which grows past the limit, whatever it announced."""
        seen = 0

        async def counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > self._most_bytes:
                raise self._too_large()
            return message

        return counted

    def _too_large(self) -> TooLarge:
        return TooLarge(f"the request has more than {self._most_bytes:,} bytes")


def _secured(send: Send) -> Send:
    async def secured(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in SECURITY_HEADERS.items():
                headers.setdefault(name, value)
            headers.setdefault("cache-control", "no-cache")
        await send(message)

    return secured


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
