"""The open index behind the HTTP service, and how much work it takes on at once."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Protocol, TypeVar

from anyio import CapacityLimiter, to_thread
from pydantic import JsonValue

from api.problems import Busy, NotReady
from indexer.errors import TriptychError
from search.grounded import Passage
from search.query import Query
from search.results import Answer, SearchResult
from search.similar import Similar
from search.trial import Measured

T = TypeVar("T")

MOST_WAITING = 64
"""Questions held at once, running ones included; each may hold an image in memory."""

RETRY_SECONDS = 30.0
"""How long a generation that could not be opened is left alone, unless another takes its place."""


class SearchEngine(Measured, Protocol):
    """What the service needs of `search.desk.Desk`."""

    @property
    def generation(self) -> int: ...

    def search(self, query: Query) -> SearchResult: ...

    def answer(self, query: Query) -> Answer: ...

    def passages(self, answer: Answer) -> list[Passage]: ...

    def similar(self, path: str, k: int) -> Similar: ...

    def info(self) -> Mapping[str, JsonValue]: ...

    def changed(self) -> bool: ...

    def live(self) -> object:
        """What is live in the index now, equal until the next commit; None when unknown."""

    def close(self) -> None: ...


Opener = Callable[[SearchEngine | None], SearchEngine]
"""Opens the live generation; given the engine at hand, whose parts the new one may share."""


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

    def __init__(self, opener: Opener, threads: int) -> None:
        self._opener = opener
        self._held: _Held | None = None
        self._reason = "the index is being opened"
        self._slots = CapacityLimiter(threads)
        self._following = asyncio.Lock()
        self._failed: tuple[object, float] = (None, 0.0)
        """What could not be opened, and when that may be tried again."""
        self.waiting = 0
        """Questions held now: running, or waiting for a slot."""

    def open(self) -> None:
        """Open the engine unless it is open. Blocks; raises what the opener raises."""
        if self._held is not None:
            return
        try:
            self._held = _Held(self._opener(None))
        except TriptychError as error:
            self._reason = str(error)
            raise
        except Exception:
            self._reason = "the index could not be opened; the log says why"
            raise

    async def follow(self) -> bool:
        """Take up a new generation when there is one; whether there was.

        Raises what the opener raises; the generation at hand goes on serving then, and the
        one that failed is not tried again for RETRY_SECONDS.
        """
        # A caller that is cancelled must not leave an opened engine to nobody.
        return await asyncio.shield(asyncio.create_task(self._follow()))

    async def _follow(self) -> bool:
        async with self._following:
            held = self._held
            if held is None:
                return False
            with held.lease() as engine:
                fresh = await to_thread.run_sync(self._renewed, engine)
            if fresh is None:
                return False
            if self._held is not held:  # stopped meanwhile
                fresh.close()
                return False
            self._held = _Held(fresh)
            held.retire()
            return True

    def _renewed(self, engine: SearchEngine) -> SearchEngine | None:
        """An engine over the live generation; None when it is that of `engine`, or known bad."""
        if not engine.changed():
            return None
        live = engine.live()
        failed, again = self._failed
        if live is not None and live == failed and time.monotonic() < again:
            return None
        try:
            return self._opener(engine)
        except Exception:
            self._failed = (live, time.monotonic() + RETRY_SECONDS)
            raise

    def close(self) -> None:
        held, self._held = self._held, None
        self._reason = "the service is stopping"
        if held is not None:
            held.retire()

    @property
    def ready(self) -> bool:
        return self._held is not None

    @property
    def generation(self) -> int:
        """The generation that is served. Raises NotReady while no index is open."""
        return self._open_now().engine.generation

    def check_ready(self) -> None:
        """Raises NotReady, with the reason, while no index is open."""
        self._open_now()

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
        async with self._slots:  # whoever waited is served by what is live then
            with self._open_now().lease() as engine:
                return await to_thread.run_sync(call, engine)

    @contextmanager
    def lease(self) -> Iterator[SearchEngine]:
        """The live engine, kept open meanwhile, whatever is committed. Raises NotReady."""
        with self._open_now().lease() as engine:
            yield engine

    async def run_on(self, engine: SearchEngine, call: Callable[[SearchEngine], T]) -> T:
        """Run a blocking call on a leased engine in a thread, when one of the slots is free."""
        async with self._slots:
            return await to_thread.run_sync(call, engine)

    def _open_now(self) -> _Held:
        if self._held is None:
            raise NotReady(self._reason)
        return self._held
