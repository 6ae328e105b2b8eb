"""The files of the words lane: a tantivy index in each segment, joined by links into one."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import tantivy

FIELDS = ("title", "heading", "body", "lines")
META = "meta.json"


def create_index(folder: Path) -> tantivy.Index:
    """An empty index whose parts keep chunks in the order of their rows, also when merged."""
    builder = tantivy.SchemaBuilder()
    for name in FIELDS:
        builder.add_text_field(name, tokenizer_name="whitespace", index_option="freq")
    builder.add_unsigned_field("row", indexed=True, fast=True)
    index = tantivy.Index(builder.build(), str(folder), sort_by_field="row")
    index.config_reader("manual")  # its own watch would reload, and leave locks, at any time
    return index


def link_parts(folders: Sequence[Path], links: Path) -> list[list[dict[str, Any]]]:
    """Make the empty index at `links` hold the parts of all folders; the parts of each."""
    path = links / META
    meta = json.loads(path.read_bytes())
    parts = [_parts(folder, meta["schema"]) for folder in folders]
    for folder in folders:
        for file in folder.resolve().iterdir():
            if file.name != META and not file.name.startswith("."):
                (links / file.name).symlink_to(file)
    meta["segments"] = [part for listed in parts for part in listed]
    path.write_text(json.dumps(meta), encoding="utf-8")
    return parts


def _parts(folder: Path, schema: object) -> list[dict[str, Any]]:
    """The parts that a sealed folder lists. Raises ValueError unless they have this schema."""
    path = folder / META
    try:
        meta = json.loads(path.read_bytes())
    except ValueError as error:
        raise ValueError(f"{path} is not JSON: {error}") from error
    match meta:
        case {"schema": found, "segments": [*parts]} if found == schema:
            return parts
    raise ValueError(f"{path} describes another schema; rebuild the index")
