"""The open index behind the HTTP service, and how much work it takes on at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol, TypeVar

from anyio import CapacityLimiter, to_thread
from pydantic import JsonValue

from api.problems import Busy, NotReady
from indexer.errors import TriptychError
from search.query import Query
from search.results import Answer, SearchResult

T = TypeVar("T")

MOST_WAITING = 64
"""Questions held at once, running ones included; each may hold an image in memory."""


class SearchEngine(Protocol):
    """What the service needs of `search.engine.Engine`."""

    def search(self, query: Query) -> SearchResult: ...

    def answer(self, query: Query) -> Answer: ...

    def thumb(self, name: str) -> Path | None: ...

    def info(self) -> Mapping[str, JsonValue]: ...

    def changed(self) -> bool: ...

    def close(self) -> None: ...


class _Held:
    """An open engine and how many calls it serves; closed when retired and idle."""

    def __init__(self, engine: SearchEngine) -> None:
        self.engine = engine
        self._calls = 0
        self._retired = False

    @contextmanager
    def lease(self) -> Iterator[SearchEngine]:
        self._calls += 1
        try:
            yield self.engine
        finally:
            self._calls -= 1
            self._close_when_idle()

    def retire(self) -> None:
        self._retired = True
        self._close_when_idle()

    def _close_when_idle(self) -> None:
        if self._retired and not self._calls:
            self.engine.close()


class Service:
    """Opens an engine, follows its index, and runs blocking calls in threads, `threads` at a time.

    Every call keeps the engine it began with; one that was replaced closes after its last call.
    """

    def __init__(self, opener: Callable[[], SearchEngine], threads: int) -> None:
        self._opener = opener
        self._held: _Held | None = None
        self._reason = "the index is being opened"
        self._slots = CapacityLimiter(threads)
        self.waiting = 0
        """Questions held now: running, or waiting for a slot."""

    def open(self) -> None:
        """Open the engine unless it is open. Blocks; raises what the opener raises."""
        if self._held is not None:
            return
        try:
            self._held = _Held(self._opener())
        except TriptychError as error:
            self._reason = str(error)
            raise
        except Exception:
            self._reason = "the index could not be opened; the log says why"
            raise

    async def follow(self) -> bool:
        """Take up a new generation when there is one; whether there was.

        Raises what the opener raises; the generation at hand goes on serving then.
        """
        held = self._held
        if held is None or not await to_thread.run_sync(held.engine.changed):
            return False
        fresh = _Held(await to_thread.run_sync(self._opener))
        self._held = fresh
        held.retire()
        return True

    def close(self) -> None:
        held, self._held = self._held, None
        self._reason = "the service is stopping"
        if held is not None:
            held.retire()

    @property
    def ready(self) -> bool:
        return self._held is not None

    def check_ready(self) -> None:
        """Raises NotReady, with the reason, while no index is open."""
        if self._held is None:
            raise NotReady(self._reason)

    @contextmanager
    def admit(self) -> Iterator[None]:
        """A place for one question, from before its body is read. Raises Busy when none is left."""
        if self.waiting >= MOST_WAITING:
            raise Busy(f"{self.waiting} questions are waiting already; ask again in a moment")
        self.waiting += 1
        try:
            yield
        finally:
            self.waiting -= 1

    async def run(self, call: Callable[[SearchEngine], T]) -> T:
        """Run a blocking call on the engine in a thread, when one of the slots is free.

        Raises NotReady while no index is open.
        """
        self.check_ready()
        assert self._held is not None
        with self._held.lease() as engine:
            return await to_thread.run_sync(call, engine, limiter=self._slots)
