"""What the commands share: types of options, settings, how results and errors come out."""

from __future__ import annotations

import errno
import json
import os
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from indexer.config import Settings
    from search.desk import Desk

DONE_BUT_SKIPPED = 1
NOT_DONE = 2
NO_CLIP = "none"

_REFUSALS = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EIO)

IndexFolder = Annotated[Path, typer.Option("--index", metavar="DIR", help="Folder of the index.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Clip = Annotated[
    str,
    typer.Option(help="CLIP model: starter, MODEL/PRETRAINED, local-dir:PATH, a checkpoint, none."),
]
Text = Annotated[
    str, typer.Option(help="Text model: a sentence-transformers name or folder, or lsa.")
]
OptionalPath = Optional[Path]  # noqa: UP045 (typer reads it)


def settings_with(clip: str = "", text: str = "") -> Settings:
    """The settings in force; `clip` and `text` from the command line go before the file's.

    `none` turns the clip lane off.
    """
    from indexer.config import load_settings

    settings = load_settings()
    chosen: dict[str, str] = {}
    if clip:
        chosen["clip"] = "" if clip == NO_CLIP else clip
    if text:
        chosen["text"] = text
    models = settings.models.model_copy(update=chosen)
    return settings.model_copy(update={"models": models})


@contextmanager
def open_engine(folder: Path, settings: Settings) -> Iterator[Desk]:
    from search.desk import Desk

    engine = Desk.open(folder, settings)
    try:
        yield engine
    finally:
        engine.close()


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Name the folder when the system refuses to write and no file is named, as on a full disk.

    Libraries wrap what the system said in errors of their own, with its words in theirs.
    Raises TriptychError then.
    """
    from indexer.errors import TriptychError

    try:
        yield
    except TriptychError:
        raise
    except Exception as error:
        said = next((reason for reason in map(os.strerror, _REFUSALS) if reason in str(error)), "")
        if not said or getattr(error, "filename", None) is not None:
            raise
        raise TriptychError(f"{folder}: {said}") from error


def system_error(error: OSError | sqlite3.Error) -> str:
    """One sentence: the path and the reason. All SQLite files lie in the cache folder."""
    if isinstance(error, OSError):
        place = f"{error.filename}: " if error.filename is not None else ""
        return f"{place}{error.strerror or error}"
    return f"{settings_with().cache}: the cache cannot be used: {error}"


def emit(
    as_json: bool,
    data: Callable[[], Mapping[str, object]],
    show: Callable[[Console], None],
) -> None:
    """Print a result as JSON or for people."""
    from rich.console import Console

    if as_json:
        print(json.dumps(data(), ensure_ascii=False, indent=2))  # noqa: T201
    else:
        show(Console(highlight=False))


def end(skipped: bool) -> None:
    """End a command that did its work; exit code 1 says that files were skipped."""
    if skipped:
        raise typer.Exit(DONE_BUT_SKIPPED)
