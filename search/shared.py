"""The lane of the shared space: parts of a query, images and texts, brought together."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce

import numpy as np

from indexer.config import Ranking
from indexer.lanes import CLIP
from indexer.records import Modality, Scored
from indexer.store.base import Selection, Store
from indexer.store.centres import unit
from search.fuse import reciprocal_rank_fusion
from search.prepare import Vector

_SUM = "sum"


def shared_lane(
    store: Store, parts: Mapping[Modality, Vector], ranking: Ranking, selection: Selection | None
) -> list[Scored]:
    """The best chunks of the shared space for a query of one or more parts, best first.

    `parts` holds a vector (dim,) of each modality that the query has. With `ranking.centre` the
    mean of its modality is taken from each, and the score is that of `Store.across`, so that
    chunks of all modalities mix; without, it is the cosine.

    Parts are joined as `ranking.mixing` says. Early: a weighted sum of the vectors,
    w_text·f_text + w_image·f_image, is searched for once. Late: each part ranks the chunks, and
    the rankings are fused by weighted reciprocal ranks. Hybrid: the sum is one ranking more. A
    chunk that several rankings have keeps its best score.
    """
    search = store.nearest
    if ranking.centre:
        search = store.across
        means = store.means(CLIP)
        parts = {name: unit(part - means.get(name, 0)) for name, part in parts.items()}
    weights: dict[str, float] = {name: getattr(ranking.parts, name) for name in parts}
    total = reduce(np.add, (np.float32(weights[name]) * part for name, part in parts.items()))
    if len(parts) == 1 or ranking.mixing == "early":
        return search(CLIP, unit(total), ranking.depth, selection)
    found = {str(name): search(CLIP, p, ranking.depth, selection) for name, p in parts.items()}
    if ranking.mixing == "hybrid":
        found[_SUM] = search(CLIP, unit(total), ranking.depth, selection)
        weights[_SUM] = sum(weights.values()) / len(weights)
    scores: dict[int, float] = {}
    for near in (near for ranked in found.values() for near in ranked):
        scores[near.id] = max(near.score, scores.get(near.id, near.score))
    ranked = {name: [near.id for near in nearest] for name, nearest in found.items()}
    fused = reciprocal_rank_fusion(ranked, weights, ranking.rrf_k)
    return [Scored(id, scores[id]) for id, _ in fused][: ranking.depth]
