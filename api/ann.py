"""Sweeping the kinds of vector index over the vectors of an index, and telling the outcome."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from pydantic import JsonValue
from rich.console import Console
from rich.table import Table

from indexer.errors import BadQuery
from indexer.records import Vectors
from indexer.store.ann.tune import sample
from indexer.store.manifest import read_current, read_manifest
from indexer.store.sealed import open_segments
from search.plot import draw
from search.sweep import SweepResult, sweep


def sweep_index(
    root: Path, space: str, folder: Path, step: Callable[[str], None]
) -> tuple[list[SweepResult], Path]:
    """Measure every kind of vector index on a space of an index; the results and their plot.

    `folder`, made if needed, holds the indexes while they are measured, and the plot.
    Raises BadQuery for an unknown space or too few vectors, IndexNotFound, IndexDamaged.
    """
    vectors = live_vectors(root, space)
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=folder) as scratch:
        results = sweep(vectors, sample(vectors), Path(scratch), step)
    plot = folder / f"ann-{space}.png"
    draw(results, plot)
    return results, plot


def live_vectors(root: Path, space: str) -> Vectors:
    """All vectors of a space that can be found: float32 (n, dim). Raises as `sweep_index` does."""
    manifest = read_manifest(root, read_current(root))
    if space not in manifest.spaces:
        known = ", ".join(sorted(manifest.spaces))
        raise BadQuery(f"{root}: has no space {space!r}; there are: {known}")
    parts: list[Vectors] = [np.empty((0, manifest.spaces[space].dim), np.float32)]
    with ExitStack() as stack:
        for segment in open_segments(root, manifest.segments, False, ()):
            stack.enter_context(closing(segment))
            if space in segment.spaces:
                found = segment.spaces[space]
                live = segment.live(manifest.tombstones.get(segment.info.id, ()))
                vectors = found.vectors()
                parts.append(vectors if live is None else vectors[live[found.rows]])
        return np.concatenate(parts)


def sweep_json(results: Sequence[SweepResult], plot: Path) -> dict[str, JsonValue]:
    return {"plot": str(plot), "results": [dict(asdict(result)) for result in results]}


def print_sweep(console: Console, results: Sequence[SweepResult], plot: Path) -> None:
    """A row for each setting; what a build picks by itself is bold."""
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("kind", no_wrap=True)
    table.add_column("setting", no_wrap=True)
    for name in ("recall", "p50", "p99", "q/s", "memory", "disk"):
        table.add_column(name, justify="right", no_wrap=True)
    for result in results:
        table.add_row(
            result.kind,
            result.setting,
            f"{result.recall_at_10:.4f}",
            f"{result.p50_ms:.3f}",
            f"{result.p99_ms:.3f}",
            f"{result.per_second:,.0f}",
            f"{result.resident_bytes:,.0f}",
            f"{result.disk_bytes:,.0f}",
            style="bold" if result.chosen else "",
        )
    console.print(table)
    console.print("recall@10, ms, queries a second on one thread, bytes per vector that a search")
    console.print("walks through and that are stored; bold: what a build picks by itself")
    console.print(f"plot: {plot}", markup=False, soft_wrap=True)
