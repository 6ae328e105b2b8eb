"""What the endpoints answer to good requests, value by value."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from api.app import create_app
from api.service import Service
from indexer.errors import IndexNotFound
from indexer.records import Filter
from search.query import Query
from tests.api_fake import (  # noqa: F401 (pytest finds fixtures among a module's names)
    EVIL,
    HEARD,
    LIMITS,
    FakeEngine,
    client,
    engine_fixture,
    fake_app,
    http_fixture,
    png,
)

LINE = {"text": "Save failed", "box": [0.25, 0.5, 0.75, 0.625], "confidence": 0.875}
PLACE = {
    "page": None,
    "box": None,
    "heading": [EVIL, "Disks", "Full disk"],
    "start": None,
    "end": None,
}
FIRST = {
    "rank": 1,
    "document": "guide/disk.md",
    "title": EVIL,
    "kind": "manual",
    "asset": "guide/full.png",
    "place": PLACE,
    "text": "When a save failed, free the disk and save again.",
    "score": 0.75,
    "lanes": {"text": {"rank": 2, "score": 0.5}, "words": {"rank": 1, "score": 8.25}},
    "modality": "image",
    "thumb": "full.webp",
    "matched": [LINE],
    "region": {"box": [0.125, 0.25, 0.625, 0.875], "same": True, "features": 31},
    "language": "en",
    "product": "Pump",
    "date": "2024-03-01",
    "metadata": {"author": "Ann"},
}


def test_search_json(http: TestClient, engine: FakeEngine) -> None:
    response = http.post("/v1/search", json={"text": "disk full", "k": 1})
    assert response.status_code == 200
    assert response.json() == {
        "query": "disk full",
        "heard": "",
        "read": [],
        "took_ms": {"encode": 4.5, "recall": 20.5},
        "generation": 3,
        "lanes_off": {"clip": "no model"},
        "corrected": {},
        "hits": [FIRST],
    }
    assert engine.queries == [Query("disk full", k=1)]


def test_page_boxes_are_lists(http: TestClient) -> None:
    hits = http.post("/v1/search", json={"text": "disk"}).json()["hits"]
    assert hits[1]["place"] == {
        "page": 14,
        "box": [0.125, 0.25, 0.875, 0.5],
        "heading": [],
        "start": None,
        "end": None,
    }
    assert [hit["title"] for hit in hits] == [EVIL, "Pump manual", "磁盘已满"]


def test_answer_holds_citations_and_the_search(http: TestClient) -> None:
    body = http.post("/v1/answer", json={"text": "disk full"}).json()
    assert set(body) == {
        "answer",
        "found",
        "confidence",
        "citations",
        "blocks",
        "search",
        "model",
        "note",
    }
    assert body["answer"] == "Free the disk [1]. A red lamp shows it [2]."
    assert body["found"] is True
    assert body["citations"][0] == {
        "number": 1,
        "document": "guide/disk.md",
        "title": EVIL,
        "place": PLACE,
        "quote": "When a save failed, free the disk and save again.",
        "asset": "guide/full.png",
        "thumb": "full.webp",
        "matched": [LINE],
        "region": None,
    }
    assert body["search"]["hits"][0] == FIRST


def test_answer_that_was_not_found(http: TestClient) -> None:
    body = http.post("/v1/answer", json={"text": "unsure"}).json()
    assert (body["answer"], body["found"], body["citations"]) == ("", False, [])
    assert len(body["search"]["hits"]) == 3


@pytest.mark.parametrize("prefix", ["", "data:image/png;base64,"])
def test_every_field_of_a_json_request(http: TestClient, engine: FakeEngine, prefix: str) -> None:
    image = png()
    body = {
        "text": "q",
        "image": prefix + base64.encodebytes(image).decode(),
        "filters": {"product": "Pump", "kind": ["manual", "ticket"], "year": 2024},
        "exclude": ["a.md"],
        "collapse": "asset",
        "k": 2,
        "voice": base64.b64encode(b"sound").decode(),
    }
    response = http.post("/v1/search", json=body)
    assert response.json()["read"] == [LINE]
    assert response.json()["heard"] == HEARD
    assert engine.queries == [
        Query(
            "q",
            image,
            (
                Filter("product", "=", "Pump"),
                Filter("kind", "=", "manual"),
                Filter("kind", "=", "ticket"),
                Filter("year", "=", "2024"),
            ),
            frozenset({"a.md"}),
            2,
            "asset",
            b"sound",
        )
    ]


def test_every_part_of_a_form(http: TestClient, engine: FakeEngine) -> None:
    response = http.post(
        "/v1/search",
        data={
            "text": "磁盘",
            "filter": ["product=Pump", "date>=2024-01-01"],
            "k": "2",
            "exclude": ["a.md", "b.md"],
        },
        files={
            "image": ("screen.png", png(), "image/png"),
            "voice": ("note.ogg", b"sound", "audio/ogg"),
        },
    )
    assert [hit["rank"] for hit in response.json()["hits"]] == [1, 2]
    assert engine.queries == [
        Query(
            "磁盘",
            png(),
            (Filter("product", "=", "Pump"), Filter("date", ">=", "2024-01-01")),
            frozenset({"a.md", "b.md"}),
            2,
            voice=b"sound",
        )
    ]


def test_a_file_input_left_empty_is_no_image(http: TestClient, engine: FakeEngine) -> None:
    head = b'--b\r\ncontent-disposition: form-data; name="text"\r\n\r\ndisk\r\n'
    empty = b'--b\r\ncontent-disposition: form-data; name="image"; filename=""\r\n\r\n\r\n--b--\r\n'
    response = http.post(
        "/v1/search",
        content=head + empty,
        headers={"content-type": "multipart/form-data; boundary=b"},
    )
    assert response.status_code == 200
    assert engine.queries == [Query("disk")]


def test_info_health_and_readiness(http: TestClient) -> None:
    assert http.get("/v1/info").json()["counts"]["documents"] == 1234
    assert http.get("/healthz").json() == {"status": "ok"}
    assert http.get("/readyz").json() == {"status": "ok"}


def test_thumb_is_immutable(http: TestClient, tmp_path: Path) -> None:
    response = http.get("/v1/thumbs/full.webp")
    assert response.content == (tmp_path / "full.webp").read_bytes()
    assert response.headers["content-type"] == "image/webp"
    assert response.headers["cache-control"] == "private, max-age=31536000, immutable"


def test_openapi_has_examples_for_both_bodies(http: TestClient) -> None:
    paths = http.get("/openapi.json").json()["paths"]
    content = paths["/v1/search"]["post"]["requestBody"]["content"]
    assert sorted(content) == ["application/json", "multipart/form-data"]
    for body in content.values():
        assert body["examples"]["question"]["value"]["text"] == "How do I mount a Windows drive?"
    for path in ("/v1/info", "/v1/thumbs/{name}", "/healthz", "/readyz", "/v1/answer"):
        assert path in paths
    docs = http.get("/docs")
    assert 'href="/openapi.json"' in docs.text
    assert "://cdn" not in docs.text


def test_openapi_examples_are_good_requests(http: TestClient) -> None:
    post = http.get("/openapi.json").json()["paths"]["/v1/search"]["post"]
    content = post["requestBody"]["content"]
    for example in content["application/json"]["examples"].values():
        assert http.post("/v1/search", json=example["value"]).status_code == 200
    form = content["multipart/form-data"]["examples"]["question"]["value"]
    files = {"image": ("i.png", png(), "image/png")}
    assert http.post("/v1/search", data=form, files=files).status_code == 200


def test_engine_is_closed_with_the_app(engine: FakeEngine) -> None:
    with client(fake_app(engine)) as http:
        assert not engine.closed
        http.get("/healthz")
    assert engine.closed


def test_index_that_cannot_be_opened(tmp_path: Path) -> None:
    def opener(base: object) -> FakeEngine:
        raise IndexNotFound(f"{tmp_path}: no index here; build one with `triptych index`")

    with client(create_app(Service(opener, 1), LIMITS)) as http:
        assert http.get("/healthz").status_code == 200
        while (response := http.get("/readyz")).json()["detail"] == "the index is being opened":
            pass
        assert response.status_code == 503
        assert response.json()["detail"].endswith("no index here; build one with `triptych index`")
        assert http.post("/v1/search", json={"text": "q"}).status_code == 503
        assert http.get("/v1/thumbs/full.webp").status_code == 503
        assert http.get("/v1/info").headers["content-type"] == "application/problem+json"
