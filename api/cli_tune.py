"""The command that learns from questions and what answered them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from api.commands import IndexFolder, Json, OptionalPath, emit, end, settings_with, writing


def register(app: typer.Typer) -> None:
    """Add `tune` to the commands of `app`."""
    app.command()(tune)


def tune(  # noqa: PLR0913, PLR0917 (an option each)
    index: IndexFolder,
    pairs: Annotated[
        OptionalPath,
        typer.Option(
            *("--pairs", "--queries"),
            metavar="FILE.jsonl",
            help="Questions and the documents that answered them.",
        ),
    ] = None,
    closed: Annotated[
        bool,
        typer.Option("--closed", help="No question will ever have an answer that FILE lacks."),
    ] = False,
    remove: Annotated[
        bool, typer.Option("--remove", help="Take away what was learnt before.")
    ] = False,
    deep: Annotated[
        bool,
        typer.Option("--deep", help="Train the text model itself, and encode the index anew."),
    ] = False,
    fusion: Annotated[
        bool,
        typer.Option("--fusion", help="Learn how far to trust each lane; with --remove, forget."),
    ] = False,
    confidence: Annotated[
        bool,
        typer.Option(
            "--confidence",
            help="Learn how sure an answer is and when to give none; with --remove, forget.",
        ),
    ] = False,
    into: Annotated[
        OptionalPath,
        typer.Option(
            metavar="FOLDER",
            help="Where --deep puts the model; by default in the user's data folder.",
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Learn to map questions nearer to what answers them; kept only where that helps."""
    from indexer.errors import BadQuery

    if remove == (pairs is not None):
        raise BadQuery("give either --pairs FILE.jsonl to learn from, or --remove")
    if into and not deep:
        raise BadQuery("--into says where --deep puts the model; without --deep there is none")
    _check_together(remove, closed, deep, fusion, confidence)
    if pairs is None:
        _remove(index, fusion, confidence, as_json)
    elif confidence:
        _calibrate(index, pairs, as_json)
    elif fusion:
        _weigh(index, pairs, as_json)
    elif deep:
        _train(index, pairs, into, as_json)
    else:
        _learn(index, pairs, closed, as_json)


def _check_together(remove: bool, closed: bool, deep: bool, fusion: bool, confidence: bool) -> None:
    """Raise BadQuery for options that exclude one another."""
    from indexer.errors import BadQuery

    if fusion and (deep or closed):
        raise BadQuery("--fusion goes with neither --deep nor --closed: it learns weights alone")
    if confidence and (deep or closed or fusion):
        raise BadQuery("--confidence goes alone: with none of --fusion, --deep and --closed")
    if deep and (remove or closed):
        raise BadQuery("--deep goes with neither --remove nor --closed, which are for the map")


def _learn(index: Path, pairs: Path, closed: bool, as_json: bool) -> None:
    from api.render_tune import print_tuning, refusal, tuning_json
    from indexer.align.tune import tune as learn
    from indexer.errors import TriptychError

    with writing(index):
        result = learn(index, pairs, settings_with(), closed)
    emit(
        as_json,
        lambda: tuning_json(result, index),
        lambda console: print_tuning(console, result),
    )
    if not result.installed:
        raise TriptychError(refusal(result))


def _weigh(index: Path, pairs: Path, as_json: bool) -> None:
    from api.fusion import tune_fusion
    from api.render_tune import fusion_json, fusion_refusal, print_fusion
    from indexer.errors import TriptychError

    with writing(index):
        result = tune_fusion(index, pairs, settings_with())
    emit(
        as_json,
        lambda: fusion_json(result, index),
        lambda console: print_fusion(console, result),
    )
    if not result.installed:
        raise TriptychError(fusion_refusal(result))


def _calibrate(index: Path, pairs: Path, as_json: bool) -> None:
    from api.confidence import tune_confidence
    from api.render_confidence import confidence_json, confidence_refusal, print_confidence
    from indexer.errors import TriptychError

    with writing(index):
        result = tune_confidence(index, pairs, settings_with())
    emit(
        as_json,
        lambda: confidence_json(result, index),
        lambda console: print_confidence(console, result),
    )
    if not result.installed:
        raise TriptychError(confidence_refusal(result))


def _train(index: Path, pairs: Path, into: Path | None, as_json: bool) -> None:
    from api.progress import TerminalProgress
    from api.render_tune import deep_json, deep_refusal, print_deep
    from indexer.align.deep import deepen, install
    from indexer.errors import TriptychError

    settings = settings_with()
    with writing(index), TerminalProgress() as progress:
        result = deepen(index, pairs, settings, into, progress)
        built = install(index, result, settings, progress) if result.helps else None
    emit(
        as_json,
        lambda: deep_json(result, built, index),
        lambda console: print_deep(console, result, built, settings.models),
    )
    if built is None:
        raise TriptychError(deep_refusal(result))
    end(bool(built.skipped))


def _remove(index: Path, fusion: bool, confidence: bool, as_json: bool) -> None:
    from rich.text import Text

    from indexer.adapter import remove_adapter
    from indexer.lanes import TEXT
    from indexer.store.manifest import read_current
    from search.fusion.learnt import remove_learnt
    from search.tuned import remove_tuned

    read_current(index)  # a folder that is no index is an error, not an index without an adapter
    with writing(index):
        if confidence:
            removed = remove_tuned(index)
        else:
            removed = remove_learnt(index) if fusion else remove_adapter(index, TEXT)
    said = "removed" if removed else "nothing was installed"
    emit(
        as_json,
        lambda: {"index": str(index), "removed": removed},
        lambda console: console.print(Text(f"{index}: {said}"), soft_wrap=True),
    )
