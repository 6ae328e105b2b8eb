"""Documents changed over HTTP: all or nothing, in order, and visible in the answer."""

from __future__ import annotations

import base64
import os
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from api import writer as writer_module
from api.app import create_app
from api.service import Service
from indexer.errors import IndexDamaged
from tests.api_fake import LiveEngine, client
from tests.api_live import (  # noqa: F401 (pytest finds fixtures among a module's names)
    LIMITS,
    asked,
    folder_fixture,
    http_fixture,
    live_client,
    live_writer,
    puts,
)
from tests.test_api_errors import problem


def test_a_change_is_visible_when_its_answer_arrives(http: TestClient, folder: Path) -> None:
    for generation in (4, 5, 6):
        response = http.put("/v1/documents/guides/wifi.md", content=b"# Wi-Fi")
        assert response.status_code == 200
        assert response.json() == {
            "generation": generation,
            "documents": 1,
            "deleted": 0,
            "notes": [],
        }
        assert response.headers["triptych-generation"] == str(generation)
        found = http.post("/v1/search", json={"text": "q"})
        assert found.json()["generation"] == generation
        assert found.headers["triptych-generation"] == str(generation)
    assert puts(folder) == [("guides/wifi.md", ".md", "# Wi-Fi")] * 3
    assert {put["mode"] for one in asked(folder) for put in one["put"]} == {0o600}


def test_taking_documents_out(http: TestClient, folder: Path) -> None:
    response = http.delete("/v1/documents/guides/old.md?source=uploaded")
    assert response.json() == {"generation": 4, "documents": 0, "deleted": 1, "notes": []}
    assert response.headers["triptych-generation"] == "4"
    assert http.delete("/v1/documents/tickets.csv%23T1").status_code == 200
    assert asked(folder) == [
        {"put": [], "delete": [{"id": "guides/old.md", "source": "uploaded"}]},
        {"put": [], "delete": [{"id": "tickets.csv#T1", "source": None}]},
    ]


def test_refusals_of_the_worker(http: TestClient) -> None:
    response = http.delete("/v1/documents/missing.md")
    assert problem(response) == (404, "missing.md: no such document")
    assert response.json()["type"] == "urn:triptych:no-such-document"
    assert "triptych-generation" not in response.headers
    response = http.put("/v1/documents/bad.md", content=b"\xff")
    assert problem(response) == (422, "bad.md: not UTF-8")
    assert response.json()["title"] == "Bad file"
    response = http.put("/v1/documents/die.md", content=b"x")
    status, detail = problem(response)
    assert (status, response.headers["retry-after"]) == (503, "1")
    assert detail.startswith("the writing process died: ")
    assert http.put("/v1/documents/a.md", content=b"x").json()["generation"] == 4


def test_a_batch_is_one_change(http: TestClient, folder: Path) -> None:
    body = {
        "documents": [
            {"id": "a.md", "text": "# A 热"},
            {"id": "b", "data": base64.b64encode(b"<p>B").decode(), "type": "text/html"},
            {"id": "T-1", "text": '{"title": "Leak"}', "type": "application/json"},
            {"id": "note.txt", "text": ""},
        ],
        "delete": ["old.md", "tickets.csv#T1"],
    }
    response = http.post("/v1/documents", json=body)
    assert response.json() == {"generation": 4, "documents": 4, "deleted": 2, "notes": ["a note"]}
    [request] = asked(folder)
    assert [(put["id"], put["suffix"], put["body"], put["mode"]) for put in request["put"]] == [
        ("a.md", ".md", "# A 热", 0o600),
        ("b", ".html", "<p>B", 0o600),
        ("T-1", ".jsonl", '{"title": "Leak", "id": "T-1"}\n', 0o600),
        ("note.txt", ".txt", "", 0o600),
    ]
    assert request["delete"] == [
        {"id": "old.md", "source": None},
        {"id": "tickets.csv#T1", "source": None},
    ]


BATCH_ERRORS: list[tuple[Any, int, str]] = [
    ({}, 422, "0 entries; from 1 to 1,000 are allowed"),
    ({"delete": [f"{n}.md" for n in range(1001)]}, 422, "1001 entries; from 1 to 1,000"),
    ({"delete": ["a.md", "a.md"]}, 422, "a.md: named twice; "),
    ({"documents": [{"id": "a.md", "text": ""}], "delete": ["a.md"]}, 422, "a.md: named twice; "),
    ({"documents": [{"id": "a.md"}]}, 422, "a.md: give either text or data"),
    ({"documents": [{"id": "a.md", "text": "", "data": ""}]}, 422, "a.md: give either text or"),
    ({"documents": [{"id": "a.md", "data": "?"}]}, 422, "a.md: data: not base64: "),
    ({"documents": [{"text": "x"}]}, 422, "documents.0.id: Field required"),
    ({"documents": [{"id": "a.md", "text": "x", "x": 1}]}, 422, "documents.0.x: Extra inputs"),
    ({"delete": ["../a.md"]}, 422, "id '../a.md': must be like"),
    ({"documents": [{"id": "a.md", "text": "x"}, {"id": "b", "text": "x"}]}, 415, "b: no content"),
    ([], 422, "Input should be an object"),
]


@pytest.mark.parametrize(("body", "status", "detail"), BATCH_ERRORS)
def test_batches_of_which_nothing_is_made(
    http: TestClient, folder: Path, body: Any, status: int, detail: str
) -> None:
    given = problem(http.post("/v1/documents", json=body))
    assert given[0] == status
    assert given[1].startswith(detail)
    assert asked(folder) == []


def test_a_batch_that_is_not_json(http: TestClient) -> None:
    headers = {"content-type": "application/json"}
    response = http.post("/v1/documents", content=b"{", headers=headers)
    assert problem(response)[0] == 400
    response = http.post("/v1/documents", content=b"{}", headers={"content-type": "text/plain"})
    assert problem(response) == (415, "send the batch as application/json")
    assert response.headers["accept-post"] == "application/json"


def test_a_thousand_entries_are_a_batch(http: TestClient) -> None:
    response = http.post("/v1/documents", json={"delete": [f"{n}.md" for n in range(1000)]})
    assert response.json()["deleted"] == 1000


@pytest.mark.parametrize(
    ("method", "path"),
    [("PUT", "/v1/documents/a.md"), ("DELETE", "/v1/documents/a.md"), ("POST", "/v1/documents"),
     ("POST", "/v1/rebuild"), ("GET", "/v1/rebuild")],
)  # fmt: skip
def test_a_service_that_is_read_only(folder: Path, method: str, path: str) -> None:
    service = Service(lambda base: LiveEngine(folder), 2)
    with client(create_app(service, LIMITS)) as http:
        response = http.request(method, path, content=b"{}" if method != "GET" else None)
        assert problem(response) == (
            403,
            "this service takes no changes; allow them with: triptych serve --writable",
        )
        assert response.json()["type"] == "urn:triptych:read-only"


def test_pages_of_other_ports_may_search_and_not_write(http: TestClient, folder: Path) -> None:
    """The client's own address is http://localhost:8000."""
    other = {"origin": "http://localhost:3000"}
    assert http.post("/v1/search", json={"text": "q"}, headers=other).status_code == 200
    detail = "origin 'http://localhost:3000' may not change the index of 'localhost:8000'"
    for method, path in (("PUT", "/v1/documents/a.md"), ("DELETE", "/v1/documents/a.md"),
                         ("POST", "/v1/documents"), ("POST", "/v1/rebuild")):  # fmt: skip
        assert problem(http.request(method, path, headers=other)) == (421, detail)
    assert asked(folder) == []
    assert http.get("/v1/rebuild", headers=other).json()["state"] == "idle"
    for origin in ("http://127.0.0.1:8000", "http://localhost", "http://[::1"):
        refused = http.delete("/v1/documents/a.md", headers={"origin": origin})
        assert refused.status_code == 421, origin
    own = {"origin": "http://LOCALHOST:8000"}
    assert http.put("/v1/documents/a.md", content=b"x", headers=own).status_code == 200


def test_changes_wait_for_one_another(http: TestClient, folder: Path) -> None:
    codes: list[int] = []

    def put(id: str) -> None:
        codes.append(http.put(f"/v1/documents/{id}", content=b"x").status_code)

    slow = threading.Thread(target=put, args=("wait.md",))
    slow.start()
    while not asked(folder):
        time.sleep(0.01)
    second = threading.Thread(target=put, args=("second.md",))
    second.start()
    assert http.post("/v1/search", json={"text": "q"}).json()["generation"] == 3
    (folder / "go").touch()
    slow.join()
    second.join()
    assert codes == [200, 200]
    assert [id for id, _, _ in puts(folder)] == ["wait.md", "second.md"]


def test_too_many_changes(http: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer_module, "MOST_WAITING", 0)
    response = http.put("/v1/documents/a.md", content=b"x")
    assert problem(response) == (503, "0 changes are waiting already; try again in a moment")


def test_a_change_that_cannot_be_served_says_so(folder: Path) -> None:
    def opener(base: object) -> LiveEngine:
        if base is not None:
            raise IndexDamaged("segments/x: was altered")
        return LiveEngine(folder)

    with live_client(folder, opener) as http:
        response = http.put("/v1/documents/a.md", content=b"x")
        assert problem(response) == (
            503,
            "the change is made, as generation 4, but cannot be served yet: "
            "segments/x: was altered",
        )
        assert http.post("/v1/search", json={"text": "q"}).json()["generation"] == 3


def test_no_change_before_an_index_is_open(folder: Path) -> None:
    def opener(base: object) -> LiveEngine:
        raise IndexDamaged("CURRENT: does not name a generation")

    writer = live_writer(folder)
    with client(create_app(Service(opener, 1), LIMITS, (), writer)) as http:
        assert problem(http.put("/v1/documents/a.md", content=b"x"))[0] == 503
    assert not (folder / "starts").exists()


def test_the_worker_starts_with_the_service_and_ends_with_it(folder: Path) -> None:
    service = Service(lambda base: LiveEngine(folder), 2)
    writer = live_writer(folder)
    with client(create_app(service, LIMITS, (), writer)):
        while not (folder / "starts").exists():
            time.sleep(0.01)
    process = int((folder / "starts").read_text())
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("POST", "/v1/search", 200), ("POST", "/v1/answer", 200), ("GET", "/v1/info", 200),
     ("GET", "/v1/thumbs/full.webp", 200), ("GET", "/v1/thumbs/no.webp", 404)],
)  # fmt: skip
def test_answers_carry_their_generation(
    http: TestClient, method: str, path: str, status: int
) -> None:
    response = http.request(method, path, json={"text": "q"} if method == "POST" else None)
    assert response.status_code == status
    assert response.headers["triptych-generation"] == "3"


def test_openapi_describes_changes(http: TestClient) -> None:
    paths = http.get("/openapi.json").json()["paths"]
    for method, path in (("put", "/v1/documents/{id}"), ("delete", "/v1/documents/{id}"),
                         ("post", "/v1/documents"), ("post", "/v1/search"), ("get", "/v1/info"),
                         ("post", "/v1/answer"), ("get", "/v1/thumbs/{name}")):  # fmt: skip
        headers = paths[path][method]["responses"]["200"]["headers"]
        assert headers["triptych-generation"]["schema"] == {"type": "integer"}, path
    content = paths["/v1/documents/{id}"]["put"]["requestBody"]["content"]
    assert {"text/markdown", "application/pdf", "application/json"} <= set(content)
    example = paths["/v1/documents"]["post"]["requestBody"]["content"]["application/json"]
    value = example["examples"]["batch"]["value"]
    assert http.post("/v1/documents", json=value).status_code == 200
    assert "202" in paths["/v1/rebuild"]["post"]["responses"]
