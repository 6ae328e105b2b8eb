"""What a reranker of words reads of a candidate."""

from __future__ import annotations

from indexer.lanes import passage
from indexer.records import Chunk, Picture
from search.recall import Group


def passage_of(candidate: Group) -> str:
    """The best chunk as the sentence encoder sees it: where it stands, then what it says."""
    best = candidate.chunks[0]
    picture = Picture(best.asset, b"") if best.asset else None
    seen = Chunk(best.modality, best.place, best.text, best.context, best.lines, picture)
    return passage(best.title, seen)
