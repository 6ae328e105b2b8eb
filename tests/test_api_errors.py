"""Every refusal is a problem with a status and a reason, and never a traceback."""

from __future__ import annotations

import base64
import struct
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol

import pytest
from starlette.testclient import TestClient

from api.bodies import body_limit
from tests.api_fake import (  # noqa: F401 (pytest finds fixtures among a module's names)
    LIMITS,
    FakeEngine,
    engine_fixture,
    http_fixture,
    png,
)

FORM = {"content-type": "multipart/form-data; boundary=b"}


class Response(Protocol):
    """What the checks here need of a response, whichever client made it."""

    status_code: int

    @property
    def headers(self) -> Mapping[str, str]: ...

    @property
    def text(self) -> str: ...

    def json(self) -> Any: ...


def problem(response: Response) -> tuple[int, str]:
    """Status and detail of a response that must be a problem."""
    assert response.headers["content-type"] == "application/problem+json"
    body = response.json()
    assert sorted(body) == ["detail", "status", "title", "type"]
    assert body["status"] == response.status_code
    assert body["title"]
    assert body["detail"]
    assert "Traceback" not in response.text
    return response.status_code, body["detail"]


def huge_png(side: int) -> bytes:
    """The head of a PNG that says it is side × side pixels."""
    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    parts = [b"IHDR" + head, b"IDAT" + zlib.compress(b"\0"), b"IEND"]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(part) - 4) + part + struct.pack(">I", zlib.crc32(part))
        for part in parts
    )


def fields(data: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in data.items():
        for one in value if isinstance(value, list) else [value]:
            yield name, one


def form(parts: list[tuple[str, Any]]) -> tuple[bytes, dict[str, str]]:
    """A form of fields (text) and files ((name, bytes))."""
    body = b""
    for name, value in parts:
        file = f'; filename="{value[0]}"' if isinstance(value, tuple) else ""
        content = value[1] if isinstance(value, tuple) else value.encode()
        head = f'--b\r\ncontent-disposition: form-data; name="{name}"{file}\r\n\r\n'
        body += head.encode() + content + b"\r\n"
    return body + b"--b--\r\n", FORM


JSON_ERRORS: list[tuple[Any, str]] = [
    ({}, "empty query: give a question, an image, a recording, or several"),
    ({"text": "   "}, "empty query: give a question, an image, a recording, or several"),
    ({"text": "x" * 201}, "the question has 201 characters; up to 200 are allowed"),
    ({"text": "q", "k": 0}, "k: Input should be greater than or equal to 1"),
    ({"text": "q", "k": 51}, "k is 51; it must be from 1 to 50"),
    ({"text": "q", "k": "many"}, "k: Input should be a valid integer"),
    ({"text": ["q"]}, "text: Input should be a valid string"),
    ({"text": "q", "limit": 3}, "limit: Extra inputs are not permitted"),
    ({"text": "q", "collapse": "page"}, "collapse: Input should be 'document' or 'asset'"),
    ({"text": "q", "filters": ["product"]}, "filter 'product' is not KEY=VALUE"),
    ({"text": "q", "filters": 3}, "filters"),
    ({"image": "nicht base64!"}, "image: not base64: "),
    ({"image": "YWJ"}, "image: not base64: "),
    ({"voice": "nicht base64!"}, "voice: not base64: "),
    ({"image": base64.b64encode(b"hello").decode()}, "not an image (its first bytes are 68 65"),
    (
        {"image": base64.b64encode(huge_png(30_000)).decode()},
        "900,000,000 pixels; images of up to 80,000,000",
    ),
    ([1, 2], "Input should be an object"),
]


@pytest.mark.parametrize("path", ["/v1/search", "/v1/answer"])
@pytest.mark.parametrize(("body", "detail"), JSON_ERRORS)
def test_json_that_cannot_be_used(http: TestClient, path: str, body: Any, detail: str) -> None:
    status, given = problem(http.post(path, json=body))
    assert status == 422
    assert given.startswith(detail)


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b'{"text": "\\ud800"}', b"[" * 100_000])
def test_body_that_is_not_json(http: TestClient, body: bytes) -> None:
    headers = {"content-type": "application/json; charset=utf-8"}
    status, detail = problem(http.post("/v1/search", content=body, headers=headers))
    assert status == 400
    assert detail.startswith("the body is not JSON: ")


FORM_ERRORS: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    ({"k": "2"}, {}, "empty query"),
    ({"text": "q", "k": "two"}, {}, "k: Input should be a valid integer"),
    ({"text": ["a", "b"]}, {}, "text: sent twice"),
    ({"text": "q", "colour": "red"}, {}, "colour: unknown part; known: collapse, exclude, filter"),
    ({"text": "q", "filter": "x"}, {}, "filter 'x' is not KEY=VALUE"),
    ({"image": "abc"}, {}, "image: send it as a file part, with a file name"),
    ({}, {"text": ("q.txt", b"q")}, "text: a file was sent; files go in the part 'image'"),
    ({"voice": "abc"}, {}, "voice: send it as a file part, with a file name"),
    ({}, {"image": ("a.png", b"")}, "empty file, not an image"),
    ({}, {"image": ("a.png", b"<!doctype html>")}, "not an image (it holds HTML)"),
    ({}, {"image": ("a.png", png()[:60])}, "damaged image: "),
    ({}, {"image": ("a.png", huge_png(30_000))}, "900,000,000 pixels; images of up to 80,000,000"),
]


@pytest.mark.parametrize(("data", "files", "detail"), FORM_ERRORS)
def test_form_that_cannot_be_used(
    http: TestClient, data: dict[str, Any], files: dict[str, Any], detail: str
) -> None:
    body, headers = form([*fields(data), *files.items()])
    status, given = problem(http.post("/v1/search", content=body, headers=headers))
    assert status == 422
    assert given.startswith(detail)


@pytest.mark.parametrize("part", ["image", "voice"])
def test_a_file_part_sent_twice(http: TestClient, part: str) -> None:
    files = [(part, ("a", png())), (part, ("b", png()))]
    status, detail = problem(http.post("/v1/search", files=files))
    assert (status, detail) == (422, f"{part}: sent twice")


def test_three_files(http: TestClient) -> None:
    files = [("image", ("a.png", png()))] * 3
    status, detail = problem(http.post("/v1/search", files=files))
    assert (status, detail) == (400, "Too many files. Maximum number of files is 2.")


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (b"nonsense", FORM),
        (b"", {"content-type": "multipart/form-data"}),
        (b"--b\r\nbad header\r\n\r\n--b--", FORM),
    ],
)
def test_body_that_is_not_a_form(http: TestClient, body: bytes, headers: dict[str, str]) -> None:
    assert problem(http.post("/v1/search", content=body, headers=headers))[0] == 400


def test_form_cut_off_inside_its_image(http: TestClient) -> None:
    head = b'--b\r\ncontent-disposition: form-data; name="text"\r\n\r\nq\r\n'
    head += b'--b\r\ncontent-disposition: form-data; name="image"; filename="a.png"\r\n\r\n'
    response = http.post("/v1/search", content=head + png()[:40], headers=FORM)
    assert problem(response) == (400, "multipart/form-data: the closing boundary is missing")


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_other_content_types(http: TestClient, kind: str) -> None:
    headers = {"content-type": kind} if kind else {}
    response = http.post("/v1/search", content=b"text=q", headers=headers)
    status, detail = problem(response)
    assert status == 415
    assert detail.endswith("send application/json or multipart/form-data")
    assert response.headers["accept-post"] == "application/json, multipart/form-data"


def test_compressed_body(http: TestClient) -> None:
    headers = {"content-type": "application/json", "content-encoding": "gzip"}
    status, detail = problem(http.post("/v1/search", content=b"x", headers=headers))
    assert status == 415
    assert detail == "content-encoding 'gzip' is not taken; send the body as it is"


def test_announced_body_over_the_limit(http: TestClient, engine: FakeEngine) -> None:
    body = b"x" * (body_limit(LIMITS) + 1)
    response = http.post("/v1/search", content=body, headers={"content-type": "application/json"})
    assert problem(response) == (413, "the request has more than 546,736 bytes")
    assert engine.queries == []


@pytest.mark.parametrize("kind", ["application/json", "multipart/form-data; boundary=b"])
def test_streamed_body_over_the_limit(http: TestClient, kind: str) -> None:
    sent = 0

    def chunks() -> Iterator[bytes]:
        nonlocal sent
        if kind.startswith("multipart"):
            yield b'--b\r\ncontent-disposition: form-data; name="image"; filename="a"\r\n\r\n'
        for _ in range(100):
            sent += 65_536
            yield b"x" * 65_536

    response = http.post("/v1/search", content=chunks(), headers={"content-type": kind})
    assert problem(response)[0] == 413


@pytest.mark.parametrize(("part", "most"), [("image", 300_000), ("voice", 60_000)])
def test_file_over_the_limit(http: TestClient, part: str, most: int) -> None:
    files = {part: ("a", b"x" * (most + 1))}
    status, detail = problem(http.post("/v1/search", files=files))
    assert (status, detail) == (413, f"{part}: {most + 1:,} bytes; up to {most:,} are allowed")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1/nothing", 404),
        ("GET", "/static/nothing.js", 404),
        ("GET", "/static/../app.py", 404),
        ("GET", "/static/%2e%2e/app.py", 404),
        ("GET", "/v1/search", 405),
        ("DELETE", "/v1/info", 405),
        ("POST", "/", 405),
        ("GET", "/v1/thumbs/none.webp", 404),
        ("GET", "/v1/thumbs/..%2f..%2fetc%2fpasswd", 404),
        ("GET", "/v1/thumbs/%2e%2e", 404),
        ("GET", "/v1/thumbs/.hidden", 404),
        ("GET", "/v1/thumbs/a%00b", 404),
        ("GET", "/v1/thumbs/" + "a" * 5000, 404),
        ("GET", "/redoc", 404),
    ],
)
def test_routes_that_are_not_there(http: TestClient, method: str, path: str, status: int) -> None:
    assert problem(http.request(method, path))[0] == status


def test_wrong_method_says_which_are_right(http: TestClient) -> None:
    response = http.get("/v1/search")
    assert response.headers["allow"] == "POST"
    assert response.json()["detail"] == "GET /v1/search: method not allowed"


def test_no_thumb_outside_the_folder(http: TestClient, tmp_path: Path) -> None:
    (tmp_path.parent / "secret.webp").write_bytes(b"secret")
    response = http.get("/v1/thumbs/..%2fsecret.webp")
    assert response.status_code == 404
    assert b"secret" not in response.content.replace(b"secret.webp", b"")


def test_failure_inside_hides_its_detail(
    http: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    response = http.post("/v1/answer", json={"text": "boom"})
    assert problem(response) == (500, "the request failed inside the service; its log says why")
    assert "secret" not in response.text
    assert "secret detail of the failure" in caplog.text


def test_problem_types(http: TestClient) -> None:
    body = http.post("/v1/search", json={"image": "aGVsbG8="}).json()
    assert (body["type"], body["title"]) == ("urn:triptych:bad-image", "Bad image")
    body = http.get("/v1/nothing").json()
    assert (body["type"], body["title"]) == ("about:blank", "Not Found")
