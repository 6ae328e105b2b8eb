"""What a training reported, step by step."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from indexer.errors import BadFile
from indexer.store.durable import write_atomic


@dataclass(frozen=True, slots=True)
class Report:
    """The state after `step` steps.

    `loss` and `terms` (each objective's share, weighted) are means since the report before.
    Recall is that of the held-out pairs, None without any. `items` are pairs.
    """

    step: int
    loss: float
    terms: dict[str, float]
    learning_rate: float
    items_per_second: float
    recall_1: float | None = None
    recall_5: float | None = None

    def line(self, steps: int) -> str:
        text = (
            f"step {self.step}/{steps}  loss {self.loss:.4f}  {self.items_per_second:,.0f} items/s"
        )
        if self.recall_1 is None or self.recall_5 is None:
            return text
        return f"{text}  R@1 {self.recall_1:.3f}  R@5 {self.recall_5:.3f}"


@dataclass(slots=True)
class Tally:
    """Sums of weighted losses since the last report."""

    sums: dict[str, float] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    loss: float = 0.0
    steps: int = 0

    def add(self, terms: Mapping[str, float]) -> None:
        for name, value in terms.items():
            self.sums[name] = self.sums.get(name, 0.0) + value
            self.counts[name] = self.counts.get(name, 0) + 1
        self.loss += sum(terms.values())
        self.steps += 1

    def means(self) -> tuple[float, dict[str, float]]:
        """The mean loss of a step, and each term's over the steps it took part in."""
        terms = {name: total / self.counts[name] for name, total in self.sums.items()}
        return self.loss / self.steps, terms


def save_history(history: list[Report], path: Path) -> None:
    """Write reports as a JSON list of objects."""
    text = json.dumps([asdict(report) for report in history], indent=1)
    write_atomic(path, text.encode())


def load_history(path: Path) -> list[Report]:
    """Raises BadFile when it is missing or not a history."""
    try:
        return reports_of(json.loads(path.read_bytes()))
    except (OSError, ValueError, TypeError) as error:
        raise BadFile(path, f"is not a training history ({error})") from error


def reports_of(values: list[dict[str, Any]]) -> list[Report]:
    return [Report(**value) for value in values]
