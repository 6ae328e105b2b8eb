"""The benchmark endpoint: figures by hand, one at a time, and what it refuses."""

from __future__ import annotations

import base64
import time
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.api_fake import FakeEngine, client, fake_app, png
from tests.test_api_errors import problem

PATH = "/v1/bench/recall"
DISK = "guide/disk.md"


def ended(http: TestClient) -> dict[str, Any]:
    while (state := dict(http.get(PATH).json()))["state"] == "running":
        time.sleep(0.01)
    return state


def test_figures_of_queries_that_are_sent(tmp_path: Path) -> None:
    shot = base64.b64encode(png()).decode()
    queries = [
        {"id": 1, "text": "disk is full", "relevant": [DISK]},
        {"id": "b", "text": "none of it", "relevant": [DISK], "kind": "hard"},
        {
            "id": "c",
            "image": shot,
            "voice": "AAAA",
            "relevant": [DISK, "gone.md"],
            "heading": "is ignored",
        },
        {"id": "d", "text": "none must answer", "relevant": []},
    ]
    with client(fake_app(FakeEngine(tmp_path), threads=1)) as http:
        assert http.get(PATH).json()["state"] == "idle"
        body = {"queries": queries, "cutoffs": [1, 3], "answers": True}
        begun = http.post(PATH, json=body)
        assert (begun.status_code, begun.json()["total"]) == (202, 4)
        done = ended(http)
    assert (done["state"], done["done"], done["generation"], done["error"]) == ("done", 4, 3, None)
    figures = done["figures"]
    assert figures["fused"]["recall@1"]["value"] == pytest.approx((1 + 0 + 0.5) / 3)
    assert figures["lanes"]["words"]["mrr@10"]["value"] == pytest.approx(2 / 3)
    kinds = {kind: found["queries"] for kind, found in figures["kinds"].items()}
    assert kinds == {"text": 1, "hard": 1, "screenshot+voice": 1}
    assert figures["with_hits"] == 2
    assert figures["latency_ms"] == {"median": 25.0, "p99": 25.0}
    answers = figures["answers"]
    assert (answers["questions"], answers["answerable"]) == (4, 3)
    assert answers["answered"]["value"] == pytest.approx(2 / 3)
    assert answers["first_citation_right"]["value"] == 1.0
    assert answers["unanswerable_answered"]["value"] == 0.0
    assert answers["removed_answered"]["value"] == 0.0


def test_one_benchmark_at_a_time_on_one_generation(tmp_path: Path) -> None:
    engine = FakeEngine(tmp_path)
    query = {"id": "a", "text": "wait", "relevant": [DISK]}
    with client(fake_app(engine)) as http:
        assert http.post(PATH, json={"queries": [query]}).status_code == 202
        status, detail = problem(http.post(PATH, json={"queries": [query]}))
        assert (status, "a benchmark is running" in detail) == (409, True)
        assert http.get(PATH).json()["total"] == 1
        engine.release.set()
        assert ended(http)["state"] == "done"


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ({"id": "a", "text": "x", "relevant": []}, "query a: nothing is relevant"),
        ({"id": "a", "relevant": [DISK]}, "query a: empty query"),
        ({"id": "a", "image": "!", "relevant": [DISK]}, "query a: image: not base64"),
        ({"id": "a", "voice": "!", "relevant": [DISK]}, "query a: voice: not base64"),
        ({"id": "a", "text": "x" * 201, "relevant": [DISK]}, "query a: the question has 201"),
        ({"text": "x", "relevant": [DISK]}, "queries.0.id"),
    ],
)
def test_a_query_at_fault_is_named(tmp_path: Path, query: dict[str, Any], message: str) -> None:
    with client(fake_app(FakeEngine(tmp_path))) as http:
        status, detail = problem(http.post(PATH, json={"queries": [query]}))
    assert (status, message in detail) == (422, True), detail


def test_bodies_that_are_refused(tmp_path: Path) -> None:
    query = {"id": "a", "text": "x", "relevant": [DISK]}
    with client(fake_app(FakeEngine(tmp_path))) as http:
        assert problem(http.post(PATH, json={"queries": [query, query]}))[0] == 422
        assert problem(http.post(PATH, json={"queries": [query] * 501}))[0] == 422
        assert problem(http.post(PATH, content=b"{"))[0] == 415
        headers = {"content-type": "application/json"}
        assert problem(http.post(PATH, content=b"{", headers=headers))[0] == 400


def test_queries_of_another_index_and_images_that_are_none_fail_with_a_reason(
    tmp_path: Path,
) -> None:
    other = {"id": "a", "text": "x", "relevant": ["other.md"]}
    image = base64.b64encode(b"<html>").decode()
    broken = {"id": "b", "image": image, "relevant": [DISK]}
    with client(fake_app(FakeEngine(tmp_path))) as http:
        http.post(PATH, json={"queries": [other]})
        failed = ended(http)
        assert failed["state"] == "failed"
        assert "holds none of the 1 documents" in failed["error"]
        http.post(PATH, json={"queries": [broken]})
        assert ended(http)["error"].startswith("query b: image: ")
