"""A language model's endpoint on this machine, which replies as told."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

KEY = "sk-very-secret"
WAIT = b"(wait)"
"""Instead of bytes to send: hold the connection until the test ends."""

DONE = b"data: [DONE]\n\n"


def event(text: str, finish: str | None = None) -> bytes:
    """A piece of a reply, as a server-sent event."""
    choice = {"index": 0, "delta": {"content": text}, "finish_reason": finish}
    return f"data: {json.dumps({'choices': [choice]}, ensure_ascii=False)}\n\n".encode()


@dataclass
class Script:
    """What the endpoint sends: a status, and pieces of a body one after the other."""

    pieces: Sequence[bytes] = ()
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass
class FakeChatServer:
    """Replies with its scripts in turn, with the last one for ever; remembers what was asked."""

    scripts: list[Script]
    url: str = ""
    asked: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)


@contextmanager
def serving(*scripts: Script) -> Iterator[FakeChatServer]:
    """An endpoint that lives until the block ends."""
    fake = FakeChatServer(list(scripts))

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            _answer(self, fake)

        def do_GET(self) -> None:
            fake.paths.append(f"GET {self.path}")

        def log_message(self, *arguments: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    fake.url = f"http://127.0.0.1:{server.server_port}/v1"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield fake
    finally:
        fake.over.set()
        server.shutdown()
        thread.join()
        server.server_close()


def _answer(request: BaseHTTPRequestHandler, fake: FakeChatServer) -> None:
    body = request.rfile.read(int(request.headers["Content-Length"]))
    fake.paths.append(f"POST {request.path}")
    fake.asked.append(json.loads(body))
    fake.headers.append(dict(request.headers))
    script = fake.scripts.pop(0) if len(fake.scripts) > 1 else fake.scripts[0]
    request.send_response(script.status)
    for name, value in script.headers.items():
        request.send_header(name, value)
    request.end_headers()
    for piece in script.pieces:
        if piece == WAIT:
            fake.over.wait(20)
            return
        request.wfile.write(piece)
        request.wfile.flush()
