"""What an index holds and how it was made, as plain facts."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import JsonValue

from indexer.lanes import CLIP, LANES
from indexer.store.index import Index

NO_CLIP = "no CLIP weights were given when this index was made (triptych index --clip)"

_BUILD = ("built", "sources", "captions", "skipped")


def describe(index: Index) -> dict[str, JsonValue]:
    """Generation, counts, spaces, lanes ("on", or why not), quality and build facts."""
    manifest = index.manifest
    lanes: dict[str, JsonValue] = dict.fromkeys(LANES, "on")
    if CLIP not in index.spaces:
        lanes[CLIP] = f"off: {NO_CLIP}"
    facts: dict[str, JsonValue] = {
        "generation": index.generation,
        "counts": {
            key: dict(value) if isinstance(value, Mapping) else value
            for key, value in index.counts().items()
        },
        "lanes": lanes,
        "spaces": {name: dict(space.to_json()) for name, space in index.spaces.items()},
        "quality": {name: dict(values) for name, values in manifest.quality.items()},
    }
    return facts | {key: manifest.build.get(key) for key in _BUILD}
