"""A benchmark as one HTML file that needs nothing from elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from jinja2 import Environment, PackageLoader
from markupsafe import Markup

from search.answered import AnswerFigures
from search.evaluate import Evaluation
from search.paired import Comparison
from search.report.figures import chance, interval, points, signed
from search.report.plot import (
    DEEPEST,
    latencies,
    recall_curves,
    reliability_plot,
    risk_coverage_plot,
)
from search.report.worst import Worst

_SURE = 0.05
_ORDER = ("reranked", "fused")


@dataclass(frozen=True, slots=True)
class Report:
    """What a report shows. `index` and `against` are how the two sides are called."""

    index: str
    generation: int
    made: str
    evaluation: Evaluation
    against: str = ""
    before: Evaluation | None = None
    comparison: Comparison | None = None
    answers: AnswerFigures | None = None
    worst: Sequence[Worst] = ()


def render(report: Report) -> str:
    """The whole page. What comes from documents and queries is escaped."""
    environment = Environment(
        loader=PackageLoader("search"), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["points"] = points
    environment.filters["interval"] = interval
    environment.filters["signed"] = signed
    environment.filters["chance"] = chance
    environment.tests["sure"] = lambda p: p < _SURE
    evaluation = report.evaluation
    return environment.get_template("report.html").render(
        report=report,
        evaluation=evaluation,
        rankings=_rankings(evaluation),
        measures=list(evaluation.figures[evaluation.final]),
        plots=_plots(report),
    )


def _plots(report: Report) -> dict[str, Markup]:
    """SVG by name; made here from numbers alone, so nothing in it wants escaping."""
    evaluation, before = report.evaluation, report.before
    names = _rankings(evaluation)
    took = {"this": list(evaluation.took_ms.values())}
    if before is not None:
        took["against"] = list(before.took_ms.values())
    drawn = {
        "recall": recall_curves({name: evaluation.recall_curve(name, DEEPEST) for name in names}),
        "latency": latencies(took),
    }
    if report.answers is not None:
        drawn["reliability"] = reliability_plot(report.answers.bins)
        drawn["risk"] = risk_coverage_plot(report.answers.curve)
    return {name: Markup(svg) for name, svg in drawn.items()}


def _rankings(evaluation: Evaluation) -> list[str]:
    """What a user sees first, then the lanes."""
    first = [name for name in _ORDER if name in evaluation.figures]
    return first + [name for name in sorted(evaluation.figures) if name not in first]
