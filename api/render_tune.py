"""What the command line says about tuning."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pydantic import JsonValue
from rich.console import Console
from rich.table import Table
from rich.text import Text

from indexer.align.trial import Change
from indexer.align.tune import Tuning, changes_json


def tuning_json(tuning: Tuning, root: Path) -> dict[str, JsonValue]:
    """Counts, figures by measure of known and of new answers, and whether it was installed."""
    return {
        "index": str(root),
        "installed": tuning.installed,
        "pairs": tuning.pairs,
        "groups": tuning.groups,
        "left_out": tuning.left_out,
        "memory": tuning.worth.strength,
        "known": changes_json(tuning.worth.known),
        "new": changes_json(tuning.worth.new),
    }


def print_tuning(console: Console, tuning: Tuning) -> None:
    """Measures before and after on questions held out, then what was done."""
    counts = f"{tuning.pairs:,} questions in {tuning.groups:,} groups"
    console.print(_table(f"{counts}, each group held out in turn", tuning.worth.known))
    if tuning.worth.new is not tuning.worth.known:
        console.print(_table("the same, every answer held out in turn", tuning.worth.new))
    if tuning.left_out:
        left = f"left out, in a language that the encoder does not read: {tuning.left_out:,}"
        console.print(Text(left, style="dim"), soft_wrap=True)
    if tuning.installed:
        console.print(Text("installed; searches use it from now on"), soft_wrap=True)


def refusal(tuning: Tuning) -> str:
    """Why nothing was installed, with the figures."""
    said = [
        f"{name} {change.before:.3f} to {change.after:.3f} (p {change.chance:.3f})"
        for name, change in tuning.worth.known.items()
    ]
    new = [
        f"{name} {change.before:.3f} to {change.after:.3f} (p {change.chance:.3f})"
        for name, change in tuning.worth.new.items()
        if tuning.worth.new is not tuning.worth.known
    ]
    unseen = f"; with new answers {', '.join(new)}" if new else ""
    return (
        f"not installed, as it does not help beyond chance: {', '.join(said)}{unseen}; "
        "what was installed before stays, and more pairs may show a gain"
    )


def _table(title: str, changes: Mapping[str, Change]) -> Table:
    table = Table(title=title)
    table.add_column("")
    for name in ("before", "after", "change", "95 % interval", "p"):
        table.add_column(name, justify="right")
    for measure, change in changes.items():
        table.add_row(
            measure,
            f"{change.before:.3f}",
            f"{change.after:.3f}",
            f"{change.after - change.before:+.3f}",
            f"{change.low:+.3f} to {change.high:+.3f}",
            f"{change.chance:.3f}",
        )
    return table
