"""Commands that make an index and change what is in it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from api.commands import (
    Clip,
    IndexFolder,
    Json,
    OptionalPath,
    Text,
    emit,
    end,
    settings_with,
    writing,
)

if TYPE_CHECKING:
    from rich.console import Console

    from indexer.config import Settings
    from search.gate import Gate

app = typer.Typer()


@app.command()
def index(  # noqa: PLR0913, PLR0917 (an option each)
    sources: Annotated[list[Path], typer.Argument(help="Folders or files.", metavar="SOURCE...")],
    into: Annotated[
        Path, typer.Option("--into", metavar="DIR", help="Folder of the index, made if needed.")
    ],
    without_captions: Annotated[
        bool,
        typer.Option("--without-captions", help="Leave captions and alternative texts out."),
    ] = False,
    clip: Clip = "",
    text: Text = "",
    as_json: Json = False,
) -> None:
    """Index SOURCE into a folder; what did not change stays. Exit code 1: files were skipped."""
    from api.progress import TerminalProgress
    from api.render_index import build_json, print_build
    from indexer.building.build import build

    with writing(into), TerminalProgress() as progress:
        result = build(sources, into, settings_with(clip, text), not without_captions, progress)
    emit(
        as_json,
        lambda: build_json(result, into),
        lambda console: print_build(console, result, into),
    )
    end(bool(result.skipped))


@app.command()
def add(
    paths: Annotated[list[Path], typer.Argument(help="Folders or files.", metavar="PATH...")],
    index: IndexFolder,
    as_json: Json = False,
) -> None:
    """Take more files or folders into an index, or bring a part of it up to date."""
    from api.progress import TerminalProgress
    from api.render_index import build_json, print_build
    from indexer.building.build import add as take_in

    with writing(index), TerminalProgress() as progress:
        result = take_in(paths, index, settings_with(), progress)
    emit(
        as_json,
        lambda: build_json(result, index),
        lambda console: print_build(console, result, index),
    )
    end(bool(result.skipped))


@app.command()
def remove(
    ids: Annotated[
        list[str],
        typer.Argument(
            help="Documents, files with all their records, or paths that were added.",
            metavar="ID...",
        ),
    ],
    index: IndexFolder,
    source: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(metavar="FOLDER", help="The source, where several have an ID; or uploaded."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Take documents out of an index for good: no later build brings them back."""
    from api.render_index import say
    from indexer.building.live import Deletion, LiveWriter

    with writing(index):
        writer = LiveWriter(index, settings_with())
        try:
            result = writer.change((), [Deletion(id, source) for id in ids])
        finally:
            writer.close()
    emit(
        as_json,
        lambda: {
            "index": str(index),
            "generation": result.generation,
            "removed": result.deleted,
        },
        lambda console: say(
            console, index, f"{result.deleted:,} removed, generation {result.generation}"
        ),
    )


@app.command()
def rebuild(  # noqa: PLR0913, PLR0917 (an option each)
    index: IndexFolder,
    clip: Clip = "",
    text: Text = "",
    gate: Annotated[
        OptionalPath,
        typer.Option(metavar="FILE.jsonl", help="Questions whose recall and nDCG may not fall."),
    ] = None,
    gate_root: Annotated[
        OptionalPath,
        typer.Option(
            metavar="DIR", help="Folder that images are relative to; by default that of the file."
        ),
    ] = None,
    min_drop: Annotated[
        float, typer.Option(help="How far a measure may fall, from 0 to 1.")
    ] = 0.01,
    as_json: Json = False,
) -> None:
    """Index all of it anew beside the live generation, then replace that in one step."""
    from api.progress import TerminalProgress
    from api.render_index import build_json, print_build
    from indexer.building.build import rebuild as build_anew

    if gate:
        from search.gate import Gate

        judged = Gate.read(gate, gate_root, min_drop)
        _rebuild_gated(index, settings_with(clip, text), judged, as_json)
        return
    with writing(index), TerminalProgress() as progress:
        result = build_anew(index, settings_with(clip, text), progress)
    emit(
        as_json,
        lambda: build_json(result, index),
        lambda console: print_build(console, result, index),
    )
    end(bool(result.skipped))


def _rebuild_gated(folder: Path, settings: Settings, gate: Gate, as_json: bool) -> None:
    """Rebuild behind a gate. Raises TriptychError when the new generation is refused."""
    from api.gated import rebuild_gated
    from api.progress import TerminalProgress
    from api.render_gate import print_verdict, refusal
    from api.render_index import print_build
    from indexer.errors import TriptychError

    with writing(folder), TerminalProgress() as progress:
        gated = rebuild_gated(folder, settings, gate, progress)
    result, verdict = gated.result, gated.verdict

    def show(console: Console) -> None:
        print_build(console, result, folder, "committed" if verdict.passed else "not made live,")
        print_verdict(console, verdict)

    emit(as_json, lambda: gated.to_json(folder), show)
    if not verdict.passed:
        raise TriptychError(refusal(verdict, result.generation, folder))
    end(bool(result.skipped))
