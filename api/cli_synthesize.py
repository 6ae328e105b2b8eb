"""The command that makes judged queries from an index."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.commands import IndexFolder, Json, emit, writing

if TYPE_CHECKING:
    from pydantic import JsonValue
    from rich.console import Console

    from search.synthesize.draft import Draft
    from search.synthesize.kinds import QuerySet


def register(app: typer.Typer) -> None:
    """Add `synthesize` to the commands of `app`."""
    app.command()(synthesize)


def synthesize(
    index: IndexFolder,
    out: Annotated[
        Path, typer.Option(metavar="FOLDER", help="A new folder for the queries and their images.")
    ],
    count: Annotated[int, typer.Option(help="Most queries of each kind.")] = 40,
    seed: Annotated[int, typer.Option(help="Another number draws other queries.")] = 0,
    as_json: Json = False,
) -> None:
    """Make judged queries from what an index holds, to measure its recall from the first day."""
    from api.progress import TerminalProgress
    from indexer.store.index import Index
    from search.synthesize.folder import check_folder, write_folder
    from search.synthesize.kinds import synthesize as draw

    with Index.open(index) as opened, TerminalProgress() as progress, writing(out):
        check_folder(out, opened)
        queries = draw(opened, count, seed, progress)
        written = write_folder(out, queries)
    emit(
        as_json,
        lambda: _facts(out, written, queries),
        lambda console: _show(console, out, written, queries, index),
    )


def _facts(out: Path, written: int, queries: QuerySet) -> dict[str, JsonValue]:
    from search.synthesize.folder import QUERIES
    from search.synthesize.kinds import KINDS

    kinds: dict[str, JsonValue] = {}
    for kind in KINDS:
        drafts = queries.drafts[kind.name]
        kinds[kind.name] = {
            "count": len(drafts),
            "documents": len({draft.owner for draft in drafts}),
            "languages": dict(Counter(draft.language for draft in drafts)),
            "asks": kind.asks,
            "example": _example(drafts[0]) if drafts else None,
        }
    return {
        "queries": str(out / QUERIES),
        "count": written,
        "documents": queries.documents,
        "kinds": kinds,
        "notes": list(queries.notes),
    }


def _show(console: Console, out: Path, written: int, queries: QuerySet, index: Path) -> None:
    from rich.table import Table
    from rich.text import Text

    from search.synthesize.folder import QUERIES
    from search.synthesize.kinds import KINDS

    table = Table(title=f"{written:,} queries from {queries.documents:,} documents")
    table.add_column("kind", no_wrap=True)
    table.add_column("count", justify="right")
    table.add_column("what it asks")
    table.add_column("example", overflow="fold")
    for kind in KINDS:
        if drafts := queries.drafts[kind.name]:
            cells = (kind.name, str(len(drafts)), kind.asks, _example(drafts[0]))
            table.add_row(*map(Text, cells))
    console.print(table)
    for note in queries.notes:
        console.print(Text(note, style="dim"), soft_wrap=True)
    command = f"triptych bench recall --index {index} --queries {out / QUERIES}"
    console.print(Text(f"measure with: {command}"), soft_wrap=True)


def _example(draft: Draft) -> str:
    asked = draft.text or "(image)"
    return f"{asked} → {', '.join(draft.relevant)}"
