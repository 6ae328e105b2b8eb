"""What a stored ticket asks and what solved it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from indexer.records import Filter, Kind, StoredChunk
from indexer.store.base import Selection
from indexer.store.index import ID_BITS, Index
from search.passages import RESOLUTION


def problem(chunks: Sequence[StoredChunk]) -> str:
    """Subject and problem of a ticket, from all its chunks in reading order."""
    said = [chunk.text for chunk in chunks if RESOLUTION not in chunk.place.heading]
    return "\n".join([chunks[0].title, *filter(None, said)])


def resolution(chunks: Sequence[StoredChunk]) -> str:
    """What solved a ticket, empty where nothing did."""
    said = [chunk.text for chunk in chunks if RESOLUTION in chunk.place.heading]
    return "\n".join(filter(None, said))


def stored_tickets(index: Index) -> Iterator[list[StoredChunk]]:
    """The chunks of every live ticket, ticket by ticket, in reading order."""
    chosen = index.select((Filter("kind", "=", str(Kind.TICKET)),), frozenset())
    chunks = index.get(selected(index, chosen))
    for _, found in groupby(chunks, key=lambda chunk: (chunk.source, chunk.document)):
        yield list(found)


def selected(index: Index, selection: Selection | None) -> list[int]:
    """The ids of the chunks that a selection holds, in reading order; None holds all."""
    if selection is None:
        return index.ids()
    found: list[int] = []
    for ordinal, mask in enumerate(selection.masks):
        found += ((ordinal << ID_BITS) + mask.nonzero()[0]).tolist()
    return found
