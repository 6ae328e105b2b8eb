"""A training's history as a picture."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from indexer.align.history import Report
from indexer.store.durable import write_atomic

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def curves(history: Sequence[Report]) -> Figure:
    """Loss, whole and by term, beside held-out recall, over steps."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 4), layout="constrained")
    losses, recalls = figure.subplots(1, 2)
    steps = [report.step for report in history]
    losses.plot(steps, [report.loss for report in history], label="loss")
    names = sorted({name for report in history for name in report.terms})
    for name in names if len(names) > 1 else []:
        losses.plot(*_points(history, [r.terms.get(name) for r in history]), label=name)
    recalls.plot(*_points(history, [r.recall_1 for r in history]), label="R@1")
    recalls.plot(*_points(history, [r.recall_5 for r in history]), label="R@5")
    losses.set(xlabel="step", ylabel="loss")
    recalls.set(xlabel="step", ylabel="held-out recall", ylim=(0, 1))
    for axes in (losses, recalls):
        axes.legend()
        axes.grid(alpha=0.3)
    return figure


def draw_curves(history: Sequence[Report], path: Path) -> None:
    """Write the picture as PNG."""
    buffer = io.BytesIO()
    curves(history).savefig(buffer, format="png", dpi=120)
    write_atomic(path, buffer.getvalue())


def _points(
    history: Sequence[Report], values: Sequence[float | None]
) -> tuple[list[int], list[float]]:
    known = [(r.step, v) for r, v in zip(history, values, strict=True) if v is not None]
    return [step for step, _ in known], [value for _, value in known]
