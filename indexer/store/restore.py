"""Restoring the small files of an index from their copies, and the copies from the files."""

from __future__ import annotations

import json
from collections.abc import Collection
from contextlib import closing, suppress
from pathlib import Path, PurePosixPath

import duckdb

from indexer.errors import IndexDamaged, IndexNotFound
from indexer.store.catalog import Catalog
from indexer.store.clear import clear, drop_generation, needed
from indexer.store.copies import SUFFIX, gone_path, read_copy, write_with_copy
from indexer.store.durable import sha256_bytes, sha256_file, write_atomic
from indexer.store.fits import fit_path
from indexer.store.ledgers import ledger_path
from indexer.store.manifest import (
    CATALOG,
    Current,
    Manifest,
    current_path,
    generation_numbers,
    generation_path,
    parse_current,
    read_current,
    recall_manifest,
    write_current,
)
from indexer.store.uploads import UPLOADED, facts_name, uploads_folder


def restore(root: Path) -> None:
    """Make CURRENT, the generation files and the facts of uploads whole again.

    The writer lock is held. A generation of which neither file nor copy can be read goes.
    Where CURRENT is lost with its copy, or names such a generation, the newest readable one
    becomes the live one. Raises OSError when the disk is full.
    """
    _restore_uploads(root)
    for number in committed_numbers(root):
        path = generation_path(root, number)
        manifest = recall_manifest(root, number)
        if manifest is None:
            drop_generation(root, number)
        else:
            write_with_copy(path, read_copy(path) or path.read_bytes())
    current = named(root)
    if current is None:
        numbers = generation_numbers(root)
        if not numbers:
            return
        data = generation_path(root, numbers[-1]).read_bytes()
        current = Current(numbers[-1], sha256_bytes(data))
    write_current(root, current)


def drop_damaged(root: Path, paths: Collection[str]) -> None:
    """Drop the generations that need one of these damaged files, all but the live one.

    For what no repair can give back: nobody could go back to them. `paths` are below the
    index. The writer lock is held. Raises IndexNotFound, IndexDamaged, OSError.
    """
    live = read_current(root).generation
    for number in generation_numbers(root):
        manifest = recall_manifest(root, number)
        if number != live and manifest and _needs(root, manifest, paths):
            drop_generation(root, number)
    clear(root)


def committed_numbers(root: Path) -> list[int]:
    """The generations on disk by file or copy, oldest first.

    A copy alone is one whose file was lost, unless it is newer than the live one: there a
    commit was killed before it was through.
    """
    current = named(root)
    copies = [
        path for path in (root / "generations").glob(f"*{SUFFIX}") if not gone_path(path).exists()
    ]
    lost = [int(path.stem) for path in copies if path.stem.isdecimal()] if current else []
    most = current.generation if current else 0
    return sorted({*generation_numbers(root), *(number for number in lost if number <= most)})


def named(root: Path) -> Current | None:
    """The generation that CURRENT, or else its copy, names and that is on disk as it was."""
    found: list[Current | None] = []
    with suppress(IndexDamaged, IndexNotFound):
        found.append(read_current(root))
    copy = read_copy(current_path(root))
    found.append(parse_current(copy) if copy is not None else None)
    return next((current for current in found if current and is_on_disk(root, current)), None)


def is_on_disk(root: Path, current: Current) -> bool:
    """Whether a generation's file, or its copy, is what `current` says."""
    path = generation_path(root, current.generation)
    copy = read_copy(path)
    if copy is not None and sha256_bytes(copy) == current.sha256:
        return True
    try:
        return sha256_bytes(path.read_bytes()) == current.sha256
    except OSError:
        return False


def _needs(root: Path, manifest: Manifest, paths: Collection[str]) -> bool:
    """Whether a generation refers to one of these files."""
    parts = [PurePosixPath(path).parts for path in paths]
    ids = {ref.id for ref in manifest.segments}
    if any(part[0] == "segments" and part[1] in ids for part in parts):
        return True
    names = {part[-1] for part in parts if part[0] != "segments"}
    parts_of = [ledger_path(root, manifest.ledger)]
    parts_of += [fit_path(root, space.fingerprint) for space in manifest.spaces.values()]
    if not names.isdisjoint(path.name for path in parts_of):
        return True
    thumbs, originals = needed(root, manifest.segments)
    return not names.isdisjoint({*thumbs, *originals, *map(facts_name, originals)})


def is_proved(path: Path) -> bool:
    """Whether the file beside an original says what the name of the original proves."""
    try:
        facts = json.loads(path.with_name(facts_name(path.name)).read_bytes())
        return _stem(facts["id"], facts["sha256"]) == path.name.partition(".")[0]
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _restore_uploads(root: Path) -> None:
    """Write the lost facts of originals anew, by what the catalogs say whose they are."""
    for catalog in (root / "segments").glob(f"*/{CATALOG}"):
        with suppress(duckdb.Error), closing(Catalog(catalog, 0, ())) as opened:
            for document in opened.documents("", None):
                if document.source == UPLOADED:
                    _restore_facts(
                        uploads_folder(root) / document.file, document.path.partition("#")[0]
                    )


def _restore_facts(path: Path, id: str) -> None:
    if is_proved(path) or not path.is_file():
        return
    content = sha256_file(path)
    if _stem(id, content) == path.name.partition(".")[0]:
        facts = {"id": id, "sha256": content, "made": path.stat().st_mtime_ns}
        write_atomic(path.with_name(facts_name(path.name)), json.dumps(facts).encode("ascii"))


def _stem(id: str, content: str) -> str:
    """What `store_upload` names an original of this id and SHA-256, without the suffix."""
    return sha256_bytes(f"{id}\0{content}".encode("utf-8", "surrogatepass"))
