"""From prepared lanes to candidates: chunks with their rank and score in each lane."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from indexer.config import Ranking
from indexer.encoders.lsa import LSA
from indexer.lanes import CLIP, FEATURES, HEADS, LINES, NAMES, TEXT, WORDS
from indexer.records import LaneRank, Modality, Scored, StoredChunk
from indexer.store.base import Selection, Store
from search.fuse import Ranked
from search.fusion.base import Fusion, Signals
from search.names import ranked_names
from search.prepare import Prepared
from search.query import Collapse
from search.results import Region
from search.screen import Screen
from search.shared import shared_lane

PASSAGES = "passages"

_READ = 0.5
"""What words read in images count for when a screen is asked: other screens repeat its menus,
and the page that explains it has what it is about in headings, paragraphs and captions.
benchmarks/screenshots.py measures it."""

GroupKey = tuple[str, str]
"""What a hit stands for: (source, document path) or (source, asset)."""


@dataclass(frozen=True, slots=True)
class Group:
    """The candidates that make one hit: the best chunk first, then the others.

    `lanes` holds the rank of the group in each lane, and the score of its best chunk there.
    `region` is where the query image was found on that of the chunk `seen`.
    """

    score: float
    chunks: tuple[StoredChunk, ...]
    lanes: Mapping[str, LaneRank]
    region: Region | None = None
    seen: int | None = None


@dataclass(frozen=True, slots=True)
class Recalled:
    """What every lane found for a question, the chunks by id, and what the question signals."""

    prepared: Prepared
    lanes: dict[str, list[Scored]]
    chunks: dict[int, StoredChunk]
    signals: Signals
    regions: Mapping[int, Region] = field(default_factory=dict)


def recall(
    store: Store,
    prepared: Prepared,
    ranking: Ranking,
    selection: Selection | None,
    alike: Sequence[Scored] = (),
) -> dict[str, list[Scored]]:
    """The best `ranking.depth` chunks of every lane that takes part.

    Where the query has an image with text in it, the chunks with its most telling lines are a
    ranking of their own, and its words count by their lines (see screen.py). So are those
    `alike`, which share local features with it: screens of one program have them in common; a
    photo, with no text in it, has them by chance.
    """
    depth = ranking.depth
    found: dict[str, list[Scored]] = {}
    if prepared.vector is not None:
        found[TEXT] = store.nearest(TEXT, prepared.vector, depth, selection)
    elif prepared.fallback is not None:
        found[TEXT] = store.nearest(LSA, prepared.fallback, depth, selection)
    if prepared.parts:
        found[CLIP] = shared_lane(store, prepared.parts, ranking, selection)
    if WORDS not in prepared.off:
        parts: dict[str, float] = {}
        if prepared.lines:
            screen = Screen.of([line.text for line in prepared.lines], store, selection)
            found[LINES] = screen.ranked(depth)
            parts = {**screen.weights(), prepared.typed: 1.0}
        read = _READ if prepared.lines else 1.0
        found[WORDS] = store.words(prepared.words, depth, selection, parts, read)
    if prepared.lines and alike:
        found[FEATURES] = list(alike)
    if prepared.image is None and ranking.names:
        found[NAMES] = ranked_names(prepared.typed, store, selection, depth)
    if prepared.vector is not None and prepared.image is None and ranking.heads:
        ids = dict.fromkeys(scored.id for ranked in found.values() for scored in ranked)
        found[HEADS] = store.heads(prepared.vector, ids)
    return found


def group(
    lanes: Mapping[str, Sequence[Scored]],
    chunks: Mapping[int, StoredChunk],
    by: Collapse,
    fusion: Fusion,
    signals: Signals,
) -> list[Group]:
    """Fuse the lanes into groups, best first.

    Chunks are fused by themselves as well, which orders those of a group. The images and the
    passages of the shared space are two rankings, weighted as `clip` and `passages`: a query
    that tells images apart may tell nothing about passages.
    """
    apart = _apart(lanes, chunks)
    keys = _keys(chunks, by)
    inner = fusion(
        {name: [(scored.id, scored.score) for scored in found] for name, found in apart.items()},
        signals,
    )
    members: dict[GroupKey, list[StoredChunk]] = {}
    for i, _ in inner:
        if i in keys:
            members.setdefault(keys[i], []).append(chunks[i])
    shown = {lane: found for lane, found in lanes.items() if lane != HEADS}
    ranks = {lane: _lane_ranks(found, keys) for lane, found in shown.items()}
    return [
        Group(
            score=score,
            chunks=tuple(members[key]),
            lanes={lane: ranked[key] for lane, ranked in ranks.items() if key in ranked},
        )
        for key, score in fusion(_of_groups(apart, keys), signals)
    ]


def rankings_of(
    lanes: Mapping[str, Sequence[Scored]], chunks: Mapping[int, StoredChunk], by: Collapse
) -> dict[str, Ranked[GroupKey]]:
    """What `group` fuses into groups: every ranking, a group at each of its chunks."""
    return _of_groups(_apart(lanes, chunks), _keys(chunks, by))


def key_of(found: Group, by: Collapse) -> GroupKey | None:
    """The key under which `rankings_of` has a group."""
    return group_key(found.chunks[0], by)


def _of_groups(
    apart: Mapping[str, Sequence[Scored]], keys: Mapping[int, GroupKey]
) -> dict[str, Ranked[GroupKey]]:
    return {
        name: [(keys[scored.id], scored.score) for scored in found if scored.id in keys]
        for name, found in apart.items()
    }


def _keys(chunks: Mapping[int, StoredChunk], by: Collapse) -> dict[int, GroupKey]:
    return {i: key for i, chunk in chunks.items() if (key := group_key(chunk, by)) is not None}


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


def group_key(chunk: StoredChunk, by: Collapse) -> GroupKey | None:
    """What a chunk counts towards; None where hits are images and it is none."""
    if by == "document":
        return chunk.source, chunk.document
    return None if chunk.asset is None else (chunk.source, chunk.asset)
