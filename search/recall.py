"""From prepared lanes to candidates: chunks with their rank and score in each lane."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from indexer.config import Ranking
from indexer.lanes import CLIP, TEXT, WORDS
from indexer.records import LaneRank, Modality, Scored, StoredChunk
from indexer.store.base import Selection, Store
from search.fuse import collapse, reciprocal_rank_fusion
from search.prepare import Prepared
from search.query import Collapse
from search.shared import shared_lane

PASSAGES = "passages"

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
    store: Store, prepared: Prepared, ranking: Ranking, selection: Selection | None
) -> dict[str, list[Scored]]:
    """The best `ranking.depth` chunks of every lane that takes part."""
    depth = ranking.depth
    found: dict[str, list[Scored]] = {}
    if prepared.vector is not None:
        found[TEXT] = store.nearest(TEXT, prepared.vector, depth, selection)
    if prepared.parts:
        found[CLIP] = shared_lane(store, prepared.parts, ranking, selection)
    if WORDS not in prepared.off:
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
    document gains nothing from having many chunks. The images and the passages of the shared
    space are two rankings, weighted as `clip` and `passages`: a query that tells images apart
    may tell nothing about passages.
    """
    apart = _apart(lanes, chunks)
    keys = {i: key for i, chunk in chunks.items() if (key := _key(chunk, by)) is not None}
    rankings = {
        name: collapse((scored.id for scored in found), keys) for name, found in apart.items()
    }
    fused = reciprocal_rank_fusion(rankings, weights, k)
    inner = reciprocal_rank_fusion(
        {name: [scored.id for scored in found] for name, found in apart.items()}, weights, k
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


def _apart(
    lanes: Mapping[str, Sequence[Scored]], chunks: Mapping[int, StoredChunk]
) -> dict[str, list[Scored]]:
    """The rankings to fuse: the lanes, but the passages of the shared space by themselves."""
    found = {lane: list(scored) for lane, scored in lanes.items()}
    if CLIP in found:
        texts = {id for id, chunk in chunks.items() if chunk.modality is Modality.TEXT}
        found[PASSAGES] = [scored for scored in found[CLIP] if scored.id in texts]
        found[CLIP] = [scored for scored in found[CLIP] if scored.id not in texts]
    return found


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
