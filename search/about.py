"""What an index holds and how it was made, as plain facts."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import JsonValue

from indexer.adapter import read_adapter
from indexer.lanes import CLIP, LANES
from indexer.store.index import Index

NO_CLIP = "no CLIP weights were given when this index was made (triptych index --clip)"

OTHER_WEIGHTS = "ignored: learnt for other weights of this space; run triptych tune again"

_BUILD = ("built", "sources", "captions", "skipped")


def describe(index: Index) -> dict[str, JsonValue]:
    """Generation, counts, spaces, lanes ("on", or why not), quality and build facts.

    Where tuning installed adapters, what they were measured to gain too, or why one is ignored.
    """
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
    if adapters := _adapters(index):
        facts["adapters"] = adapters
    return facts | {key: manifest.build.get(key) for key in _BUILD}


def _adapters(index: Index) -> dict[str, JsonValue]:
    """By space that one was learnt for: whether it is in use. Raises IndexDamaged."""
    found: dict[str, JsonValue] = {}
    for name, space in index.spaces.items():
        adapter = read_adapter(index.root, name)
        if adapter is not None:
            found[name] = dict(adapter.figures) if adapter.fits(space) else OTHER_WEIGHTS
    return found
