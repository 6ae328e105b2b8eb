"""What the command line says about tuning."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from pydantic import JsonValue
from rich.console import Console
from rich.table import Table
from rich.text import Text

from indexer.align.trial import Change
from indexer.align.tune import Tuning, changes_json

if TYPE_CHECKING:
    from api.fusion import FusionTuning
    from indexer.align.deep import Deepening
    from indexer.building.facts import BuildResult
    from indexer.config import Models


class Learnt(Protocol):
    """What came of learning from the pairs of a file."""

    @property
    def pairs(self) -> int: ...
    @property
    def groups(self) -> int: ...
    @property
    def left_out(self) -> int: ...
    @property
    def installed(self) -> bool: ...


def learnt_json(learnt: Learnt, root: Path) -> dict[str, JsonValue]:
    """The index, whether anything was installed, and the counts of questions."""
    return {
        "index": str(root),
        "installed": learnt.installed,
        "pairs": learnt.pairs,
        "groups": learnt.groups,
        "left_out": learnt.left_out,
    }


def print_learnt(console: Console, learnt: Learnt, changes: Mapping[str, Change]) -> None:
    """Measures before and after on questions held out, and how many were left out."""
    counts = f"{learnt.pairs:,} questions in {learnt.groups:,} groups"
    console.print(changes_table(f"{counts}, each group held out in turn", changes))
    say_left_out(console, learnt.left_out)


def say_installed(console: Console, learnt: Learnt) -> None:
    if learnt.installed:
        console.print(Text("installed; searches use it from now on"), soft_wrap=True)


def tuning_json(tuning: Tuning, root: Path) -> dict[str, JsonValue]:
    """Counts, figures by measure of known and of new answers, and whether it was installed."""
    return learnt_json(tuning, root) | {
        "memory": tuning.worth.strength,
        "known": changes_json(tuning.worth.known),
        "new": changes_json(tuning.worth.new),
    }


def print_tuning(console: Console, tuning: Tuning) -> None:
    """Measures before and after on questions held out, then what was done."""
    print_learnt(console, tuning, tuning.worth.known)
    if tuning.worth.new is not tuning.worth.known:
        console.print(changes_table("the same, every answer held out in turn", tuning.worth.new))
    say_installed(console, tuning)


def refusal(tuning: Tuning) -> str:
    """Why nothing was installed, with the figures."""
    worth = tuning.worth
    unseen = "" if worth.new is worth.known else f"; with new answers {figures(worth.new)}"
    return (
        f"not installed, as it does not help beyond chance: {figures(worth.known)}{unseen}; "
        "what was installed before stays, and more pairs may show a gain"
    )


def fusion_json(tuning: FusionTuning, root: Path) -> dict[str, JsonValue]:
    """Counts, figures by measure, and whether the weights were installed."""
    return learnt_json(tuning, root) | {"known": changes_json(tuning.changes)}


def print_fusion(console: Console, tuning: FusionTuning) -> None:
    """Measures before and after on questions held out, then what was done."""
    print_learnt(console, tuning, tuning.changes)
    say_installed(console, tuning)


def fusion_refusal(tuning: FusionTuning) -> str:
    """Why no weights were installed, with the figures."""
    return (
        f"not installed, as it does not help beyond chance: {figures(tuning.changes)}; "
        "lanes stay fused as before, and more pairs may show a gain"
    )


def deep_json(result: Deepening, built: BuildResult | None, root: Path) -> dict[str, JsonValue]:
    """Counts, figures by measure of questions held out, and the generation that was made."""
    before, after = result.cosine
    return {
        "index": str(root),
        "installed": built is not None,
        "generation": built.generation if built else None,
        "model": str(result.model) if result.model else None,
        "pairs": result.pairs,
        "matters": result.matters,
        "held_out": result.held_out,
        "left_out": result.left_out,
        "figures": changes_json(result.changes),
        "cosine": {"before": before, "after": after},
        "curves": str(result.curves),
    }


def print_deep(
    console: Console, result: Deepening, built: BuildResult | None, models: Models
) -> None:
    """Measures before and after on questions held out, then what was done.

    Where the settings name another text model, builds would go back to it: says so.
    """
    title = (
        f"{result.pairs:,} questions about {result.matters:,} matters; measured on "
        f"{result.held_out:,} held out, trained on the others"
    )
    console.print(changes_table(title, result.changes))
    say_left_out(console, result.left_out)
    lines = [f"curves: {result.curves}"]
    if result.model:
        lines.append(f"model: {result.model}")
    if built:
        lines.append(
            f"installed: generation {built.generation} has all vectors by this model; "
            "what `tune` learnt before for the old ones is not applied any more"
        )
        if "text" in models.model_fields_set:
            lines.append(
                f"the settings name the text model {models.text}: replace it by "
                f'"local-dir:{result.model}", or the next build goes back to it'
            )
    for line in lines:
        console.print(Text(line), soft_wrap=True)


def deep_refusal(result: Deepening) -> str:
    """Why the index stays as it is, with the figures."""
    return (
        "not installed, as it does not help beyond chance on the "
        f"{result.held_out:,} questions held out: {figures(result.changes)}; the index stays "
        "as it is, and more pairs may show a gain"
    )


def figures(changes: Mapping[str, Change]) -> str:
    """All measures before and after, in a sentence."""
    return ", ".join(
        f"{name} {change.before:.3f} to {change.after:.3f} (p {change.chance:.3f})"
        for name, change in changes.items()
    )


def say_left_out(console: Console, count: int) -> None:
    """How many questions nothing was learnt from, if any."""
    if count:
        left = f"left out, in a language that the encoder does not read: {count:,}"
        console.print(Text(left, style="dim"), soft_wrap=True)


def changes_table(title: str, changes: Mapping[str, Change]) -> Table:
    """Measures before and after, a row each."""
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
