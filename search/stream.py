"""POST to a URL and read the reply line by line, within a deadline."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from time import monotonic
from urllib.parse import SplitResult, urlsplit
from urllib.request import getproxies, proxy_bypass

from indexer.errors import EndpointFailed

MOST_BYTES = 4_000_000
"""Longest reply that is read."""

_PIECE = 65_536


class Reply:
    """The reply to a POST, while it arrives. Redirects are not followed: they could take a key."""

    def __init__(self, response: HTTPResponse, channel: socket.socket, deadline: float) -> None:
        self.status = response.status
        self.content_type = response.headers.get_content_type()
        self._response = response
        self._channel = channel
        self._deadline = deadline

    def lines(self) -> Iterator[bytes]:
        """The lines of the body without their ends. Raises EndpointFailed."""
        rest = b""
        for piece in self._pieces():
            *whole, rest = (rest + piece).split(b"\n")
            yield from (line.rstrip(b"\r") for line in whole)
        if rest:
            yield rest

    def body(self) -> bytes:
        """All of the body. Raises EndpointFailed."""
        return b"".join(self._pieces())

    def _pieces(self) -> Iterator[bytes]:
        total = 0
        with failing():
            while piece := self._read():
                total += len(piece)
                if total > MOST_BYTES:
                    raise EndpointFailed(f"it sent more than {MOST_BYTES:,} bytes")
                yield piece

    def _read(self) -> bytes:
        left = self._deadline - monotonic()
        if left <= 0:
            raise TimeoutError
        # A timeout of the socket alone would let a byte a second go on for ever.
        self._channel.settimeout(left)
        return self._response.read1(_PIECE)


@contextmanager
def post(url: str, body: bytes, headers: Mapping[str, str], seconds: float) -> Iterator[Reply]:
    """Send `body`; the reply, of any status, can be read until `seconds` from now.

    HTTPS goes through the proxy that the environment names. Raises EndpointFailed.
    """
    deadline = monotonic() + seconds
    parts = urlsplit(url)
    with closing(_connection(parts, seconds)) as connection:
        with failing():
            connection.connect()
            channel = connection.sock
            target = f"{parts.path}?{parts.query}" if parts.query else parts.path
            connection.request("POST", target, body, dict(headers))
            response = connection.getresponse()
        with closing(response):
            yield Reply(response, channel, deadline)


@contextmanager
def failing() -> Iterator[None]:
    """What goes wrong on the way becomes EndpointFailed."""
    try:
        yield
    except TimeoutError as error:
        raise EndpointFailed("it did not answer in time") from error
    except ssl.SSLError as error:
        raise EndpointFailed(f"no secure connection: {error.reason}") from error
    except OSError as error:
        raise EndpointFailed(f"no connection: {error.strerror or error}") from error
    except HTTPException as error:
        raise EndpointFailed(f"it broke off ({type(error).__name__})") from error


def _connection(parts: SplitResult, seconds: float) -> HTTPConnection:
    host = parts.hostname or ""
    if parts.scheme == "http":
        return HTTPConnection(host, parts.port, timeout=seconds)
    context = ssl.create_default_context()
    proxy = urlsplit(getproxies().get("https", ""))
    if not proxy.hostname or proxy_bypass(host):
        return HTTPSConnection(host, parts.port, timeout=seconds, context=context)
    connection = HTTPSConnection(proxy.hostname, proxy.port, timeout=seconds, context=context)
    connection.set_tunnel(host, parts.port or 443)
    return connection
