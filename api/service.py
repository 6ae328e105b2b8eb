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

    def close(self) -> None: ...


class Service:
    """Opens an engine once, then runs its blocking calls in threads, `threads` at a time."""

    def __init__(self, opener: Callable[[], SearchEngine], threads: int) -> None:
        self._opener = opener
        self._engine: SearchEngine | None = None
        self._reason = "the index is being opened"
        self._slots = CapacityLimiter(threads)
        self.waiting = 0
        """Questions held now: running, or waiting for a slot."""

    def open(self) -> None:
        """Open the engine unless it is open. Blocks; raises what the opener raises."""
        if self._engine is not None:
            return
        try:
            self._engine = self._opener()
        except TriptychError as error:
            self._reason = str(error)
            raise
        except Exception:
            self._reason = "the index could not be opened; the log says why"
            raise

    def close(self) -> None:
        engine, self._engine = self._engine, None
        self._reason = "the service is stopping"
        if engine is not None:
            engine.close()

    @property
    def ready(self) -> bool:
        return self._engine is not None

    @property
    def engine(self) -> SearchEngine:
        """Raises NotReady, with the reason, while no index is open."""
        if self._engine is None:
            raise NotReady(self._reason)
        return self._engine

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

    async def run(self, call: Callable[[], T]) -> T:
        """Run a blocking call in a thread, when one of the slots is free."""
        return await to_thread.run_sync(call, limiter=self._slots)
