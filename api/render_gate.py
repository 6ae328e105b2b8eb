"""What the command line says about a rebuild that had to prove itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from pydantic import JsonValue
from rich.console import Console
from rich.table import Table
from rich.text import Text

from search.evaluate import Estimate
from search.gate import Verdict, Worse

_SHOWN = 10
"""Queries that are told in full; of the others the ids are."""


def verdict_json(verdict: Verdict) -> dict[str, JsonValue]:
    """Figures of both generations, each `{"value", "low", "high"}`, and what fell, by query."""
    return {
        "passed": verdict.passed,
        "queries": verdict.queries,
        "min_drop": verdict.min_drop,
        "before": _figures(verdict.before),
        "after": _figures(verdict.after),
        "fallen": list(verdict.fallen),
        "worse": [_worse_json(worse) for worse in verdict.worse],
    }


def print_verdict(console: Console, verdict: Verdict) -> None:
    """Measures before and after, then the queries that do worse in what fell."""
    table = Table(title=f"{verdict.queries:,} queries, fused")
    table.add_column("")
    for name in ("before", "after", "change"):
        table.add_column(name, justify="right")
    for measure, old in verdict.before.items():
        new = verdict.after[measure]
        change = new.value - old.value
        style = "red" if measure in verdict.fallen else ""
        table.add_row(
            measure, f"{old.value:.3f}", f"{new.value:.3f}", f"{change:+.3f}", style=style
        )
    console.print(table)
    for worse in verdict.worse[:_SHOWN]:
        console.print(Text(_worse(worse, verdict.fallen)), soft_wrap=True)
    others = verdict.worse[_SHOWN:]
    if others:
        ids = ", ".join(worse.id for worse in others)
        console.print(Text(f"and {len(others):,} more: {ids}"), soft_wrap=True)


def refusal(verdict: Verdict, generation: int, root: Path) -> str:
    """One sentence: why a generation was not made live, and how to do so all the same."""
    falls = ", ".join(
        f"{name} fell by {verdict.before[name].value - verdict.after[name].value:.3f}"
        for name in verdict.fallen
    )
    return (
        f"generation {generation} is not live: {falls}, more than the {verdict.min_drop:g} "
        "allowed; make it live anyway with: "
        f"triptych rollback {generation} --index {root}"
    )


def _figures(figures: Mapping[str, Estimate]) -> dict[str, JsonValue]:
    return {measure: dict(asdict(estimate)) for measure, estimate in figures.items()}


def _worse_json(worse: Worse) -> dict[str, JsonValue]:
    return {
        "id": worse.id,
        "text": worse.text,
        "before": dict(worse.before),
        "after": dict(worse.after),
    }


def _worse(worse: Worse, fallen: Sequence[str]) -> str:
    scores = ", ".join(
        f"{name} {worse.before[name]:.2f} → {worse.after[name]:.2f}" for name in fallen
    )
    return f"  {worse.id}: {scores}: {worse.text}"
