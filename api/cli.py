"""The command line. Every command is thin; libraries load when a command runs, not before."""

from __future__ import annotations

import logging
import os
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from api import (
    cli_bench,
    cli_embed,
    cli_gaps,
    cli_index,
    cli_models,
    cli_synthesize,
    cli_tune,
    cli_upkeep,
)
from api.commands import (
    NOT_DONE,
    IndexFolder,
    Json,
    OptionalPath,
    emit,
    open_engine,
    settings_with,
    system_error,
)

if TYPE_CHECKING:
    from search.query import Query

app = typer.Typer(
    help="Find the answer to a support question in your own manuals, tickets and images.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(cli_index.app)
app.add_typer(cli_upkeep.app)
cli_tune.register(app)
cli_embed.register(app)
cli_gaps.register(app)
cli_models.register(app)
cli_synthesize.register(cli_bench.app)
app.add_typer(cli_bench.app, name="bench")

Text = Annotated[Optional[str], typer.Argument(help="The question.")]  # noqa: UP045 (typer reads it)
Image = Annotated[OptionalPath, typer.Option("--image", help="A screenshot or photo.")]
Voice = Annotated[OptionalPath, typer.Option("--voice", help="A recording of the question.")]
Filters = Annotated[
    list[str],
    typer.Option("--filter", help="KEY=VALUE; also !=, >=, <=, >, <. May be repeated."),
]
Count = Annotated[int, typer.Option("-k", help="Most hits.")]


@app.command()
def search(
    index: IndexFolder,
    text: Text = None,
    image: Image = None,
    voice: Voice = None,
    filters: Filters = [],  # noqa: B006 (typer copies it)
    k: Count = 10,
    as_json: Json = False,
) -> None:
    """Search by question text, screenshot or recording, or by any mix of them."""
    from api.render import print_search
    from api.schemas import search_json

    with open_engine(index, settings_with()) as engine, _naming(image, voice):
        result = engine.search(_query(text, image, voice, filters, k))
    emit(as_json, lambda: search_json(result), lambda console: print_search(console, result))


@app.command()
def answer(
    index: IndexFolder,
    text: Text = None,
    image: Image = None,
    voice: Voice = None,
    filters: Filters = [],  # noqa: B006 (typer copies it)
    k: Count = 10,
    llm: Annotated[
        bool, typer.Option("--llm", help="Let the settings' language model word it.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Answer a question, typed or spoken, or a screenshot, with citations."""
    from api.render import print_answer
    from api.render_wording import worded
    from api.schemas import answer_json
    from search.llm import ChatEndpoint

    settings = settings_with()
    chat = ChatEndpoint(settings.llm, settings.offline) if llm else None
    with open_engine(index, settings) as engine, _naming(image, voice):
        result = engine.answer(_query(text, image, voice, filters, k))
        passages = engine.passages(result) if chat else []
    if chat is not None:
        result = worded(result, passages, chat)
    emit(as_json, lambda: answer_json(result), lambda console: print_answer(console, result))


@app.command()
def serve(
    index: IndexFolder,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on; 0 takes any free one.")] = 8080,
    writable: Annotated[
        Optional[bool],  # noqa: UP045
        typer.Option(
            "--writable/--read-only",
            help="Take changes to the index; by default on a loopback address only.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Serve the page and the HTTP interface."""
    from api.serve import serve as run

    run(index, settings_with(), host, port, writable)


@app.command()
def info(
    index: Annotated[Path, typer.Argument(metavar="DIR", help="Folder of the index.")],
    as_json: Json = False,
) -> None:
    """Show what an index holds and how it was made."""
    from api.render import print_info
    from indexer.store.index import Index
    from search.about import describe

    with Index.open(index) as opened:
        facts = describe(opened)
    emit(as_json, lambda: facts, lambda console: print_info(console, facts))


@contextmanager
def _naming(image: Path | None, voice: Path | None) -> Iterator[None]:
    """Put the file's name before what is wrong with it."""
    from indexer.errors import BadImage, BadSound

    try:
        yield
    except BadImage as error:
        raise BadImage(f"{image}: {error}") from error
    except BadSound as error:
        raise BadSound(f"{voice}: {error}") from error


def _query(
    text: str | None, image: Path | None, voice: Path | None, filters: list[str], k: int
) -> Query:
    from search.query import Query, parse_filters

    return Query(
        text or "", _content(image), filters=parse_filters(filters), k=k, voice=_content(voice)
    )


def _content(file: Path | None) -> bytes | None:
    from indexer.errors import BadQuery

    try:
        return file.read_bytes() if file else None
    except OSError as error:
        raise BadQuery(f"{file}: {error.strerror}") from error


def main() -> None:
    """Run the command line. What a user can cause or fix is one sentence and exit code 2."""
    from indexer.errors import TriptychError

    # Idle OpenMP threads that spin take the cores from everything else on a small machine.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    for name in ("indexer", "api"):
        logging.getLogger(name).setLevel(logging.INFO)
    try:
        app()
    except TriptychError as error:
        _refuse(str(error))
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        # the reader of the output has left, as `| head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(NOT_DONE)
    except (OSError, sqlite3.Error) as error:
        _refuse(system_error(error))


def _refuse(sentence: str) -> None:
    print(f"triptych: {sentence}", file=sys.stderr)  # noqa: T201
    sys.exit(NOT_DONE)


if __name__ == "__main__":
    main()
