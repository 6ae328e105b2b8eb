"""Commands that measure an index."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from api.commands import IndexFolder, Json, OptionalPath, emit, open_engine, settings_with, writing

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
    csv: Annotated[
        OptionalPath, typer.Option(help="Write every query's scores to this file.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Measure recall, MRR and nDCG of each lane and of the fused ranking."""
    from api.measure import evaluation_json, parse_cutoffs, write_csv
    from api.progress import TerminalProgress
    from api.render import print_evaluation
    from search.evaluate import evaluate
    from search.qrels import read_queries

    settings = settings_with()
    judged = read_queries(queries, root)
    cuts = parse_cutoffs(cutoffs)
    with open_engine(index, settings) as engine, TerminalProgress() as progress:
        progress.stage("queries", len(judged.queries))
        evaluation = evaluate(engine, judged.queries, cuts, progress.step)
    if csv:
        write_csv(csv, evaluation)
    emit(
        as_json,
        lambda: evaluation_json(evaluation, judged.left_out),
        lambda console: print_evaluation(console, evaluation, judged.left_out),
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
