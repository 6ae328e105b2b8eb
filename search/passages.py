"""What is quoted of a hit: the words that answer, not always the chunk that matched."""

from __future__ import annotations

from indexer.records import Kind, Modality, StoredChunk
from indexer.store.base import Store
from search.recall import Group

RESOLUTION = "Resolution"
"""The heading under which the ticket loader puts what solved a ticket."""


def quotable(store: Store, group: Group) -> StoredChunk | None:
    """The chunk to quote of a group; None when it has no words of its own.

    A ticket is quoted by its resolution, an image by the passage of its section that stands
    nearest or else by the text read in it, and a passage by itself.
    """
    best = group.chunks[0]
    if best.kind is Kind.TICKET and RESOLUTION not in best.place.heading:
        chunks = store.document(best.id)
        return next((chunk for chunk in chunks if RESOLUTION in chunk.place.heading), best)
    if best.modality is Modality.TEXT:
        return best
    return _beside(store, best)


def _beside(store: Store, image: StoredChunk) -> StoredChunk | None:
    chunks = store.document(image.id)
    place = next(i for i, chunk in enumerate(chunks) if chunk.id == image.id)
    section = [
        (abs(i - place), chunk)
        for i, chunk in enumerate(chunks)
        if chunk.modality is Modality.TEXT and chunk.place.heading == image.place.heading
    ]
    if section:
        return min(section, key=lambda pair: pair[0])[1]
    return image if image.context or image.text or image.lines else None
