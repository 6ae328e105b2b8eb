"""Rounds of operations on one index, most of them killed, each checked to the last document."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from random import Random

from benchmarks.kill.check import Failure, Inspector
from benchmarks.kill.models import forget_vectors, forget_work, repeated
from benchmarks.kill.operation import Operation, Site
from benchmarks.kill.plan import World
from benchmarks.kill.reader import digest
from benchmarks.kill.truth import Truth
from benchmarks.kill.victim import AIMS, Aim, Outcome, run
from indexer.building.batch import BATCH_CHUNKS
from indexer.encoders.choose import text_encoder
from indexer.store.manifest import current_path

MOST_REPEATED = BATCH_CHUNKS + 16
"""A batch ends with the document that fills it; none here has more chunks."""

_AGAIN = 0.5
"""The share of further attempts that are killed too."""

_FIRST_KILLS = 3

_CHANGED_MEANWHILE = 0.15
"""The share of killed builds whose sources change before the next attempt."""

_UNKNOWN_SECONDS = 2.0
"""What an operation that was never finished is taken to last."""

_ENOUGH = 20
"""Failures after which a campaign ends."""

_AFTER_EVENT = 0.006
"""Most seconds between an event that a kill is aimed at and the kill."""


@dataclass(slots=True)
class Report:
    """What a campaign saw. `kills` counts by (operation, stage), `failures` are told in full."""

    kills: Counter[tuple[str, str]] = field(default_factory=Counter)
    finished: Counter[str] = field(default_factory=Counter)
    failures: list[Failure] = field(default_factory=list)
    repeated: int = 0
    rounds: int = 0
    requests: int = 0
    generations: int = 0

    def counts(self) -> Counter[str]:
        """Failures by kind."""
        return Counter(failure.kind for failure in self.failures)


class Campaign:
    """`world` says what is done to the index at `site`; `tell` is told of each round."""

    def __init__(self, site: Site, world: World, rng: Random, tell: Callable[[str], None]) -> None:
        self.report = Report()
        self._site = site
        self._root = Path(site.root)
        self._cache = Path(site.cache)
        self._world = world
        self._rng = rng
        self._tell = tell
        self._truth = Truth()
        self._retired: dict[str, None] = {}
        self._attempts = 0  # kills of the operation at hand
        self._seconds: dict[str, list[float]] = defaultdict(list)
        beside = site if site.real else Site(site.root, str(self._cache / "parent"), False)
        Path(beside.cache).mkdir(parents=True, exist_ok=True)
        self._inspector = Inspector(self._root, text_encoder(beside.settings), not site.real, rng)
        self._log = self._cache / "reader.log"
        self._read = 0

    def run(self, kills: int) -> Report:
        """Go on until so many processes were killed."""
        self._first(kills)
        reader = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.kill.reader", json.dumps(asdict(self._site)),
             str(self._log)],
            stdin=subprocess.PIPE,
        )  # fmt: skip
        try:
            while self.report.kills.total() < kills and len(self.report.failures) < _ENOUGH:
                self._round(kills)
        finally:
            reader.communicate(timeout=60)
        self._read_log([self._truth])
        return self.report

    def _first(self, kills: int) -> None:
        """The first build, killed a few times: there is no index then, or the whole one."""
        operation, after = self._world.first(self._truth)
        for _ in range(min(_FIRST_KILLS, kills // 10)):
            outcome = run(self._site, operation, self._aim(operation.kind))
            if not outcome.killed:
                self._finish(operation, after, outcome)
                return
            self.report.kills[operation.kind, outcome.stage] += 1
            self._attempts += 1
            if current_path(self._root).exists():
                self._check([after], f"killed first {operation.kind} {outcome.stage}")
        self._finish(operation, after, run(self._site, operation, None))

    def _round(self, kills: int) -> None:
        self.report.rounds += 1
        kind = self._world.choose(self._truth)
        operation, after = self._world.plan(kind, self._truth)
        if kind == "rebuild" and not self._site.real and self._rng.random() < 0.5:
            forget_vectors(self._cache)
        forget_work(self._cache)
        self._attempts = 0
        share = 0.92
        while self.report.kills.total() < kills and self._rng.random() < share:
            outcome = run(self._site, operation, self._aim(kind))
            if not outcome.killed:
                self._finish(operation, after, outcome)
                return
            self.report.kills[kind, outcome.stage] += 1
            self._attempts += 1
            self._settle(operation, after, outcome)
            if self._truth is after and kind == "remove":
                return  # it was committed: there is nothing left to remove
            share = _AGAIN
            if kind in {"index", "rebuild"} and self._rng.random() < _CHANGED_MEANWHILE:
                self._world.change()
                operation, after = self._world.plan(kind, self._truth)
        self._finish(operation, after, run(self._site, operation, None))

    def _aim(self, kind: str) -> Aim:
        known = self._seconds[kind]
        if not known or self._rng.random() < 0.55:
            usual = sorted(known)[len(known) // 2] if known else _UNKNOWN_SECONDS
            return Aim("time", self._rng.uniform(0, usual * 1.05))
        return Aim(self._rng.choice(AIMS[1:]), self._rng.uniform(0, _AFTER_EVENT))

    def _settle(self, operation: Operation, after: Truth, outcome: Outcome) -> None:
        """After a kill the index holds what it held before, or what it was to hold."""
        self._check([self._truth, after], f"killed {operation.kind} {outcome.stage}")

    def _finish(self, operation: Operation, after: Truth, outcome: Outcome) -> None:
        """Once run to its end an operation has done all it was to do."""
        self._seconds[operation.kind].append(outcome.seconds)
        self.report.finished[operation.kind] += 1
        if outcome.error:
            self._fail([Failure("operation failed", f"{operation}: {outcome.error}")], "finished")
        extra = -(-repeated(self._cache) // max(1, self._attempts))  # each kill may cost a batch
        self.report.repeated = max(self.report.repeated, extra)
        if extra > MOST_REPEATED:
            what = f"{operation.kind}: {extra} passages were encoded twice for every kill"
            self._fail([Failure("work repeated beyond a batch", what)], "finished")
        before, self._truth = self._truth, after
        self._check([after], f"finished {operation.kind} in {outcome.seconds:.2f} s", before)

    def _check(self, allowed: Sequence[Truth], doing: str, before: Truth | None = None) -> None:
        for truth in (*allowed, *([before] if before else [])):
            self._retired.update(dict.fromkeys(sorted(truth.markers)))
        recent = list(self._retired)[-2000:]
        found, failures = self._inspector.inspect([truth.documents for truth in allowed], recent)
        fitting = [truth for truth in allowed if truth.documents == found]
        if fitting:
            self._truth = fitting[-1]
        elif found is not None:  # noted below; go on from what is there
            self._truth = replace(allowed[-1], documents=found)
        self._read_log([*allowed, *([before] if before else [])])
        self._tell(f"{self.report.kills.total():4} kills, round {self.report.rounds}: {doing}")
        if failures:
            self._fail(failures, doing)

    def _fail(self, failures: Sequence[Failure], doing: str) -> None:
        """Note failures, and keep the index as it is for a look at it."""
        self.report.failures += failures
        for failure in failures[:10]:
            self._tell(f"     FAILURE after {doing}: {failure.kind}: {failure.what}")
        kept = self._root.parent / "failures" / f"{self._root.name}-{self.report.rounds}"
        if not kept.exists():
            shutil.copytree(self._root, kept)

    def _read_log(self, allowed: Sequence[Truth]) -> None:
        """What the reader saw since the last time: every generation has to be one allowed."""
        if not self._log.exists():
            return
        digests = {digest(truth.documents) for truth in allowed}
        with self._log.open("rb") as log:
            log.seek(self._read)
            lines = [line for line in log.readlines() if line.endswith(b"\n")]
        self._read += sum(map(len, lines))
        for line in map(json.loads, lines):
            if "failure" in line:
                self._fail([Failure(line["failure"], line["what"])], "reading")
            elif "digest" in line and line["digest"] not in digests:
                what = f"generation {line['generation']} holds neither what was nor what was to be"
                self._fail([Failure("mixed reader answers", what)], "reading")
            elif "requests" in line:
                self.report.requests += line["requests"]
                self.report.generations += line["generations"]
