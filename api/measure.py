"""Benchmark results as JSON and CSV."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from pydantic import JsonValue

from indexer.errors import BadQuery, TriptychError
from search.evaluate import FUSED, Evaluation


def parse_cutoffs(text: str) -> list[int]:
    """`"1,5,10"` → [1, 5, 10]. Raises BadQuery."""
    try:
        cutoffs = [int(part) for part in text.split(",")]
    except ValueError:
        cutoffs = []
    if not cutoffs or min(cutoffs) < 1:
        raise BadQuery(f"-k {text!r} is not a list of positive numbers such as 1,5,10")
    return cutoffs


def evaluation_json(evaluation: Evaluation, left_out: Sequence[str]) -> dict[str, JsonValue]:
    """Figures of each lane and of the fused ranking, each `{"value", "low", "high"}`."""
    tables: dict[str, JsonValue] = {
        name: {measure: dict(asdict(estimate)) for measure, estimate in figures.items()}
        for name, figures in evaluation.figures.items()
    }
    fused = tables.pop(FUSED)
    return {
        "queries": evaluation.queries,
        "left_out": list(left_out),
        "lanes": tables,
        "fused": fused,
    }


def write_csv(path: Path, evaluation: Evaluation) -> None:
    """One row per query and ranking. Raises TriptychError when `path` cannot be written."""
    try:
        with path.open("w", newline="", encoding="utf-8") as stream:
            writer = csv.writer(stream)
            measures = list(next(iter(evaluation.figures.values())))
            writer.writerow(["query", "ranking", *measures])
            for name, table in evaluation.per_query.items():
                for query, scores in table.items():
                    writer.writerow([query, name, *(f"{scores[m]:.6g}" for m in measures)])
    except OSError as error:
        raise TriptychError(f"{path}: cannot be written: {error.strerror}") from error
