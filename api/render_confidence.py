"""What the command line says about tuning confidence."""

from __future__ import annotations

from pathlib import Path

from pydantic import JsonValue
from rich.console import Console
from rich.text import Text

from api.confidence import ConfidenceTuning
from api.render_tune import figures, learnt_json, print_learnt
from indexer.align.tune import changes_json


def confidence_json(tuning: ConfidenceTuning, root: Path) -> dict[str, JsonValue]:
    """Counts, figures by measure, the threshold, and whether it was installed."""
    before, after = tuning.error
    return learnt_json(tuning, root) | {
        "threshold": tuning.threshold,
        "learnt": list(tuning.names),
        "figures": changes_json(tuning.changes),
        "calibration_error": {"before": before, "after": after},
        "adapted": tuning.adapted,
    }


def print_confidence(console: Console, tuning: ConfidenceTuning) -> None:
    """Measures before and after on questions held out, then what was done."""
    print_learnt(console, tuning, tuning.changes)
    before, after = tuning.error
    lines = [
        "answered: of questions asked with their documents; wrongly answered: of the same without",
        f"calibration error: {before:.3f} to {after:.3f}",
    ]
    if tuning.adapted:
        lines.append(
            "measured with the map that `tune` installed; if that was learnt from these questions, "
            "new ones will do worse"
        )
    if tuning.installed:
        lines.append(
            f"installed; from now on nothing is answered below a confidence of "
            f"{tuning.threshold:.2f}, which keeps nine of ten questions that have an answer"
        )
    for line in lines:
        console.print(Text(line), soft_wrap=True)


def confidence_refusal(tuning: ConfidenceTuning) -> str:
    """Why nothing was installed, with the figures."""
    before, after = tuning.error
    return (
        f"not installed, as it does not help beyond chance: {figures(tuning.changes)}, "
        f"calibration error {before:.3f} to {after:.3f}; confidence stays as before, and more "
        "questions may show a gain"
    )
