"""From prepared lanes to candidates: chunks with their rank and score in each lane."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from indexer.lanes import WORDS
from indexer.records import LaneRank, Scored, StoredChunk
from indexer.store.base import Selection, Store
from search.fuse import collapse, reciprocal_rank_fusion
from search.prepare import Prepared
from search.query import Collapse

GroupKey = tuple[str, str]
"""What a hit stands for: (source, document path) or (source, asset)."""


@dataclass(frozen=True, slots=True)
class Group:
    """The candidates that make one hit: the best chunk first, then the others.

    `lanes` holds the rank of the group in each lane, and the score of its best chunk there.
    """

    score: float
    chunks: tuple[StoredChunk, ...]
    lanes: Mapping[str, LaneRank]


def recall(
    store: Store, prepared: Prepared, depth: int, selection: Selection | None
) -> dict[str, list[Scored]]:
    """The best `depth` chunks of every lane that takes part."""
    found = {
        space: store.nearest(space, vector, depth, selection)
        for space, vector in prepared.vectors.items()
    }
    if prepared.words.strip():
        found[WORDS] = store.words(prepared.words, depth, selection)
    return found


def group(
    lanes: Mapping[str, Sequence[Scored]],
    chunks: Mapping[int, StoredChunk],
    by: Collapse,
    weights: Mapping[str, float],
    k: float,
) -> list[Group]:
    """Fuse the lanes into groups, best first.

    Each lane ranks groups by their best chunk, and the rankings of groups are fused: a long
    document gains nothing from having many chunks.
    """
    keys = {i: key for i, chunk in chunks.items() if (key := _key(chunk, by)) is not None}
    rankings = {
        lane: collapse((scored.id for scored in found), keys) for lane, found in lanes.items()
    }
    fused = reciprocal_rank_fusion(rankings, weights, k)
    inner = reciprocal_rank_fusion(
        {lane: [scored.id for scored in found] for lane, found in lanes.items()}, weights, k
    )
    members: dict[GroupKey, list[StoredChunk]] = {}
    for i, _ in inner:
        if i in keys:
            members.setdefault(keys[i], []).append(chunks[i])
    ranks = {lane: _lane_ranks(found, keys) for lane, found in lanes.items()}
    return [
        Group(
            score=score,
            chunks=tuple(members[key]),
            lanes={lane: ranked[key] for lane, ranked in ranks.items() if key in ranked},
        )
        for key, score in fused
    ]


def _lane_ranks(found: Sequence[Scored], keys: Mapping[int, GroupKey]) -> dict[GroupKey, LaneRank]:
    ranks: dict[GroupKey, LaneRank] = {}
    for scored in found:
        key = keys.get(scored.id)
        if key is not None and key not in ranks:
            ranks[key] = LaneRank(len(ranks) + 1, scored.score)
    return ranks


def _key(chunk: StoredChunk, by: Collapse) -> GroupKey | None:
    if by == "document":
        return chunk.source, chunk.document
    return None if chunk.asset is None else (chunk.source, chunk.asset)
