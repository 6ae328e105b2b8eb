"""Running an operation in a process of its own, and killing it at a chosen moment."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.kill.operation import Operation, Site
from indexer.errors import TriptychError
from indexer.store.manifest import generation_numbers, read_current, recall_manifest
from indexer.store.segment import PARTIAL

AIMS = ("time", "seal", "generation", "current")
"""When to kill: after some time, or just after a segment was sealed, a generation file was
written, or CURRENT was replaced."""

STAGES = (
    "before anything was written",
    "while a segment was written",
    "after a segment was sealed",
    "between generation and CURRENT",
    "after the commit",
)

_PAUSE = 0.0003
_LONGEST = 600.0


@dataclass(frozen=True, slots=True)
class Aim:
    """A moment to kill at: `delay` seconds after the beginning of the work, or after an event."""

    kind: str
    delay: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an operation ended. `seconds` are those of the work; `error` is what it said."""

    killed: bool
    seconds: float
    stage: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True)
class Disk:
    """What is there of an index, by name; `number` is the live generation."""

    partial: frozenset[str] = frozenset()
    sealed: frozenset[str] = frozenset()
    generations: frozenset[int] = frozenset()
    number: int = 0
    referenced: frozenset[str] = field(default=frozenset(), compare=False)

    @classmethod
    def of(cls, root: Path, referenced: bool = False) -> Disk:
        folder = root / "segments"
        names = frozenset(os.listdir(folder)) if folder.is_dir() else frozenset[str]()
        partial = frozenset(name for name in names if name.startswith(PARTIAL))
        numbers = frozenset(generation_numbers(root))
        refs: frozenset[str] = frozenset()
        if referenced:
            manifests = [recall_manifest(root, number) for number in numbers]
            refs = frozenset(ref.id for found in manifests if found for ref in found.segments)
        number = 0
        with suppress(TriptychError):
            number = read_current(root).generation
        return cls(partial, names - partial, numbers, number, refs)

    def stage_since(self, before: Disk) -> str:
        """Which of STAGES a killed operation had reached, by what it left."""
        if self.partial - before.partial:
            return STAGES[1]
        if any(number > self.number for number in self.generations - before.generations):
            return STAGES[3]
        if self.sealed - before.sealed - self.referenced:
            return STAGES[2]
        return STAGES[4] if self.number != before.number else STAGES[0]


def run(site: Site, operation: Operation, aim: Aim | None) -> Outcome:
    """Do an operation; with an `aim`, kill it then, with all its children, unless it is over."""
    root = Path(site.root)
    before = Disk.of(root)
    process = subprocess.Popen(
        operation.command(site),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    said = process.stdout.readline()
    began = time.perf_counter()
    killed = bool(aim) and said == "begin\n" and _wait(process, root, before, aim, began)
    if killed:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    rest, complaint = process.communicate()
    seconds = time.perf_counter() - began
    if killed and process.returncode == -signal.SIGKILL:
        return Outcome(True, seconds, Disk.of(root, referenced=True).stage_since(before))
    done = process.returncode == 0 and rest == "done\n"
    return Outcome(False, seconds, error="" if done else (rest.strip() or complaint[-2000:]))


def _wait(
    process: subprocess.Popen[str], root: Path, before: Disk, aim: Aim | None, began: float
) -> bool:
    """Wait for the moment to kill; False when the process ended before."""
    if aim is None:
        return False
    if aim.kind == "time":
        return _sleep(process, began + aim.delay)
    events: dict[str, Callable[[Disk], bool]] = {
        "seal": lambda disk: bool(disk.sealed - before.sealed),
        "generation": lambda disk: bool(disk.generations - before.generations),
        "current": lambda disk: disk.number != before.number,
    }
    while process.poll() is None and time.perf_counter() < began + _LONGEST:
        if events[aim.kind](Disk.of(root)):
            return _sleep(process, time.perf_counter() + aim.delay)
        time.sleep(_PAUSE)
    return False


def _sleep(process: subprocess.Popen[str], until: float) -> bool:
    while process.poll() is None:
        left = until - time.perf_counter()
        if left <= 0:
            return True
        time.sleep(min(left, 0.01))
    return False
