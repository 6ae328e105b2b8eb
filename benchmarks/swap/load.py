"""Many questions in flight, and what came of them."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

Texts = frozenset[tuple[str, str]]
"""(document, text) of everything that a hit of a generation may show."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request: when it began and ended (seconds), its generation, what its hits show."""

    began: float
    ended: float
    generation: int
    hits: Texts


@dataclass(slots=True)
class Load:
    """What all requests came to. `phases` are (name, beginning, end), `commits` (when, which
    generation became live), `texts` what each of those holds, `changes` how long each took."""

    asked: list[Asked] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    phases: list[tuple[str, float, float]] = field(default_factory=list)
    commits: list[tuple[float, int]] = field(default_factory=list)
    texts: dict[int, Texts] = field(default_factory=dict)
    changes: list[str] = field(default_factory=list)

    def took(self, phase: str) -> list[float]:
        """Milliseconds of the requests that began in a phase."""
        [(start, end)] = [(start, end) for name, start, end in self.phases if name == phase]
        return [1000 * (one.ended - one.began) for one in self.asked if start <= one.began < end]

    def mixed(self) -> int:
        """Answers with a hit that is no text of the generation they name."""
        return sum(
            not one.hits <= self.texts.get(one.generation, frozenset()) for one in self.asked
        )

    def delays(self) -> list[float]:
        """Seconds from a commit to the first answer from it, unless the next one came before."""
        first: list[float] = []
        times = [at for at, _ in self.commits[1:]] + [float("inf")]
        for (at, generation), until in list(zip(self.commits, times, strict=True))[1:]:
            ends = [
                one.ended
                for one in self.asked
                if one.generation == generation and at <= one.ended < until
            ]
            first += [min(ends) - at] if ends else []
        return first


class Client:
    """Keep-alive connections that ask one question after another until told to stop."""

    def __init__(self, port: int, questions: Sequence[str], load: Load) -> None:
        self._port = port
        self._requests = [_request(text) for text in questions]
        self._load = load
        self.stopped = False

    async def run(self, number: int) -> None:
        """One connection, which starts with question `number`."""
        while not self.stopped:
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
                try:
                    while not self.stopped:
                        number += 1
                        writer.write(self._requests[number % len(self._requests)])
                        await self._answer(reader)
                finally:
                    writer.close()
            except (OSError, EOFError, ValueError, KeyError) as error:
                self._load.errors.append(f"{type(error).__name__}: {error}")
                await asyncio.sleep(0.1)

    async def _answer(self, reader: asyncio.StreamReader) -> None:
        began = time.monotonic()
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        status, *lines = head.strip().split("\r\n")
        headers = dict(line.split(": ", 1) for line in lines)
        body = await reader.readexactly(int(headers["content-length"]))
        ended = time.monotonic()
        if " 200 " not in f"{status} ":
            self._load.errors.append(f"{status}: {body[:200]!r}")
            return
        answer = json.loads(body)
        if int(headers["triptych-generation"]) != answer["generation"]:
            self._load.errors.append(f"header and body name two generations: {headers}")
        hits = frozenset((hit["document"], hit["text"]) for hit in answer["hits"])
        self._load.asked.append(Asked(began, ended, answer["generation"], hits))


def _request(text: str) -> bytes:
    body = json.dumps({"text": text}).encode()
    head = (
        "POST /v1/search HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n"
        f"content-length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body
