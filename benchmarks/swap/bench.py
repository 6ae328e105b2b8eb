"""The phases of a run: nothing happens, generations take turns, an index changes."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from pathlib import Path

from benchmarks.swap.load import Client, Load, Texts
from indexer.errors import TriptychError
from indexer.records import Line
from indexer.store.generations import rollback
from indexer.store.index import Index
from indexer.store.manifest import read_current

IN_FLIGHT = 50
CLI = (sys.executable, "-m", "api.cli")

_WARM_SECONDS = 5.0
_SWAP_SECONDS = 2.0
_LOOK_SECONDS = 0.01


class Bench:
    """The phases of one run, over the index at `root` that is served at `port`."""

    def __init__(self, root: Path, folder: Path, seconds: float, pool: ProcessPoolExecutor) -> None:
        self._root = root
        self._folder = folder
        self._seconds = seconds
        self._pool = pool
        self._load = Load()

    async def run(self, port: int, questions: Sequence[str]) -> Load:
        client = Client(port, questions, self._load)
        asking = [asyncio.create_task(client.run(number * 7)) for number in range(IN_FLIGHT)]
        looking = asyncio.create_task(self._look())
        await asyncio.sleep(_WARM_SECONDS)
        await self._phase("before", self._rest)
        await self._phase("bare swaps", self._swap)
        await self._phase("between", self._rest)
        await self._phase("changes beside", lambda end: self._change(end, ()))
        await self._phase("changes beside, niced", lambda end: self._change(end, ("nice", "-n19")))
        await self._phase("after", self._rest)
        client.stopped = True
        await asyncio.gather(*asking)
        looking.cancel()
        return self._load

    async def _phase(self, name: str, work: Callable[[float], Awaitable[None]]) -> None:
        start = time.monotonic()
        await work(start + self._seconds)
        self._load.phases.append((name, start, time.monotonic()))

    async def _rest(self, end: float) -> None:
        await asyncio.sleep(end - time.monotonic())

    async def _swap(self, end: float) -> None:
        """The two newest generations take turns."""
        newest = read_current(self._root).generation
        turn = 0
        while time.monotonic() + _SWAP_SECONDS < end:
            turn += 1
            await asyncio.to_thread(rollback, self._root, newest - turn % 2)
            await asyncio.sleep(_SWAP_SECONDS)
        await asyncio.to_thread(rollback, self._root, newest)
        await self._rest(end)

    async def _change(self, end: float, prefix: Sequence[str]) -> None:
        """Rebuild from the cache, add a page, take it out, over and over.

        What still runs at three times the seconds of a phase is ended.
        """
        page = self._folder / "changes" / f"page{len(prefix)}.md"
        page.parent.mkdir(exist_ok=True)
        page.write_text("# Water filter\n\nThe coffee machine is loud after the filter change.\n")
        limit = end + 2 * self._seconds
        while time.monotonic() < end:
            for step in (["rebuild"], ["add", str(page)], ["remove", str(page)]):
                began = time.monotonic()
                command = [*prefix, *CLI, *step, "--index", str(self._root), "--json"]
                name = " ".join([*prefix, step[0]])
                try:
                    fault = await _run(command, limit - began)
                except TimeoutError:
                    self._load.changes.append(f"{name}: not done in {limit - began:.0f} s")
                    return
                self._load.changes.append(f"{name}: {time.monotonic() - began:.1f} s")
                if fault:
                    self._load.errors.append(f"{name}: {fault}")

    async def _look(self) -> None:
        """Note when a generation becomes live, and what it holds."""
        known = 0
        while True:
            with suppress(TriptychError):
                number = read_current(self._root).generation
                if number != known:
                    self._load.commits.append((time.monotonic(), number))
                    known = number
                    if number not in self._load.texts:
                        loop = asyncio.get_running_loop()
                        texts = loop.run_in_executor(self._pool, texts_of, self._root, number)
                        self._load.texts[number] = await texts
            await asyncio.sleep(_LOOK_SECONDS)


def texts_of(root: Path, generation: int) -> Texts:
    """What a hit of a generation may show."""
    with Index.open(root, generation=generation) as index:
        return frozenset(
            (chunk.document, chunk.text or chunk.context or _read(chunk.lines))
            for chunk in index.get(index.ids())
        )


async def _run(command: Sequence[str], seconds: float) -> str:
    """What a command complained of, "" when it went well. Raises TimeoutError, once ended."""
    process = await asyncio.create_subprocess_exec(
        *command, stdin=DEVNULL, stdout=DEVNULL, stderr=PIPE, start_new_session=True
    )
    try:
        _, said = await asyncio.wait_for(process.communicate(), seconds)
    except TimeoutError:
        os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
        raise
    done = process.returncode in {0, 1}
    return "" if done else f"ended with {process.returncode}: {said.decode()[-500:]}"


def _read(lines: Sequence[Line]) -> str:
    return "\n".join(line.text for line in lines)
