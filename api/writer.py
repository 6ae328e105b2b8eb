"""Changes to the index behind the HTTP service: one at a time, in the order they came."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Coroutine, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from pydantic import JsonValue

from api.problems import Busy, NotReady
from api.schemas import Written
from api.uploads import Delete, Upload
from api.worker import END_SECONDS, Worker
from indexer.errors import TriptychError

log = logging.getLogger(__name__)

MOST_WAITING = 64
"""Changes held at once, the one being made included; each may hold a file on the disk."""

IDLE_SECONDS = 600.0
"""A worker that was not needed for so long is ended; the next change starts another."""

CHANGE_SECONDS = 120.0
"""How long a change, or the start of the worker, may take."""

T = TypeVar("T")


class Writer:
    """Hands changes to `indexer.building.worker`, started when first needed and kept warm.

    `command` starts the worker; by default that of the index at `folder`, with the
    environment and the working folder of this process.
    """

    def __init__(
        self,
        folder: Path,
        command: Sequence[str] = (),
        idle_seconds: float = IDLE_SECONDS,
        change_seconds: float = CHANGE_SECONDS,
    ) -> None:
        worker = (sys.executable, "-m", "indexer.building.worker", str(folder))
        self._command = tuple(command) or worker
        self._idle_seconds = idle_seconds
        self._change_seconds = change_seconds
        self._worker: Worker | None = None
        self._turn = asyncio.Lock()
        self._idle: asyncio.TimerHandle | None = None
        self._jobs: set[asyncio.Task[object]] = set()
        self._closed = False
        self.waiting = 0
        """Changes held now: one being made, the others in the order they came."""

    def start(self) -> None:
        """Start the worker in the background, so that the first change need not wait for it."""
        self._spawn(self._warm_up())

    @contextmanager
    def admit(self) -> Iterator[None]:
        """A place for one change, from before its body is read. Raises Busy when none is left."""
        if self.waiting >= MOST_WAITING:
            raise Busy(f"{self.waiting} changes are waiting already; try again in a moment")
        self.waiting += 1
        try:
            yield
        finally:
            self.waiting -= 1

    async def write(self, puts: Sequence[Upload], deletes: Sequence[Delete] = ()) -> Written:
        """Make one change, all of it or nothing, after those that came before.

        Raises Refused with the worker's reason, WriterFailed when it died or took longer than
        `change_seconds`, NotReady when the service stops. A caller that is cancelled stays
        until its change is done, because the worker reads its files.
        """
        job = self._spawn(self._make(_request(puts, deletes)))
        try:
            return await asyncio.shield(job)
        except asyncio.CancelledError:
            await asyncio.wait([job])
            raise

    async def close(self) -> None:
        """Let the change at hand finish, for a few seconds, and end the worker."""
        self._closed = True
        self._wake()
        jobs = set(self._jobs)
        if jobs:
            _, late = await asyncio.wait(jobs, timeout=END_SECONDS)
            for job in late:
                job.cancel()
        await self._end()

    async def _warm_up(self) -> None:
        try:
            async with self._turn:
                await self._ready()
                self._rest()
        except TriptychError as error:
            log.warning("changes cannot be made yet: %s", error)

    async def _make(self, request: dict[str, JsonValue]) -> Written:
        async with self._turn:
            worker = await self._ready()
            try:
                return await worker.ask(request, self._change_seconds)
            finally:
                self._rest()

    async def _ready(self) -> Worker:
        """The worker, another one when it has died. Call it holding the turn."""
        if self._closed:
            raise NotReady("the service is stopping")
        self._wake()
        if self._worker is None or not self._worker.alive:
            await self._drop()
            self._worker = await Worker.start(self._command, self._change_seconds)
        return self._worker

    async def _end(self) -> None:
        async with self._turn:
            await self._drop()

    async def _drop(self) -> None:
        worker, self._worker = self._worker, None
        if worker is not None:
            await worker.end()

    def _rest(self) -> None:
        """End the worker after a while, unless it is needed again."""
        if not self._closed:
            loop = asyncio.get_running_loop()
            self._idle = loop.call_later(self._idle_seconds, self._expire)

    def _expire(self) -> None:
        self._spawn(self._end())

    def _wake(self) -> None:
        if self._idle is not None:
            self._idle.cancel()

    def _spawn(self, work: Coroutine[object, object, T]) -> asyncio.Task[T]:
        """Run `work` to its end, whoever waits for it."""
        job = asyncio.create_task(work)
        self._jobs.add(job)
        job.add_done_callback(self._done)
        return job

    def _done(self, job: asyncio.Task[T]) -> None:
        self._jobs.discard(job)
        if not job.cancelled():
            job.exception()  # taken note of, where nobody waits any more


def _request(puts: Sequence[Upload], deletes: Sequence[Delete]) -> dict[str, JsonValue]:
    return {
        "put": [{"id": put.id, "path": str(put.path), "suffix": put.suffix} for put in puts],
        "delete": [{"id": delete.id, "source": delete.source} for delete in deletes],
    }
