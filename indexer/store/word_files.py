"""The files of the words lane: a tantivy index in each segment, joined by links into one."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tantivy
from numpy.typing import NDArray
from tantivy import DocAddress

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


def order_parts(folder: Path, index: tantivy.Index) -> None:
    """List the parts by their rows, not by size: equal scores rank by place in the list.

    tantivy merges 8 parts of like size, as a rule neighbours. Where it did not, equal scores
    at the last place of a ranking are chosen by part, not by row.
    """
    path = folder / META
    meta = json.loads(path.read_bytes())
    index.reload()
    order = np.argsort(first_values(index.searcher()))
    meta["segments"] = [meta["segments"][part] for part in order]
    path.write_text(json.dumps(meta), encoding="utf-8")


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


def first_values(searcher: tantivy.Searcher) -> NDArray[np.uint64]:
    """The `row` values that the parts start with."""
    return row_values(searcher, [DocAddress(part, 0) for part in range(searcher.num_segments)])


def row_values(searcher: tantivy.Searcher, addresses: list[DocAddress]) -> NDArray[np.uint64]:
    return np.array(searcher.fast_field_values("row", addresses), np.uint64)
