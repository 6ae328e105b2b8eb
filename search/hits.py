"""From groups of candidates to the hits that are shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from indexer.records import StoredChunk
from search.matching import matched_lines
from search.recall import Group
from search.results import Hit


def hits_of(groups: Sequence[Group], words: Mapping[str, float]) -> tuple[Hit, ...]:
    """`words` are those of the question, as analysed, with their rarity."""
    return tuple(_hit(rank, found, words) for rank, found in enumerate(groups, start=1))


def _hit(rank: int, found: Group, words: Mapping[str, float]) -> Hit:
    best = found.chunks[0]
    shown = _shown(found)
    return Hit(
        rank=rank,
        chunk=best.id,
        document=best.document,
        title=best.title,
        kind=best.kind,
        modality=best.modality,
        place=best.place,
        text=best.text or best.context or "\n".join(line.text for line in best.lines),
        score=found.score,
        lanes=found.lanes,
        asset=shown.asset,
        thumb=shown.thumb,
        matched=matched_lines(shown.lines, words),
        language=best.language,
        product=best.product,
        date=best.date.isoformat() if best.date else "",
        metadata=best.metadata,
        region=found.region if shown.id == found.seen else None,
    )


def _shown(found: Group) -> StoredChunk:
    """The chunk whose image is shown: the query's; else the best if it has one, or best image."""
    best = found.chunks[0]
    if found.seen is not None:
        return next(chunk for chunk in found.chunks if chunk.id == found.seen)
    if best.thumb:
        return best
    return next((chunk for chunk in found.chunks if chunk.asset), best)
