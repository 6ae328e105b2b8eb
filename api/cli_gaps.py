"""The commands that look at tickets as a whole: which are alike, and what the manuals lack."""

from __future__ import annotations

from typing import Annotated, Optional

import typer

from api.commands import IndexFolder, Json, OptionalPath, emit, open_engine, settings_with


def register(app: typer.Typer) -> None:
    """Add `similar` and `gaps` to the commands of `app`."""
    app.command()(similar)
    app.command()(gaps)


def similar(
    index: IndexFolder,
    document: Annotated[
        Optional[str],  # noqa: UP045 (typer reads it)
        typer.Argument(
            help="A ticket or a page, as hits name it: tickets.csv#T1; else all tickets."
        ),
    ] = None,
    k: Annotated[int, typer.Option("-k", help="Most tickets, or clusters shown.")] = 10,
    as_json: Json = False,
) -> None:
    """Show the tickets like a ticket, or those that a page solves, or clusters of all tickets."""
    from api.render_gaps import matters_json, print_matters, print_similar
    from api.schemas import similar_json

    with open_engine(index, settings_with()) as engine:
        if document is not None:
            found = engine.similar(document, k)
            emit(as_json, lambda: similar_json(found), lambda c: print_similar(c, found))
            return
        tickets = engine.questions()
        groups = engine.matters(tickets)
    emit(
        as_json,
        lambda: matters_json(tickets, groups),
        lambda console: print_matters(console, tickets, groups, k),
    )


def gaps(
    index: IndexFolder,
    questions: Annotated[
        OptionalPath,
        typer.Option(metavar="FILE.jsonl", help="Lines with a text; else the tickets are asked."),
    ] = None,
    k: Annotated[int, typer.Option("-k", help="Most clusters shown; JSON has all.")] = 20,
    as_json: Json = False,
) -> None:
    """Find the questions that the manuals do not answer, clustered and named."""
    from api.progress import TerminalProgress
    from api.render_gaps import gaps_json, print_gaps
    from search.gaps import read_questions

    asked = read_questions(questions) if questions else None
    with open_engine(index, settings_with()) as engine, TerminalProgress() as progress:
        if asked is None:
            asked = engine.questions()
        progress.stage("questions", len(asked))
        found = engine.gaps(asked, progress.step)
    emit(as_json, lambda: gaps_json(found), lambda console: print_gaps(console, found, k))
