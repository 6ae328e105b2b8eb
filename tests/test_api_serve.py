"""Binding, the line that says where, and what the process must not load."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
import time
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from rich.console import Console

from api import serve as serving
from api.app import create_app
from api.guard import ANY_ADDRESS
from api.service import Service
from indexer.config import load_settings
from indexer.errors import IndexNotFound, TriptychError
from tests.api_fake import LIMITS, FakeEngine

ROOT = Path(__file__).parent.parent


def ask(port: int) -> dict[str, Any]:
    connection = HTTPConnection("127.0.0.1", port)
    with closing(connection):
        body, headers = '{"text": "disk"}', {"content-type": "application/json"}
        connection.request("POST", "/v1/answer", body, headers)
        return dict(json.load(connection.getresponse()))


def test_port_in_use_is_named() -> None:
    with serving.bind("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(TriptychError) as caught:
            serving.bind("127.0.0.1", port)
    assert str(caught.value) == (
        f"cannot listen on 127.0.0.1:{port}: Address already in use; choose another with --port"
    )


@pytest.mark.parametrize(
    ("host", "port"), [("no-such-host.invalid", 8000), ("203.0.113.9", 8000), ("127.0.0.1", 70_000)]
)
def test_address_that_cannot_be_bound(host: str, port: int) -> None:
    with pytest.raises(TriptychError, match=f"cannot listen on {host}:{port}: "):
        serving.bind(host, port)


@pytest.mark.parametrize(
    ("host", "loopback"),
    [("localhost", True), ("127.0.0.1", True), ("127.9.9.9", True), ("::1", True),
     ("0.0.0.0", False), ("::", False), ("192.168.1.5", False), ("desk.local", False)],
)  # fmt: skip
def test_loopback(host: str, loopback: bool) -> None:
    assert serving.is_loopback(host) is loopback


def test_allowed_hosts() -> None:
    assert serving.allowed_hosts("desk.local") == ("desk.local",)
    assert serving.allowed_hosts("0.0.0.0")[:2] == (ANY_ADDRESS, socket.gethostname())


def test_serve_reports_an_index_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(IndexNotFound, match=str(tmp_path)):
        serving.serve(tmp_path, load_settings(), "127.0.0.1", 0)


@pytest.mark.parametrize(
    ("host", "asked", "writable"),
    [("127.0.0.1", None, True), ("127.0.0.1", False, False), ("0.0.0.0", None, False),
     ("0.0.0.0", True, True)],
)  # fmt: skip
def test_who_may_change_the_index(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, host: str, asked: bool | None, writable: bool
) -> None:
    ran: list[Any] = []
    monkeypatch.setattr(serving, "_open_warm", lambda *_: FakeEngine(tmp_path))
    monkeypatch.setattr(serving.Server, "run", lambda server, sockets: ran.append(server))
    serving.serve(tmp_path, load_settings(), host, 0, asked)
    [server] = ran
    state = server.config.app.state
    assert (state.writer is not None, state.rebuilds is not None) == (writable, writable)
    assert server._writable is writable
    state.service.close()


@pytest.mark.parametrize(("host", "warned"), [("127.0.0.1", False), ("0.0.0.0", True)])
def test_server_says_where_and_answers(tmp_path: Path, host: str, warned: bool) -> None:
    engine = FakeEngine(tmp_path)
    service = Service(lambda base: engine, 1)
    service.open()
    console = Console(record=True, width=200, quiet=False, file=(tmp_path / "out").open("w"))
    with serving.bind(host, 0) as listener:
        port = listener.getsockname()[1]
        app = create_app(service, LIMITS, serving.allowed_hosts(host))
        config = uvicorn.Config(app, log_level="warning")
        server = serving.Server(config, host, console, writable=True)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            while not server.started:
                time.sleep(0.01)
            assert ask(port)["found"] is True
        finally:
            server.should_exit = True
            thread.join()
    console.file.close()
    said = console.export_text()
    assert said.startswith(f"Triptych is ready at http://{host}:{port}/")
    assert ("Warning: anyone on the network" in said) is warned
    assert ("can query this index and change it." in said) is warned
    assert engine.closed


def test_process_loads_no_model_trainer_and_no_parser() -> None:
    code = (
        "import sys, api.serve, api.app\n"
        "heavy = {'torch', 'open_clip', 'sentence_transformers', 'pypdfium2', 'selectolax',"
        " 'markdown_it', 'docutils', 'indexer.loaders', 'indexer.chunking',"
        " 'indexer.building'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"


def test_schemas_need_no_web_framework() -> None:
    code = (
        "import sys, api.schemas\n"
        "print(sorted({'fastapi', 'starlette', 'uvicorn'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"
