"""What the command line prints about changes to an index."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import JsonValue
from rich.console import Console
from rich.filesize import decimal
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from indexer.records import Skipped

if TYPE_CHECKING:
    from indexer.building.facts import BuildResult
    from indexer.building.repair import Repaired
    from indexer.store.generations import GenerationFacts
    from indexer.store.purge import Purged
    from indexer.store.verify import Fault


def build_json(result: BuildResult, folder: Path) -> dict[str, JsonValue]:
    """What a build did, as plain JSON values."""
    return {
        "index": str(folder),
        "generation": result.generation,
        "documents": result.documents,
        "chunks": result.chunks,
        "added": result.added,
        "updated": result.updated,
        "removed": result.removed,
        "unchanged": result.unchanged,
        "skipped": _findings_json(result.skipped),
        "notes": _findings_json(result.notes),
        "ignored": dict(result.ignored),
        "seconds": round(result.seconds, 3),
    }


def print_build(
    console: Console, result: BuildResult, folder: Path, state: str = "committed"
) -> None:
    """What was indexed, what was not and why; `state` is what became of the new generation."""
    said = "nothing changed, still" if result.unchanged else state
    say(
        console,
        folder,
        f"{said} generation {result.generation}: "
        f"{result.documents:,} documents, {result.chunks:,} chunks in {result.seconds:.1f} s",
    )
    if not result.unchanged:
        changes = f"{result.added:,} added, {result.updated:,} updated, {result.removed:,} removed"
        console.print(changes)
    if result.ignored:
        kinds = ", ".join(f"{count} × {suffix}" for suffix, count in sorted(result.ignored.items()))
        console.print(Text(f"ignored, no loader: {kinds}", style="dim"))
    _print_findings(console, "flaws that lose no file:", result.notes)
    _print_findings(console, "skipped:", result.skipped)


def say(console: Console, folder: Path, sentence: str) -> None:
    """What became of an index, in one line."""
    console.print(f"[bold]{escape(str(folder))}[/]: {escape(sentence)}", soft_wrap=True)


def generations_json(found: Sequence[GenerationFacts]) -> dict[str, JsonValue]:
    """`generations`, oldest first; `damaged` is empty for one that can be served."""
    return {"generations": [dict(asdict(facts)) for facts in found]}


def print_generations(console: Console, found: Sequence[GenerationFacts]) -> None:
    """A table, oldest first, and what is wrong with the damaged ones."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for name in ("generation", "made (UTC)", "cause"):
        table.add_column(name, no_wrap=True)
    for name in ("documents", "chunks", "segments", "size"):
        table.add_column(name, justify="right", no_wrap=True)
    for facts in found:
        state = " damaged" if facts.damaged else " live" if facts.live else ""
        numbers = (f"{facts.documents:,}", f"{facts.chunks:,}", f"{facts.segments:,}")
        table.add_row(
            f"{facts.number}{state}",
            facts.made.partition("+")[0].replace("T", " "),
            facts.cause,
            *(numbers if facts.made else ("", "", "")),
            decimal(facts.bytes) if facts.bytes else "",
            style="red" if facts.damaged else "bold" if facts.live else "",
        )
    console.print(table)
    for facts in found:
        if facts.damaged:
            line = f"generation {facts.number}: {facts.damaged}"
            console.print(Text(line, style="red"), soft_wrap=True)


def faults_json(faults: Sequence[Fault]) -> list[JsonValue]:
    return [{"path": fault.path, "reason": fault.reason} for fault in faults]


def print_faults(console: Console, folder: Path, faults: Sequence[Fault]) -> None:
    """Every damaged file of an index, or that there is none."""
    if not faults:
        say(console, folder, "whole, every byte is as it was written")
        return
    say(console, folder, f"{len(faults):,} {'faults' if len(faults) > 1 else 'fault'}:")
    for fault in faults:
        console.print(Text(f"  {fault.path}: {fault.reason}", style="red"), soft_wrap=True)


def repaired_json(done: Repaired, folder: Path) -> dict[str, JsonValue]:
    """`faults`, the `gone` sources that could not help, and `repaired`: null when all was whole."""
    return {
        "index": str(folder),
        "faults": faults_json(done.faults),
        "gone": [str(path) for path in done.gone],
        "repaired": build_json(done.result, folder) if done.result else None,
    }


def print_repaired(console: Console, done: Repaired, folder: Path) -> None:
    """What was damaged, what came of it, and which sources could not help."""
    print_faults(console, folder, done.faults)
    if done.result:
        print_build(console, done.result, folder, "repaired as")
    for path in done.gone:
        line = f"gone, so what was damaged of it is lost: {path}"
        console.print(Text(line, style="yellow"), soft_wrap=True)


def purged_json(purged: Purged, folder: Path) -> dict[str, JsonValue]:
    return {"index": str(folder), **asdict(purged)}


def print_purged(console: Console, purged: Purged, folder: Path) -> None:
    """What went, and what was checked afterwards."""
    say(
        console,
        folder,
        f"documents and former versions gone: {purged.documents:,}, segments rewritten: "
        f"{purged.segments:,}, freed: {decimal(purged.bytes)}, generation {purged.generation}",
    )
    console.print("read back: the disk holds the live documents of this generation and no others")


def _print_findings(console: Console, title: str, findings: Sequence[Skipped]) -> None:
    for finding in findings:
        if finding is findings[0]:
            console.print(Text(f"{len(findings):,} {title}", style="bold yellow"))
        line = f"  {finding.path}: {finding.reason}"
        console.print(Text(line, style="yellow"), soft_wrap=True)


def _findings_json(findings: Sequence[Skipped]) -> list[JsonValue]:
    return [{"path": str(finding.path), "reason": finding.reason} for finding in findings]
