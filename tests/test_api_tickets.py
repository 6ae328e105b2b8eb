"""Similar tickets and worded answers over HTTP."""

from __future__ import annotations

from pathlib import Path

from starlette.testclient import TestClient

from indexer.config import Llm
from search.llm import ChatEndpoint
from tests.api_fake import (  # noqa: F401 (pytest finds fixtures among a module's names)
    FakeEngine,
    client,
    engine_fixture,
    fake_app,
    http_fixture,
)
from tests.fake_chat import DONE, Script, event, serving


def test_similar_tickets_of_a_document(http: TestClient) -> None:
    reply = http.get("/v1/documents/tickets.csv%23T-1/similar", params={"k": 5})
    body = reply.json()
    assert (body["document"], body["title"], body["kind"]) == (
        "tickets.csv#T-1", "磁盘已满", "ticket",
    )  # fmt: skip
    (first,) = body["tickets"]
    assert (first["likeness"], first["same"]) == (0.75, True)
    assert first["hit"]["document"] == "guide/disk.md"
    assert reply.headers["triptych-generation"] == "3"


def test_a_document_that_is_not_there(http: TestClient) -> None:
    reply = http.get("/v1/documents/nope.md/similar")
    assert reply.status_code == 404
    assert reply.json()["detail"] == "nope.md: not in the index"
    assert http.get("/v1/documents/nope.md/similar?k=many").status_code == 422


def test_an_answer_is_worded_where_that_is_asked(tmp_path: Path) -> None:
    reply = [event("Free the disk [1]. The cat did it."), DONE]
    with serving(Script(reply)) as fake:
        llm = Llm.model_validate({"endpoint": fake.url, "model": "tiny"})
        http = client(fake_app(FakeEngine(tmp_path), chat=ChatEndpoint(llm, offline=True)))
        plain = http.post("/v1/answer", json={"text": "disk full"}).json()
        worded = http.post("/v1/answer?llm=true", json={"text": "disk full"}).json()
        form = http.post("/v1/answer?llm=true", files={"text": (None, "disk full")}).json()
        unsure = http.post("/v1/answer?llm=true", json={"text": "unsure"}).json()
    assert (plain["answer"], plain["model"]) == ("Free the disk [1]. A red lamp shows it [2].", "")
    assert (worded["answer"], worded["model"]) == ("Free the disk [1].", "tiny")
    assert form["answer"] == worded["answer"]
    assert worded["note"].startswith("1 of 2 sentences of tiny left out")
    assert [citation["number"] for citation in worded["citations"]] == [1]
    assert (unsure["found"], unsure["model"]) == (False, "")
    assert len(fake.asked) == 2  # neither for quotations nor where nothing was found


def test_a_service_without_a_language_model_says_so(http: TestClient) -> None:
    reply = http.post("/v1/answer?llm=true", json={"text": "disk full"})
    assert reply.status_code == 400
    assert reply.json()["detail"].startswith("no language model is set; give llm.endpoint")
