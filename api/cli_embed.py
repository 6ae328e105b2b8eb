"""The command that turns texts or images into vectors."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.commands import Clip, Json, OptionalPath, emit, settings_with, writing

if TYPE_CHECKING:
    from indexer.config import Settings


def register(app: typer.Typer) -> None:
    """Add `embed` to the commands of `app`."""
    app.command()(embed)


def embed(  # noqa: PLR0913, PLR0917 (an option each)
    out: Annotated[Path, typer.Option(metavar="FILE.npy", help="Where the vectors go.")],
    images: Annotated[
        OptionalPath, typer.Option(metavar="LIST.txt", help="File with a path on each line.")
    ] = None,
    texts: Annotated[
        OptionalPath, typer.Option(metavar="LIST.txt", help="File with a text on each line.")
    ] = None,
    space: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="clip or text; by default clip, but text for texts without a CLIP model.",
        ),
    ] = "",
    index: Annotated[
        OptionalPath, typer.Option(metavar="DIR", help="Take the models of this index.")
    ] = None,
    clip: Clip = "",
    text_model: Annotated[
        str, typer.Option(help="Sentence encoder: a name, or local-dir:PATH.")
    ] = "",
    as_json: Json = False,
) -> None:
    """Write the vectors of texts or images, one row for each line, as a NumPy file."""
    from rich.text import Text

    from api.embed import choose
    from api.embed import embed as encode
    from api.lines import Lines
    from api.progress import TerminalProgress
    from indexer.errors import BadQuery
    from indexer.records import Modality

    listed = images or texts
    if listed is None or (images and texts):
        raise BadQuery("give either --images LIST.txt or --texts LIST.txt")
    if index and (clip or text_model):
        raise BadQuery("--index brings its own models; leave --clip and --text-model out")
    settings = _settings(clip, text_model)
    lines = Lines.read(listed, Modality.IMAGE if images else Modality.TEXT)
    chosen = choose(lines.modality, space, index, settings)
    with writing(out), TerminalProgress() as progress:
        made = encode(lines, chosen, out, settings, progress)
    said = f"{out}: {made.rows:,} × {made.dim}, {made.space} space of {made.model}"
    emit(
        as_json,
        lambda: {"out": str(out), **asdict(made)},
        lambda console: console.print(Text(said), soft_wrap=True),
    )


def _settings(clip: str, text_model: str) -> Settings:
    """The settings in force; models from the command line go before the file's."""
    settings = settings_with(clip)
    if not text_model:
        return settings
    models = settings.models.model_copy(update={"text": text_model})
    return settings.model_copy(update={"models": models})
