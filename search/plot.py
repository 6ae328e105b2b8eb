"""Drawing a sweep: recall against speed, one line for each kind of index."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from search.sweep import SweepResult


def draw(results: Sequence[SweepResult], path: Path) -> None:
    """Write a PNG to `path`: recall@10 across, queries a second upwards (logarithmic).

    A kind's line joins the settings that no other of the same kind beats in both; a ring
    marks the one that a build picks by itself.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 5), layout="constrained")
    axes = figure.subplots()
    for kind in dict.fromkeys(result.kind for result in results):
        own = [result for result in results if result.kind == kind]
        best = frontier(own)
        size = own[0].resident_bytes
        axes.plot(
            [result.recall_at_10 for result in best],
            [result.per_second for result in best],
            marker="o",
            markersize=4,
            label=f"{kind} ({size:,.0f} bytes resident per vector)",
        )
        for result in own:
            if result.chosen:
                axes.plot(result.recall_at_10, result.per_second, "o", ms=11, mfc="none", mec="k")
    axes.set_yscale("log")
    axes.set_xlabel("recall@10 against exact search")
    axes.set_ylabel("queries a second, one thread")
    axes.grid(alpha=0.3)
    axes.legend(fontsize="small")
    figure.savefig(path, format="png", dpi=120)


def frontier(results: Sequence[SweepResult]) -> list[SweepResult]:
    """Those that no other equals or beats in recall and beats in speed, by rising recall."""
    best: list[SweepResult] = []
    for result in sorted(results, key=lambda r: (-r.recall_at_10, -r.per_second)):
        if not best or result.per_second > best[-1].per_second:
            best.append(result)
    return best[::-1]
