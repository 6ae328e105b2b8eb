from __future__ import annotations

import json
from collections.abc import Sequence

import pytest

from indexer.config import Llm
from indexer.errors import BadConfig, EndpointFailed
from search.llm import ChatEndpoint
from tests.fake_chat import DONE, KEY, WAIT, FakeChatServer, Script, event, serving

JSON = {"Content-Type": "application/json"}


def settings(url: str, timeout_s: float = 20.0, key: str = KEY, tokens: int = 50) -> Llm:
    values = {"endpoint": url, "model": "tiny", "key": key, "timeout_s": timeout_s}
    return Llm.model_validate(values | {"tokens": tokens})


def ask(fake: FakeChatServer, timeout_s: float = 20.0) -> list[str]:
    return list(ChatEndpoint(settings(fake.url, timeout_s), offline=True).stream("sys", "usr"))


def test_a_reply_is_streamed_piece_by_piece() -> None:
    usage = b'data: {"choices": [], "usage": {"total_tokens": 7}}\n\n'
    pieces = [b": ping\n\n", event("Open "), event("it [1]."), usage, DONE, b"data: late\n\n"]
    with serving(Script(pieces)) as fake:
        assert ask(fake) == ["Open ", "it [1]."]
    assert fake.paths == ["POST /v1/chat/completions"]
    assert fake.asked == [
        {
            "model": "tiny",
            "messages": [
                {"role": "system", "content": "sys"},
                {"role": "user", "content": "usr"},
            ],
            "stream": True,
            "temperature": 0,
            "max_tokens": 50,
        }
    ]
    assert fake.headers[0]["Authorization"] == f"Bearer {KEY}"


def test_a_character_may_arrive_in_two_parts() -> None:
    whole = event("按下开关。", "stop")
    cut = whole.index("按".encode()) + 1
    with serving(Script([whole[:cut], whole[cut:]])) as fake:
        assert ask(fake) == ["按下开关。"]


def test_options_that_a_model_refuses_are_left_out() -> None:
    refusal = Script([b'{"error": {"message": "max_tokens"}}'], 400, JSON)
    with serving(refusal, Script([event("Yes."), DONE])) as fake:
        assert ask(fake) == ["Yes."]
    assert [sorted(asked) for asked in fake.asked] == [
        ["max_tokens", "messages", "model", "stream", "temperature"],
        ["messages", "model", "stream"],
    ]


def test_a_reply_without_end_is_cut() -> None:
    with serving(Script([*[event("a")] * 10, WAIT])) as fake:
        chat = ChatEndpoint(settings(fake.url, tokens=3), offline=True)
        assert list(chat.stream("", "")) == ["a"] * 6


def test_an_endpoint_may_reply_at_once() -> None:
    choice = {"message": {"content": "Whole reply."}, "finish_reason": "stop"}
    with serving(Script([json.dumps({"choices": [choice]}).encode()], headers=JSON)) as fake:
        assert ask(fake) == ["Whole reply."]


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        (Script([], 401, JSON), "it refuses the key (status 401)"),
        (Script([b"oops"], 500), "status 500"),
        (
            Script([f'{{"error": {{"message": "bad {KEY}"}}}}'.encode()], 429, JSON),
            "status 429: bad ***",
        ),
        (Script([b'{"error": "no model"}'], 404, JSON), "status 404: no model"),
        (Script([], 302, {"Location": "/v1/elsewhere"}), "status 302"),
        (Script([event("Open")]), "it broke off in the middle of the reply"),
        (Script([event("Open")], headers={"Content-Length": "900"}), "it broke off in the middle"),
        (
            Script([b"900\r\n", event("Open")], headers={"Transfer-Encoding": "chunked"}),
            "it broke off (IncompleteRead)",
        ),
        (Script([b"data: {nonsense\n\n"]), "it sends what is not JSON"),
        (Script([b"data: \xff\xfe\n\n"]), "it sends what is not JSON"),
        (Script([b"data: [1]\n\n"]), "it sends something else than a JSON object"),
        (Script([b'data: {"text": "a"}\n\n']), "it sends something else than a chat completion"),
        (Script([b'data: {"choices": [{"delta": {"content": 1}}]}\n\n']), "than a chat completion"),
        (Script([b'data: {"error": {"message": "full"}}\n\n']), "it reports an error: full"),
        (Script([b"<html></html>"], headers={"Content-Type": "text/html"}), "it broke off"),
        (Script([b"x" * 1_000_000] * 5), "it sent more than 4,000,000 bytes"),
    ],
)
def test_what_goes_wrong_is_named(script: Script, reason: str) -> None:
    with serving(script) as fake, pytest.raises(EndpointFailed) as caught:
        ask(fake)
    assert reason in str(caught.value)
    assert KEY not in str(caught.value)
    assert not any(path.startswith("GET") for path in fake.paths)


@pytest.mark.parametrize("pieces", [[WAIT], [event("Open"), WAIT], [b"data: {", WAIT]])
def test_silence_ends_at_the_deadline(pieces: Sequence[bytes]) -> None:
    with serving(Script(pieces)) as fake, pytest.raises(EndpointFailed, match="in time"):
        ask(fake, timeout_s=0.2)


def test_nobody_there() -> None:
    with serving(Script()) as fake:
        pass
    with pytest.raises(EndpointFailed, match="no connection"):
        ask(fake)


@pytest.mark.parametrize(
    ("endpoint", "path"),
    [("{}", "/v1"), ("{}/", "/v1"), ("{}/api/v1/", "/api/v1"), ("{}/v1/chat/completions", "/v1")],
)
def test_where_a_question_goes(endpoint: str, path: str) -> None:
    with serving(Script([event("a", "stop")])) as fake:
        host = fake.url.removesuffix("/v1")
        list(ChatEndpoint(settings(endpoint.format(host), key=""), False).stream("", ""))
    assert fake.paths == [f"POST {path}/chat/completions"]
    assert "Authorization" not in fake.headers[0]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"endpoint": ""}, "no language model is set; give llm.endpoint"),
        ({"endpoint": "ftp://host"}, "not a URL"),
        ({"endpoint": "http://me:pass@host/v1"}, "without a user"),
        ({"endpoint": "http://[::1"}, "not a URL"),
        ({"endpoint": "http://host:99999"}, "not a URL"),
        ({"model": ""}, "llm.model is empty"),
        ({"key": f"{KEY}\nX-Other: 1"}, "llm.key: holds a character"),
        ({"endpoint": "https://models.example/v1"}, "on the network, and offline is set"),
    ],
)
def test_settings_that_cannot_be_used(change: dict[str, str], said: str) -> None:
    llm = Llm.model_validate({**settings("http://localhost:1/v1").model_dump(), **change})
    with pytest.raises(BadConfig) as caught:
        ChatEndpoint(llm, offline=True)
    assert said in str(caught.value)
    assert KEY not in str(caught.value)
    assert "pass" not in str(caught.value)


def test_the_key_is_not_part_of_what_settings_show() -> None:
    assert KEY not in repr(settings("http://localhost:1/v1"))
    assert KEY not in settings("http://localhost:1/v1").model_dump_json()
