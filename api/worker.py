"""The process that changes the index: one JSON line in, one JSON line out."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from asyncio.subprocess import PIPE, Process
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import TypeVar

from pydantic import BaseModel, JsonValue, TypeAdapter

from api.problems import Refused, WriterFailed
from api.schemas import Written

END_SECONDS = 5.0
"""How long the process may take to end once it was asked to."""

_LINE_BYTES = 64 << 20

R = TypeVar("R", bound=BaseModel)


class _Ready(BaseModel):
    ready: bool


class _Error(BaseModel):
    error: str
    kind: str
    status: int


_START: TypeAdapter[_Ready | _Error] = TypeAdapter(_Ready | _Error)
_REPLY: TypeAdapter[Written | _Error] = TypeAdapter(Written | _Error)


class Worker:
    """A running worker. Made by `Worker.start`; after a call that failed it is dead."""

    def __init__(self, process: Process) -> None:
        self._process = process

    @classmethod
    async def start(cls, command: Sequence[str], seconds: float) -> Worker:
        """Start `command` and wait until it is ready.

        Raises Refused with the reason it gives for not starting, WriterFailed when it gives
        none or is not ready after `seconds`.
        """
        try:
            # In a session of its own, so that Ctrl+C ends it after its change and not within.
            process = await asyncio.create_subprocess_exec(
                *command, stdin=PIPE, stdout=PIPE, limit=_LINE_BYTES, start_new_session=True
            )
        except OSError as error:
            raise WriterFailed(f"{command[0]}: cannot be started: {error.strerror}") from error
        worker = cls(process)
        await worker._call(b"", seconds, _START, "the writing process could not start")
        return worker

    @property
    def alive(self) -> bool:
        stdout = self._process.stdout
        return self._process.returncode is None and stdout is not None and not stdout.at_eof()

    async def ask(self, request: Mapping[str, JsonValue], seconds: float) -> Written:
        """Have one change made. Raises Refused, WriterFailed."""
        line = json.dumps(request).encode("ascii") + b"\n"
        return await self._call(
            line, seconds, _REPLY, "nobody knows whether the change was made; send it again"
        )

    async def end(self) -> None:
        """End the process, by force after END_SECONDS."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._process.wait(), END_SECONDS)
        await self._kill()

    async def _call(
        self, line: bytes, seconds: float, expected: TypeAdapter[R | _Error], meaning: str
    ) -> R:
        """Write a line and read one. `meaning` says what it means when none can be read."""
        try:
            async with asyncio.timeout(seconds):
                reply = await self._exchange(line)
            found = expected.validate_json(reply)
        except BaseException as error:
            await self._kill()  # a late answer would be taken for that to the next request
            if isinstance(error, Exception):
                raise WriterFailed(f"{_fault(error, seconds)}: {meaning}") from error
            raise
        if isinstance(found, _Error):
            status = found.status if 400 <= found.status <= 599 else 503
            raise Refused(found.error, found.kind, status)
        return found

    async def _exchange(self, line: bytes) -> bytes:
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        if line:
            stdin.write(line)
            await stdin.drain()
        return await stdout.readuntil(b"\n")

    async def _kill(self) -> None:
        """End the process and its children at once, if they still run."""
        if self._process.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
        await self._process.wait()


def _fault(error: Exception, seconds: float) -> str:
    if isinstance(error, TimeoutError):
        return f"the writing process gave no answer within {seconds:g} s"
    if isinstance(error, EOFError | OSError):
        return "the writing process died"
    return "the writing process answered nonsense"
