"""The command that learns from questions and what answered them."""

from __future__ import annotations

from typing import Annotated

import typer

from api.commands import IndexFolder, Json, OptionalPath, emit, settings_with, writing


def register(app: typer.Typer) -> None:
    """Add `tune` to the commands of `app`."""
    app.command()(tune)


def tune(
    index: IndexFolder,
    pairs: Annotated[
        OptionalPath,
        typer.Option(metavar="FILE.jsonl", help="Questions and the documents that answered them."),
    ] = None,
    closed: Annotated[
        bool,
        typer.Option("--closed", help="No question will ever have an answer that FILE lacks."),
    ] = False,
    remove: Annotated[
        bool, typer.Option("--remove", help="Take away what was learnt before.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Learn to map questions nearer to what answers them; kept only where that helps."""
    from api.render_tune import print_tuning, refusal, tuning_json
    from indexer.align.tune import tune as learn
    from indexer.errors import BadQuery, TriptychError

    if remove == (pairs is not None):
        raise BadQuery("give either --pairs FILE.jsonl to learn from, or --remove")
    if pairs is None:
        _remove(index, as_json)
        return
    with writing(index):
        result = learn(index, pairs, settings_with(), closed)
    emit(
        as_json,
        lambda: tuning_json(result, index),
        lambda console: print_tuning(console, result),
    )
    if not result.installed:
        raise TriptychError(refusal(result))


def _remove(index: IndexFolder, as_json: bool) -> None:
    from rich.text import Text

    from indexer.adapter import remove_adapter
    from indexer.lanes import TEXT
    from indexer.store.manifest import read_current

    read_current(index)  # a folder that is no index is an error, not an index without an adapter
    with writing(index):
        removed = remove_adapter(index, TEXT)
    said = "removed" if removed else "nothing was installed"
    emit(
        as_json,
        lambda: {"index": str(index), "removed": removed},
        lambda console: console.print(Text(f"{index}: {said}"), soft_wrap=True),
    )
