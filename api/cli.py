"""The command line. Every command is thin; libraries load when a command runs, not before."""

from __future__ import annotations

import json
import logging
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from indexer.config import Settings
    from search.engine import Engine
    from search.query import Query

SKIPPED = 1
FAILED = 2

app = typer.Typer(
    help="Find the answer to a support question in your own manuals, tickets and images.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
bench = typer.Typer(help="Measure an index.", no_args_is_help=True)
app.add_typer(bench, name="bench")

IndexFolder = Annotated[Path, typer.Option("--index", help="Folder of the index.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Text = Annotated[Optional[str], typer.Argument(help="The question.")]  # noqa: UP045 (typer reads it)
Image = Annotated[Optional[Path], typer.Option("--image", help="A screenshot or photo.")]  # noqa: UP045
Filters = Annotated[
    list[str],
    typer.Option("--filter", help="KEY=VALUE; also !=, >=, <=, >, <. May be repeated."),
]
Count = Annotated[int, typer.Option("-k", help="Most hits.")]


@app.command()
def index(
    sources: Annotated[list[Path], typer.Argument(help="Folders or files.", metavar="SOURCE...")],
    into: Annotated[Path, typer.Option("--into", help="Folder of the index, made if needed.")],
    without_captions: Annotated[
        bool,
        typer.Option("--without-captions", help="Leave captions and alternative texts out."),
    ] = False,
    clip: Annotated[
        str,
        typer.Option(help="CLIP weights: MODEL/PRETRAINED, local-dir:PATH or a checkpoint file."),
    ] = "",
    as_json: Json = False,
) -> None:
    """Index SOURCE into a folder. Exit code 1 says that files were skipped."""
    from api.progress import TerminalProgress
    from api.render import build_json, print_build
    from indexer.building.build import build

    settings = _settings(clip)
    with TerminalProgress() as progress:
        result = build(sources, into, settings, not without_captions, progress)
    _emit(
        as_json,
        lambda: build_json(result, into),
        lambda console: print_build(console, result, str(into)),
    )
    if result.skipped:
        raise typer.Exit(SKIPPED)


@app.command()
def search(
    index: IndexFolder,
    text: Text = None,
    image: Image = None,
    filters: Filters = [],  # noqa: B006 (typer copies it)
    k: Count = 10,
    as_json: Json = False,
) -> None:
    """Search by question text, by screenshot, or by both."""
    from api.render import print_search
    from api.schemas import search_json

    settings = _settings()
    with _engine(index, settings) as engine, _naming(image):
        result = engine.search(_query(text, image, filters, k))
    _emit(as_json, lambda: search_json(result), lambda console: print_search(console, result))


@app.command()
def answer(
    index: IndexFolder,
    text: Text = None,
    image: Image = None,
    filters: Filters = [],  # noqa: B006 (typer copies it)
    k: Count = 10,
    as_json: Json = False,
) -> None:
    """Answer a question or a screenshot, with citations."""
    from api.render import print_answer
    from api.schemas import answer_json

    settings = _settings()
    with _engine(index, settings) as engine, _naming(image):
        result = engine.answer(_query(text, image, filters, k))
    _emit(as_json, lambda: answer_json(result), lambda console: print_answer(console, result))


@app.command()
def serve(
    index: IndexFolder,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on; 0 takes any free one.")] = 8080,
) -> None:
    """Serve the page and the HTTP interface."""
    from api.serve import serve as run

    run(index, _settings(), host, port)


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
    _emit(as_json, lambda: facts, lambda console: print_info(console, facts))


@bench.command()
def recall(
    index: IndexFolder,
    queries: Annotated[Path, typer.Option(help="JSONL of questions and what is right for them.")],
    root: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(help="Folder that images are relative to; by default that of the file."),
    ] = None,
    cutoffs: Annotated[str, typer.Option("-k", help="Cut-offs of recall.")] = "1,5,10",
    csv: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(help="Write every query's scores to this file."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Measure recall, MRR and nDCG of each lane and of the fused ranking."""
    from api.measure import evaluation_json, parse_cutoffs, write_csv
    from api.progress import TerminalProgress
    from api.render import print_evaluation
    from search.evaluate import evaluate
    from search.qrels import read_queries

    settings = _settings()
    judged = read_queries(queries, root)
    cuts = parse_cutoffs(cutoffs)
    with _engine(index, settings) as engine, TerminalProgress() as progress:
        progress.stage("queries", len(judged.queries))
        evaluation = evaluate(engine, judged.queries, cuts, progress.step)
    if csv:
        write_csv(csv, evaluation)
    _emit(
        as_json,
        lambda: evaluation_json(evaluation, judged.left_out),
        lambda console: print_evaluation(console, evaluation, judged.left_out),
    )


def _settings(clip: str = "") -> Settings:
    """The settings in force; `clip` from the command line goes before the file's."""
    from indexer.config import load_settings

    settings = load_settings()
    if not clip:
        return settings
    models = settings.models.model_copy(update={"clip": clip})
    return settings.model_copy(update={"models": models})


@contextmanager
def _engine(folder: Path, settings: Settings) -> Iterator[Engine]:
    from search.engine import Engine

    engine = Engine.open(folder, settings)
    try:
        yield engine
    finally:
        engine.close()


@contextmanager
def _naming(image: Path | None) -> Iterator[None]:
    """Put the file's name before what is wrong with it."""
    from indexer.errors import BadImage

    try:
        yield
    except BadImage as error:
        raise BadImage(f"{image}: {error}") from error


def _query(text: str | None, image: Path | None, filters: list[str], k: int) -> Query:
    from indexer.errors import BadQuery
    from search.query import Query, parse_filters

    try:
        data = image.read_bytes() if image else None
    except OSError as error:
        raise BadQuery(f"{image}: {error.strerror}") from error
    return Query(text or "", data, filters=parse_filters(filters), k=k)


def _emit(
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
        print(f"triptych: {error}", file=sys.stderr)  # noqa: T201
        sys.exit(FAILED)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        # the reader of the output has left, as `| head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(FAILED)


if __name__ == "__main__":
    main()
