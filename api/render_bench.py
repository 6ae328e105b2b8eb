"""What the command line prints about a benchmark."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from search.answered import AnswerFigures
from search.evaluate import Estimate, Evaluation, Figures
from search.paired import ALL, Change, Comparison
from search.report.figures import chance, interval, points, signed
from search.report.page import Report

_SIGNIFICANT = 0.05
_MOVED = 5
_BESIDE = 2  # columns up to which an interval stands beside its mean
_MERGED = ("fused", "reranked")


def print_benchmark(console: Console, report: Report) -> None:
    """Tables of measures by ranking and kind, of changes, and of answers."""
    evaluation = report.evaluation
    title = f"{_queries(evaluation.queries)}, mean and 95 % bootstrap interval"
    _print_figures(console, title, evaluation.figures)
    if len(evaluation.by_kind) > 1:
        for kind, figures in evaluation.by_kind.items():
            own = sum(other == kind for other in evaluation.kinds.values())
            _print_figures(console, f"{kind}: {_queries(own)}", figures)
    _print_time(console, evaluation)
    if report.comparison:
        _print_comparison(console, report.comparison, report.against)
    if report.answers:
        _print_answers(console, report.answers)


def _print_figures(console: Console, title: str, figures: Figures) -> None:
    names = sorted(figures, key=lambda name: (name in _MERGED, name))
    measures = list(figures[names[0]])
    table = _table(title, measures)
    apart = "\n" if len(measures) > _BESIDE else "  "
    for name in names:
        cells = [_estimate(figures[name][measure], apart) for measure in measures]
        table.add_row(name, *cells, style="bold" if name in _MERGED else "")
    console.print(table)


def _print_time(console: Console, evaluation: Evaluation) -> None:
    median, p99 = evaluation.latency()
    parts = [f"a query takes {median:.1f} ms, p99 {p99:.1f} ms"]
    if evaluation.empty:
        parts.append(f"nothing at all was found for {len(evaluation.empty):,}")
    console.print(Text("; ".join(parts), style="dim"))


def _print_comparison(console: Console, comparison: Comparison, against: str) -> None:
    for kind, changes in comparison.changes.items():
        title = f"against {against}" + ("" if kind == ALL else f": {kind}")
        console.print(_changes(title, changes))
    for label, lost in (("gained most", False), ("fell most", True)):
        found = [one for one in comparison.moved if (one.change < 0) is lost][:_MOVED]
        if found:
            ranks = ", ".join(
                f"{one.id} ({one.before or 'none'} → {one.after or 'none'})" for one in found
            )
            console.print(Text(f"{label}, by first right rank: {ranks}"), soft_wrap=True)


def _changes(title: str, changes: Mapping[str, Change]) -> Table:
    columns = ("before", "now", "change", "95 % interval", "p", "won", "lost", "tied")
    table = _table(title, columns)
    for measure, one in changes.items():
        style = ""
        if one.p < _SIGNIFICANT:
            style = "green" if one.change.value > 0 else "red"
        table.add_row(
            measure,
            points(one.before),
            points(one.after),
            signed(one.change.value),
            f"{signed(one.change.low)} to {signed(one.change.high)}",
            chance(one.p),
            *(str(count) for count in (one.won, one.lost, one.tied)),
            style=style,
        )
    return table


def _print_answers(console: Console, answers: AnswerFigures) -> None:
    unanswerable = answers.questions - answers.answerable
    rows: list[tuple[str, Estimate | None]] = [
        (f"answered, of {answers.answerable:,} answerable", answers.answered),
        ("first citation right, of those answered", answers.right),
        (f"answered, of {unanswerable:,} without an answer", answers.wrongly),
        ("answered with what is right left out", answers.removed),
    ]
    if answers.threshold is not None:
        at = f"the same at {answers.threshold:.2f}, keeping 90 % of the answerable"
        rows.append((at, answers.removed_kept))
    table = _table("answers", ("share",))
    for label, found in rows:
        if found:
            table.add_row(label, _estimate(found))
    table.add_row("expected calibration error", points(answers.error))
    console.print(table)


def _table(title: str, columns: Sequence[str]) -> Table:
    """Without borders, so that six measures fit a terminal of 80 columns."""
    table = Table(
        title=Text(title),
        title_justify="left",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        padding=(0, 1, 0, 0),
    )
    table.add_column("", no_wrap=len(columns) > 1)
    for name in columns:
        table.add_column(name, justify="right", no_wrap=True)
    return table


def _queries(count: int) -> str:
    return f"{count:,} {'query' if count == 1 else 'queries'}"


def _estimate(estimate: Estimate, apart: str = "  ") -> str:
    return f"{points(estimate.value)}{apart}{interval(estimate)}"
