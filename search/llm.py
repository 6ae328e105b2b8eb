"""A language model behind an OpenAI-compatible endpoint, asked for one reply at a time."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Iterator
from contextlib import suppress
from urllib.parse import urlsplit

from indexer.config import Llm
from indexer.errors import BadConfig, EndpointFailed
from search.stream import Reply, post

NO_ENDPOINT = (
    "no language model is set; give llm.endpoint and llm.model in triptych.toml, or "
    "TRIPTYCH_LLM__ENDPOINT=http://localhost:11434/v1 and TRIPTYCH_LLM__MODEL"
)

_PATH = "/chat/completions"
_SAID = 200
"""Characters of an endpoint's own error message that are passed on."""


class ChatEndpoint:
    """Streams replies from `POST /v1/chat/completions`.

    Source: OpenAI API reference, "Create chat completion" and its stream of server-sent events,
    which vLLM, llama.cpp, Ollama and others serve alike.
    """

    def __init__(self, settings: Llm, offline: bool) -> None:
        """Raises BadConfig where no endpoint or model is set, or one cannot be used.

        `offline` allows endpoints on this machine only.
        """
        self.model = settings.model
        self._url = _url(settings.endpoint)
        self._settings = settings
        if not settings.model:
            raise BadConfig("llm.model is empty; name a model that the endpoint serves")
        if offline and not _here(self._url):
            raise BadConfig(
                f"llm.endpoint {settings.endpoint}: on the network, and offline is set; "
                "take an endpoint on this machine"
            )
        key = settings.key.get_secret_value()
        if not (key.isascii() and key.isprintable()) or " " in key:
            raise BadConfig("llm.key: holds a character that no key has; copy it again")
        self._key = key

    def stream(self, system: str, user: str) -> Iterator[str]:
        """The reply, piece by piece. Raises EndpointFailed, also after the first pieces."""
        plain: dict[str, object] = {
            "model": self.model,
            "messages": [
                {"role": "system", "content": system},
                {"role": "user", "content": user},
            ],
            "stream": True,
        }
        full = plain | {"temperature": 0, "max_tokens": self._settings.tokens}
        # Some models refuse one of the two options; then the reply is cut here alone.
        for body in (full, plain):
            data = json.dumps(body).encode()
            with post(self._url, data, self._headers(), self._settings.timeout_s) as reply:
                if reply.status == 400 and body is full:
                    continue
                yield from self._limited(self._pieces(reply))
                return

    def _limited(self, pieces: Iterator[str]) -> Iterator[str]:
        """A piece is about a token."""
        for count, piece in enumerate(pieces):
            if count >= 2 * self._settings.tokens:
                return
            yield piece

    def _headers(self) -> dict[str, str]:
        headers = {
            "Content-Type": "application/json",
            "Accept": "text/event-stream",
            "User-Agent": "triptych",
        }
        return headers | ({"Authorization": f"Bearer {self._key}"} if self._key else {})

    def _pieces(self, reply: Reply) -> Iterator[str]:
        if reply.status in (401, 403):
            raise EndpointFailed(f"it refuses the key (status {reply.status})")
        if reply.status != 200:
            raise EndpointFailed(self._said(f"status {reply.status}", reply.body()))
        if reply.content_type == "application/json":
            yield self._content(_json(reply.body()), "message")[0]
            return
        finished = False
        for line in reply.lines():
            field, _, value = line.partition(b":")
            if field != b"data":
                continue
            if value.strip() == b"[DONE]":
                return
            text, ended = self._content(_json(value), "delta")
            finished = finished or ended
            if text:
                yield text
        if not finished:
            raise EndpointFailed("it broke off in the middle of the reply")

    def _content(self, event: dict[str, object], part: str) -> tuple[str, bool]:
        """Text of an event and whether it is the last one with text. Raises EndpointFailed."""
        if event.get("error"):
            raise EndpointFailed(self._said("it reports an error", json.dumps(event).encode()))
        choices = event.get("choices")
        if choices == []:  # as in the event that counts tokens
            return "", False
        first = choices[0] if isinstance(choices, list) else None
        said = first.get(part) if isinstance(first, dict) else None
        text = said.get("content") or "" if isinstance(said, dict) else None
        if not isinstance(first, dict) or not isinstance(text, str):
            raise EndpointFailed("it sends something else than a chat completion")
        return text, bool(first.get("finish_reason"))

    def _said(self, what: str, body: bytes) -> str:
        """`what`, and the endpoint's own message where it gives one, without the key."""
        message: object = None
        with suppress(EndpointFailed):
            error = _json(body).get("error")
            message = error.get("message") if isinstance(error, dict) else error
        if not isinstance(message, str) or not message.strip():
            return what
        if self._key:
            message = message.replace(self._key, "***")
        return f"{what}: {' '.join(message.split())[:_SAID]}"


def _url(endpoint: str) -> str:
    """Where to post to. Raises BadConfig."""
    if not endpoint:
        raise BadConfig(NO_ENDPOINT)
    try:
        parts = urlsplit(endpoint)
        fine = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port beyond 65535, an address that is none
        fine = False
    if not fine or parts.username is not None:
        raise BadConfig("llm.endpoint is not a URL such as https://HOST/v1, without a user in it")
    path = parts.path.rstrip("/")
    if not path.endswith(_PATH):
        path = (path or "/v1") + _PATH
    return parts._replace(path=path, fragment="").geturl()


def _here(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    with suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return False


def _json(data: bytes) -> dict[str, object]:
    """Raises EndpointFailed for anything but a JSON object."""
    try:
        value = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise EndpointFailed("it sends what is not JSON") from error
    if not isinstance(value, dict):
        raise EndpointFailed("it sends something else than a JSON object")
    return value
