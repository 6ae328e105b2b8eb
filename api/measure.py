"""Benchmark results as JSON and CSV."""

from __future__ import annotations

import csv
from dataclasses import asdict
from pathlib import Path

from pydantic import JsonValue

from indexer.errors import BadQuery, TriptychError
from search.answered import AnswerFigures
from search.evaluate import FUSED, RERANKED, Estimate, Evaluation, Figures
from search.paired import Comparison


def parse_cutoffs(text: str) -> list[int]:
    """`"1,5,10"` → [1, 5, 10]. Raises BadQuery."""
    try:
        cutoffs = [int(part) for part in text.split(",")]
    except ValueError:
        cutoffs = []
    if not cutoffs or min(cutoffs) < 1:
        raise BadQuery(f"-k {text!r} is not a list of positive numbers such as 1,5,10")
    return cutoffs


def evaluation_json(
    evaluation: Evaluation,
    comparison: Comparison | None = None,
    answers: AnswerFigures | None = None,
) -> dict[str, JsonValue]:
    """Figures of each lane, fused and reranked, each `{"value", "low", "high"}`.

    `kinds` has the same for each kind of query, `latency_ms` the median and the 99th percentile
    of a query, `with_hits` how many found anything at all.
    """
    data: dict[str, JsonValue] = {
        "queries": evaluation.queries,
        "with_hits": evaluation.queries - len(evaluation.empty),
        **_rankings(evaluation.figures),
        "latency_ms": _latency(evaluation.latency()),
        "kinds": {
            kind: {
                "queries": sum(other == kind for other in evaluation.kinds.values()),
                **_rankings(figures),
                "latency_ms": _latency(evaluation.latency(kind)),
            }
            for kind, figures in evaluation.by_kind.items()
        },
    }
    if comparison:
        data["against"] = comparison_json(comparison)
    if answers:
        data["answers"] = answers_json(answers)
    return data


def comparison_json(comparison: Comparison) -> dict[str, JsonValue]:
    """Changes by kind and measure, and every query whose right answer moved."""
    before, after = comparison.latency
    return {
        "changes": {
            kind: {measure: dict(asdict(one)) for measure, one in changes.items()}
            for kind, changes in comparison.changes.items()
        },
        "moved": [dict(asdict(one)) for one in comparison.moved],
        "latency_ms": {"before": _latency(before), "after": _latency(after)},
    }


def answers_json(answers: AnswerFigures) -> dict[str, JsonValue]:
    """The figures of search/answered.py; those that no question tells are null."""

    def share(found: Estimate | None) -> JsonValue:
        return dict(asdict(found)) if found else None

    return {
        "questions": answers.questions,
        "answerable": answers.answerable,
        "answered": share(answers.answered),
        "first_citation_right": share(answers.right),
        "unanswerable_answered": share(answers.wrongly),
        "removed_answered": share(answers.removed),
        "removed_answered_at_90": share(answers.removed_kept),
        "threshold_at_90": answers.threshold,
        "expected_calibration_error": answers.error,
        "reliability": [dict(asdict(one)) for one in answers.bins],
        "risk_coverage": [[float(x), float(y)] for x, y in answers.curve],
    }


def write_csv(path: Path, evaluation: Evaluation) -> None:
    """One row per query and ranking. Raises TriptychError when `path` cannot be written."""
    try:
        with path.open("w", newline="", encoding="utf-8") as stream:
            writer = csv.writer(stream)
            measures = list(next(iter(evaluation.figures.values())))
            writer.writerow(["query", "ranking", *measures, "kind", "ms"])
            for name, table in evaluation.per_query.items():
                for query, scores in table.items():
                    row = [query, name, *(f"{scores[m]:.6g}" for m in measures)]
                    took = f"{evaluation.took_ms[query]:.3f}"
                    writer.writerow([*row, evaluation.kinds[query], took])
    except OSError as error:
        raise TriptychError(f"{path}: cannot be written: {error.strerror}") from error


def _rankings(figures: Figures) -> dict[str, JsonValue]:
    tables: dict[str, JsonValue] = {
        name: {measure: dict(asdict(estimate)) for measure, estimate in measures.items()}
        for name, measures in figures.items()
    }
    merged = {name: tables.pop(name) for name in (FUSED, RERANKED) if name in tables}
    return {"lanes": tables, **merged}


def _latency(found: tuple[float, float]) -> dict[str, JsonValue]:
    return {"median": round(found[0], 3), "p99": round(found[1], 3)}
