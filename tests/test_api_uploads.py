"""What may be put in over HTTP: names, kinds and sizes, and how it reaches the worker."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from api.bodies import body_limit
from api.uploads import SUFFIXES, Spool, check_id
from tests.api_live import (  # noqa: F401 (pytest finds fixtures among a module's names)
    LIMITS,
    asked,
    folder_fixture,
    http_fixture,
    puts,
)
from tests.test_api_errors import problem

MARKDOWN = {"content-type": "text/markdown; charset=utf-8"}


@pytest.mark.parametrize(
    ("path", "kind", "expected"),
    [
        ("a.md", "", ("a.md", ".md")),
        ("a.HTML", "text/plain", ("a.HTML", ".html")),
        ("a", "text/markdown; charset=utf-8", ("a", ".md")),
        ("v1.2", "TEXT/HTML", ("v1.2", ".html")),
        ("a", "text/plain", ("a", ".txt")),
        ("a", "text/x-rst", ("a", ".rst")),
        ("a", "text/csv", ("a", ".csv")),
        ("a", "application/pdf", ("a", ".pdf")),
        ("a", "image/png", ("a", ".png")),
        ("a", "image/jpeg", ("a", ".jpg")),
        ("%E7%83%AD/b%20c.md", "", ("热/b c.md", ".md")),
        ("a%2Fb.md", "", ("a/b.md", ".md")),
    ],
)
def test_what_a_document_is(
    http: TestClient, folder: Path, path: str, kind: str, expected: tuple[str, str]
) -> None:
    headers = {"content-type": kind} if kind else {}
    response = http.put(f"/v1/documents/{path}", content=b"x", headers=headers)
    assert response.status_code == 200
    assert puts(folder) == [(*expected, "x")]


@pytest.mark.parametrize(
    ("path", "kind"),
    [("a", ""), ("a.docx", ""), ("a", "application/zip"), ("a", "image/svg+xml"), ("md", "")],
)
def test_what_is_not_taken(http: TestClient, folder: Path, path: str, kind: str) -> None:
    headers = {"content-type": kind} if kind else {}
    status, detail = problem(http.put(f"/v1/documents/{path}", content=b"x", headers=headers))
    assert status == 415
    assert detail.startswith(f"{path}: {f'content type {kind!r}' if kind else 'no content type'}")
    assert ".markdown, .md" in detail
    assert "text/markdown" in detail
    assert asked(folder) == []


def test_a_compressed_body_is_not_taken(http: TestClient) -> None:
    headers = {"content-encoding": "gzip"}
    status, detail = problem(http.put("/v1/documents/a.md", content=b"x", headers=headers))
    assert (status, detail.partition(" is")[0]) == (415, "content-encoding 'gzip'")


def test_every_suffix_that_loaders_read_is_taken() -> None:
    from indexer.loaders.base import LOADERS

    assert sorted(SUFFIXES) == LOADERS.names()


@pytest.mark.parametrize(
    ("id", "record", "expected"),
    [
        ("tickets/T-9", {"title": "Leak"}, {"title": "Leak", "id": "T-9"}),
        ("T-9.json", {"title": "Leak", "id": ""}, {"title": "Leak", "id": "T-9"}),
        ("T-9", {"ID": 7, "title": "a\u2028b"}, {"ID": 7, "title": "a\u2028b"}),
        ("T-9", {"id": "X", "tags": ["a", {"b": None}]}, {"id": "X", "tags": ["a", {"b": None}]}),
    ],
)
def test_a_ticket_record(
    http: TestClient, folder: Path, id: str, record: dict[str, Any], expected: dict[str, Any]
) -> None:
    response = http.put(
        f"/v1/documents/{id}",
        content=json.dumps(record, indent=2, ensure_ascii=False).encode(),
        headers={"content-type": "application/json"},
    )
    assert response.status_code == 200
    [(given, suffix, body)] = puts(folder)
    assert (given, suffix) == (id, ".jsonl")
    assert body.endswith("\n")
    assert len(body.splitlines()) == 1
    assert json.loads(body) == expected


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"x"', b"\xff", b"[" * 100_000])
def test_a_ticket_that_is_no_record(http: TestClient, folder: Path, body: bytes) -> None:
    headers = {"content-type": "application/json"}
    status, detail = problem(http.put("/v1/documents/T-9", content=body, headers=headers))
    assert status == 400
    assert detail.startswith("T-9: ")
    assert asked(folder) == []


@pytest.mark.parametrize(
    "id",
    ["", "/a.md", "a//b.md", "a/", "..", "a/../b.md", "./a.md", "a\\b.md", "a\nb.md", "a\x7f.md",
     "a#b.md", "x" * 510 + ".md", "é" * 121 + ".md", "a\x00.md"],
)  # fmt: skip
def test_ids_that_name_no_document(http: TestClient, folder: Path, id: str) -> None:
    body = {"documents": [{"id": id, "text": "x", "type": "text/plain"}]}
    status, detail = problem(http.post("/v1/documents", json=body))
    assert status == 422
    assert detail.startswith("id '")
    assert asked(folder) == []


@pytest.mark.parametrize("path", ["", "a%23b.md", "%2Fetc%2Fa.md", "a%2F..%2Fb.md", "a%07b.md"])
def test_paths_that_name_no_document(http: TestClient, folder: Path, path: str) -> None:
    status, detail = problem(http.put(f"/v1/documents/{path}", content=b"x", headers=MARKDOWN))
    assert status == 422
    assert detail.startswith("id '")
    assert asked(folder) == []


def test_ids_at_their_limits() -> None:
    whole = "/".join(["x" * 99] * 5) + "/" + "y" * 12
    assert len(check_id(whole)) == 512
    assert check_id("é" * 120) == "é" * 120
    assert check_id("tickets.csv#T 1", record=True) == "tickets.csv#T 1"


@pytest.mark.parametrize("announced", [True, False])
def test_how_large_a_file_may_be(http: TestClient, folder: Path, announced: bool) -> None:
    def body(size: int) -> bytes | Iterator[bytes]:
        return b"x" * size if announced else iter([b"x" * 1000] * (size // 1000) + [b"x"])

    assert body_limit(LIMITS) < 300_000
    assert http.put("/v1/documents/a.txt", content=body(299_999)).status_code == 200
    assert len(puts(folder)[0][2]) >= 299_000
    response = http.put("/v1/documents/a.txt", content=body(300_001))
    assert problem(response) == (413, "the request has more than 300,000 bytes")
    assert len(asked(folder)) == 1


@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/v1/documents"), ("PUT", "/v1/search"), ("POST", "/v1/search")]
)
def test_other_bodies_keep_their_limit(http: TestClient, method: str, path: str) -> None:
    most = body_limit(LIMITS)
    response = http.request(method, path, content=b"x" * (most + 1))
    assert problem(response) == (413, f"the request has more than {most:,} bytes")


def test_a_body_that_breaks_off_leaves_nothing(
    http: TestClient, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spools: list[Spool] = []
    left = Spool.__exit__

    def leaving(spool: Spool, *why: Any) -> None:
        assert len(list(Path(spool._folder.name).iterdir())) == 1
        left(spool, *why)
        spools.append(spool)

    monkeypatch.setattr(Spool, "__exit__", leaving)
    assert http.put("/v1/documents/a.md", content=iter([b"x" * 200_000] * 2)).status_code == 413
    [spool] = spools
    assert not Path(spool._folder.name).exists()
    assert asked(folder) == []
