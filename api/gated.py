"""A rebuild that goes live only when its figures hold."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pydantic import JsonValue

from api.progress import TerminalProgress
from api.render_gate import verdict_json
from api.render_index import build_json
from indexer.building.build import rebuild
from indexer.building.facts import BuildResult
from indexer.config import Settings
from search.evaluate import Evaluation
from search.gate import Gate, Verdict, judge, live_generation, measure, promote


@dataclass(frozen=True, slots=True)
class Gated:
    """A rebuild and what was found when it was measured; live only when `verdict` is a pass."""

    result: BuildResult
    verdict: Verdict

    def to_json(self, root: Path) -> dict[str, JsonValue]:
        verdict = verdict_json(self.verdict)
        return build_json(self.result, root) | {"live": self.verdict.passed, "gate": verdict}


def rebuild_gated(root: Path, settings: Settings, gate: Gate, progress: TerminalProgress) -> Gated:
    """Measure the live generation, rebuild, measure the new one, and promote it if it passes.

    The live one comes first: what cannot be measured is told before the work is done.
    Raises as `rebuild`, `measure` and `promote` do.
    """
    live = live_generation(root)
    before = _measure(root, live, settings, gate, progress)
    result = rebuild(root, settings, progress, promote=False)
    after = _measure(root, result.generation, settings, gate, progress)
    verdict = judge(before, after, gate)
    if verdict.passed:
        promote(root, result.generation, live)
    return Gated(result, verdict)


def _measure(
    root: Path, generation: int, settings: Settings, gate: Gate, progress: TerminalProgress
) -> Evaluation:
    queries = gate.queries
    progress.stage(f"queries on generation {generation}", len(queries))
    return measure(root, generation, settings, queries, progress.step)
