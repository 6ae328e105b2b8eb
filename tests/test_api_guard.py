"""Who may ask, how much at once, and what answers carry."""

from __future__ import annotations

import threading
import time

import pytest
from starlette.testclient import TestClient

from api import service as service_module
from api.app import create_app
from api.guard import ANY_ADDRESS
from api.service import Service
from tests.api_fake import (  # noqa: F401 (pytest finds fixtures among a module's names)
    LIMITS,
    FakeEngine,
    client,
    engine_fixture,
    fake_app,
    http_fixture,
)


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:9", "127.0.0.1:8000", "[::1]", "[::1]:8000"]
)
def test_loopback_hosts(http: TestClient, host: str) -> None:
    assert http.get("/healthz", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    ["evil.example", "localhost.evil.example", "localhost@evil.example", "", "127.0.0.1.nip.io",
     "10.0.0.5:8000", "localhost:8000:1", "[::1", "localhost/x", "localhost."],
)  # fmt: skip
def test_other_hosts(http: TestClient, host: str) -> None:
    response = http.get("/healthz", headers={"host": host})
    assert response.status_code == 421
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["title"] == "Wrong host"
    assert repr(host) in response.json()["detail"]


def test_host_that_was_bound(engine: FakeEngine) -> None:
    service = Service(lambda base: engine, 1)
    service.open()
    with client(create_app(service, LIMITS, ["Desk.local"])) as http:
        assert http.get("/healthz", headers={"host": "desk.local:80"}).status_code == 200
        assert http.get("/healthz", headers={"host": "10.0.0.5"}).status_code == 421


def test_all_interfaces_take_addresses_and_no_names(engine: FakeEngine) -> None:
    service = Service(lambda base: engine, 1)
    service.open()
    with client(create_app(service, LIMITS, [ANY_ADDRESS])) as http:
        assert http.get("/healthz", headers={"host": "10.0.0.5:8000"}).status_code == 200
        assert http.get("/healthz", headers={"host": "[fe80::1]:8000"}).status_code == 200
        assert http.get("/healthz", headers={"host": "evil.example"}).status_code == 421


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "https://localhost.evil"])
def test_pages_of_other_sites(http: TestClient, origin: str) -> None:
    response = http.post("/v1/search", json={"text": "q"}, headers={"origin": origin})
    assert response.status_code == 421
    assert response.json()["detail"] == f"origin {origin!r} may not use this service"


def test_own_page(http: TestClient) -> None:
    headers = {"origin": "http://localhost:8000"}
    response = http.post("/v1/search", json={"text": "q"}, headers=headers)
    assert response.status_code == 200
    assert "access-control-allow-origin" not in response.headers
    assert "set-cookie" not in response.headers


@pytest.mark.parametrize("path", ["/", "/static/app.js", "/v1/info", "/v1/nothing"])
def test_security_headers(http: TestClient, path: str) -> None:
    headers = http.get(path).headers
    assert headers["content-security-policy"].startswith(
        "default-src 'self'; img-src 'self' data: blob:; media-src blob:; "
    )
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "no-cache"


def test_alive_while_the_engine_works(engine: FakeEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two slots, three questions: two run, one waits, a fourth finds the house full."""
    monkeypatch.setattr(service_module, "MOST_WAITING", 3)
    statuses: list[int] = []
    app = fake_app(engine, threads=2)
    with client(app) as http:

        def ask() -> None:
            statuses.append(http.post("/v1/search", json={"text": "wait"}).status_code)

        askers = [threading.Thread(target=ask) for _ in range(3)]
        for asker in askers:
            asker.start()
        while app.state.service.waiting < 3 or engine.running < 2:
            time.sleep(0.01)
        assert http.get("/healthz").status_code == 200
        response = http.post("/v1/search", json={"text": "q"})
        assert response.json()["detail"] == (
            "3 questions are waiting already; ask again in a moment"
        )
        assert response.headers["retry-after"] == "1"
        engine.release.set()
        for asker in askers:
            asker.join()
    assert statuses == [200, 200, 200]
    assert engine.most_running <= 2
