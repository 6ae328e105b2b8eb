"""Commands that look after an index: its generations, segments and soundness."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.commands import IndexFolder, Json, emit, end, settings_with, writing

if TYPE_CHECKING:
    from indexer.store.manifest import Manifest

app = typer.Typer()


@app.command()
def generations(index: IndexFolder, as_json: Json = False) -> None:
    """List the generations on disk: what made them, what they hold, which one is live."""
    from api.render_index import generations_json, print_generations
    from indexer.store.generations import generations as listed
    from indexer.store.manifest import read_current

    found = listed(index)
    if not found:
        read_current(index)  # says that there is no index
    emit(
        as_json,
        lambda: generations_json(found),
        lambda console: print_generations(console, found),
    )


@app.command()
def rollback(
    generation: Annotated[int, typer.Argument(metavar="N", help="Number of the generation.")],
    index: IndexFolder,
    as_json: Json = False,
) -> None:
    """Make another generation on disk the live one, before or after the one that is."""
    from api.render_index import say
    from indexer.store.generations import generations as listed
    from indexer.store.generations import rollback as make_live

    _check_there(index)
    before = next((facts for facts in listed(index) if facts.live), None)
    with writing(index):
        now = make_live(index, generation)
    was = f"; generation {before.number} had {before.documents:,}" if before else ""
    emit(
        as_json,
        lambda: {
            "index": str(index),
            "generation": now.generation,
            "documents": now.documents,
            "before": before and {"generation": before.number, "documents": before.documents},
        },
        lambda console: say(
            console,
            index,
            f"generation {now.generation} is live: {now.documents:,} documents{was}",
        ),
    )


@app.command()
def merge(index: IndexFolder, as_json: Json = False) -> None:
    """Join small segments and those that are mostly deleted, as builds do by themselves."""
    from api.render_index import say
    from indexer.store.merge import compact

    before = _live(index)
    with writing(index):
        compact(index)
    now = _live(index)
    old, new = len(before.segments), len(now.segments)
    done = f"segments: {old} → {new}" if now != before else f"nothing to merge, segments: {old}"
    emit(
        as_json,
        lambda: {
            "index": str(index),
            "generation": now.generation,
            "segments": {"before": old, "after": new},
        },
        lambda console: say(console, index, f"{done}, generation {now.generation}"),
    )


@app.command()
def purge(
    index: IndexFolder,
    cache: Annotated[
        bool, typer.Option("--cache", help="Also empty the cache, of which other indexes live too.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Remove what was deleted from the disk as well, with all generations but the live one."""
    from api.render_index import print_purged, purged_json
    from indexer.building.purge import purge as clean

    _check_there(index)
    with writing(index):
        purged = clean(index, settings_with(), cache)
    emit(
        as_json,
        lambda: purged_json(purged, index),
        lambda console: print_purged(console, purged, index),
    )


@app.command()
def verify(
    index: IndexFolder,
    repair: Annotated[
        bool, typer.Option("--repair", help="Mend it from sources, originals and caches.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Read every byte of an index and name what is damaged."""
    from api.progress import TerminalProgress
    from api.render_index import faults_json, print_faults
    from indexer.errors import TriptychError
    from indexer.store.verify import verify as find_faults

    if repair:
        from api.render_index import print_repaired, repaired_json
        from indexer.building.repair import repair as mend

        with writing(index), TerminalProgress() as progress:
            done = mend(index, settings_with(), progress)
        emit(
            as_json,
            lambda: repaired_json(done, index),
            lambda console: print_repaired(console, done, index),
        )
        end(bool(done.gone or (done.result and done.result.skipped)))
        return
    faults = find_faults(index)
    emit(
        as_json,
        lambda: {"index": str(index), "faults": faults_json(faults)},
        lambda console: print_faults(console, index, faults),
    )
    if faults:
        raise TriptychError(
            f"{index}: {len(faults):,} damaged; mend it with: "
            f"triptych verify --index {index} --repair"
        )


def _check_there(folder: Path) -> None:
    """Raises IndexNotFound, so that a slip of the path makes no folder."""
    from indexer.building.build import check_index

    check_index(folder)


def _live(folder: Path) -> Manifest:
    from indexer.store.manifest import read_current, read_manifest

    return read_manifest(folder, read_current(folder))
