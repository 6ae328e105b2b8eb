"""Commands that measure an index."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from api.commands import IndexFolder, Json, OptionalPath, emit, settings_with, writing

app = typer.Typer(help="Measure an index.", no_args_is_help=True)


@app.command()
def recall(  # noqa: PLR0913, PLR0917 (an option each)
    index: IndexFolder,
    queries: Annotated[Path, typer.Option(help="JSONL of questions and what is right for them.")],
    root: Annotated[
        OptionalPath,
        typer.Option(help="Folder that images are relative to; by default that of the file."),
    ] = None,
    cutoffs: Annotated[str, typer.Option("-k", help="Cut-offs of recall.")] = "1,5,10",
    against: Annotated[
        OptionalPath, typer.Option(metavar="DIR", help="Compare with another index, in pairs.")
    ] = None,
    against_config: Annotated[
        OptionalPath,
        typer.Option(metavar="FILE", help="Compare with other settings, laid over those in force."),
    ] = None,
    answers: Annotated[
        bool, typer.Option("--answers", help="Measure answers and their confidence too.")
    ] = False,
    report: Annotated[
        OptionalPath, typer.Option(metavar="FILE", help="Write a report, one HTML file.")
    ] = None,
    csv: Annotated[
        OptionalPath, typer.Option(help="Write every query's scores to this file.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Measure recall, MRR, nDCG and MAP of each lane and of the rankings made of them."""
    from api.benchmark import Plan, Side, check_writable, run, write_text
    from api.measure import evaluation_json, parse_cutoffs, write_csv
    from api.progress import TerminalProgress
    from api.render_bench import print_benchmark
    from indexer.config import load_settings
    from search.qrels import read_queries
    from search.report.page import render

    settings = settings_with()
    for path in filter(None, (report, csv)):
        check_writable(path)
    other = None
    if against or against_config:
        name = " with ".join(str(path) for path in (against, against_config) if path)
        other = Side(against or index, load_settings(against_config), name)
    plan = Plan(
        Side(index, settings, str(index)),
        read_queries(queries, root, unanswerable=answers),
        parse_cutoffs(cutoffs),
        other,
        answers,
        pictures=report is not None,
    )
    with TerminalProgress() as progress:
        found = run(plan, progress.stage, progress.step)
    if csv:
        write_csv(csv, found.evaluation)
    if report:
        write_text(report, render(found))
    emit(
        as_json,
        lambda: evaluation_json(found.evaluation, found.comparison, found.answers),
        lambda console: print_benchmark(console, found),
    )


@app.command()
def ann(
    index: IndexFolder,
    space: Annotated[
        str, typer.Option(metavar="NAME", help="Which vectors: text or clip.")
    ] = "text",
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where the plot goes.")] = Path(),
    as_json: Json = False,
) -> None:
    """Measure recall, speed and size of every kind of vector index on an index's own vectors."""
    from api.ann import print_sweep, sweep_index, sweep_json
    from api.progress import TerminalProgress

    with writing(out), TerminalProgress() as progress:
        results, plot = sweep_index(index, space, out, lambda name: progress.stage(name, 1))
    emit(
        as_json,
        lambda: sweep_json(results, plot),
        lambda console: print_sweep(console, results, plot),
    )
