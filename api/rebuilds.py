"""A rebuild of the index beside the running service, one at a time."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import sys
import time
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from api.problems import AlreadyRunning
from api.schemas import RebuildOut

log = logging.getLogger(__name__)

DONE_CODES = (0, 1)
"""Exit codes of a rebuild that was committed; 1 says that files were skipped."""

END_SECONDS = 5.0

NICENESS = 10
"""How far a rebuild stands back behind the service, from 0 to 19."""

_ERROR_CHARS = 2000


class Rebuilds:
    """Runs `triptych rebuild` as a process of its own and knows how the last one went.

    `command` is what is run, by default the rebuild of the index at `folder`; it prints JSON
    with `generation`, and a sentence to stderr when it fails.
    """

    def __init__(self, folder: Path, command: Sequence[str] = ()) -> None:
        rebuild = (sys.executable, "-m", "api.cli", "rebuild", "--index", str(folder), "--json")
        self._command = tuple(command) or rebuild
        self._state = RebuildOut(state="idle")
        self._began = 0.0
        self._process: Process | None = None
        self._running: asyncio.Task[None] | None = None

    def start(self) -> RebuildOut:
        """Begin a rebuild in the background. Raises AlreadyRunning."""
        if self._state.state == "running":
            raise AlreadyRunning("a rebuild is running; GET /v1/rebuild says for how long")
        self._began = time.monotonic()
        self._state = RebuildOut(state="running")
        self._running = asyncio.create_task(self._run())
        return self.state()

    def state(self) -> RebuildOut:
        """How the last rebuild went, or how long the present one has run."""
        if self._state.state == "running":
            return RebuildOut(state="running", seconds=self._seconds())
        return self._state

    async def close(self) -> None:
        """End a rebuild that runs; the index stays as it was."""
        if self._running is None:
            return
        if self._process is not None and self._process.returncode is None:
            _signal(self._process, signal.SIGTERM)
        await asyncio.wait([self._running], timeout=END_SECONDS)
        self._running.cancel()
        await asyncio.wait([self._running])

    async def _run(self) -> None:
        try:
            self._state = await self._finished()
        except OSError as error:
            self._state = self._failed(f"{self._command[0]}: {error.strerror}")
        if self._state.error:
            log.error("the rebuild failed: %s", self._state.error)

    async def _finished(self) -> RebuildOut:
        process = await asyncio.create_subprocess_exec(
            *self._command, stdin=DEVNULL, stdout=PIPE, stderr=PIPE, start_new_session=True
        )
        self._process = process
        with suppress(ProcessLookupError):  # questions go first
            os.setpriority(os.PRIO_PROCESS, process.pid, NICENESS)
        try:
            out, said = await process.communicate()
        finally:
            if process.returncode is None:
                _signal(process, signal.SIGKILL)
                await process.wait()
        if process.returncode not in DONE_CODES:
            return self._failed(_last_line(said) or f"it ended with {process.returncode}")
        try:
            generation = int(json.loads(out)["generation"])
        except (ValueError, KeyError, TypeError):
            return self._failed("its output names no generation")
        return RebuildOut(state="done", generation=generation, seconds=self._seconds())

    def _failed(self, error: str) -> RebuildOut:
        return RebuildOut(state="failed", error=error, seconds=self._seconds())

    def _seconds(self) -> float:
        return round(time.monotonic() - self._began, 3)


def _signal(process: Process, number: signal.Signals) -> None:
    """Signal a process and its children."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, number)


def _last_line(said: bytes) -> str:
    """The sentence that a failed command ends with, without the program's name."""
    lines = said.decode(errors="replace").strip().splitlines()
    return lines[-1].removeprefix("triptych: ")[:_ERROR_CHARS] if lines else ""
