"""Commands that show the models to choose from and bring them here."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from api.commands import Json, emit, settings_with

app = typer.Typer(help="Show the models to choose from, or bring one here with `fetch`.")

Offline = Annotated[
    bool, typer.Option("--offline", help="Never ask the network; TRIPTYCH_OFFLINE=1 does the same.")
]


def register(root: typer.Typer) -> None:
    """Add `models` and the option --offline of every command to `root`."""
    root.add_typer(app, name="models")
    root.callback()(everywhere)


def everywhere(offline: Offline = False) -> None:
    if offline:
        # also for the processes that a command starts
        os.environ["TRIPTYCH_OFFLINE"] = "1"


@app.callback(invoke_without_command=True)
def models(
    context: typer.Context,
    all_models: Annotated[
        bool, typer.Option("--all", help="Also all that open_clip knows.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Show the models to choose from and those on this machine, or bring one here with `fetch`."""
    if context.invoked_subcommand:
        return
    from api.render_models import models_json, print_models
    from indexer.encoders.listing import everything, recommended

    settings = settings_with()
    choices = (everything if all_models else recommended)(settings.cache)
    emit(
        as_json,
        lambda: models_json(choices, settings),
        lambda console: print_models(console, choices),
    )


@app.command()
def fetch(
    name: Annotated[str, typer.Argument(help="A model as settings and --clip name it.")],
    offline: Offline = False,
    as_json: Json = False,
) -> None:
    """Download a model once and export it, ready for use without a network."""
    from api.download import DownloadBar
    from api.render_models import fetched_json, print_fetched
    from indexer.encoders.fetch import fetch as bring

    everywhere(offline)
    settings = settings_with()
    with DownloadBar(name):
        fetched = bring(name, settings)
    emit(
        as_json,
        lambda: fetched_json(fetched),
        lambda console: print_fetched(console, fetched),
    )
