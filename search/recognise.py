"""Which indexed images a query image is a copy or a part of, and hits that say so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

import numpy as np
from PIL import Image

from indexer.config import Limits
from indexer.errors import BadImage
from indexer.images import decode
from indexer.lanes import REGIONS
from indexer.records import LaneRank, StoredChunk
from indexer.regions.extract import ASKED, extract
from indexer.store.base import Selection, Store
from indexer.store.index import ID_BITS
from search.compare import Grey
from search.query import Collapse
from search.recall import Group, group_key
from search.regions import sight
from search.results import Region
from search.verify import verify

LOOKED_AT: Final = 20
_TIE = 0.9
"""Images with this share of the score of the best are as good as it: RANSAC varies so much,
and equal images of several documents are told apart by the other lanes."""


def recognise(store: Store, image: Image.Image, selection: Selection | None) -> dict[int, Region]:
    """By chunk id, where an RGB image lies on those it was found on, best first.

    The images with most of its rare features are fitted to it (search/regions.py), and the best
    of these compared with it window by window (search/verify.py).
    """
    asked = extract(image, ASKED)
    sighted = []
    for seen in store.regions(asked, LOOKED_AT, selection):
        sighting = sight(asked, seen.features)
        if sighting is not None:
            ids = tuple((seen.segment << ID_BITS) + row for row in seen.rows)
            sighted.append((ids, sighting))
    regions: dict[int, Region] = {}
    rank, best = 0, 0.0
    for one in verify(image, sighted, lambda ids: preview(store, ids[0])):
        if not one.resembles:
            continue
        if rank == 0 or one.score < _TIE * best:
            rank, best = rank + 1, one.score
        region = Region(one.sighting.box, rank == 1 and one.same, one.sighting.features, rank)
        regions |= dict.fromkeys(one.what, region)
    return regions


def preview(store: Store, id: int) -> Grey | None:
    """The preview of a chunk's image in grey; None where there is none that can be read."""
    (chunk,) = store.get([id])
    path = store.thumb(chunk.thumb)
    try:
        shown = decode(path.read_bytes(), Limits()) if path else None
    except (OSError, BadImage):
        return None
    return np.asarray(shown.convert("L")) if shown else None


def mark(
    groups: Sequence[Group],
    regions: Mapping[int, Region],
    chunks: Mapping[int, StoredChunk],
    by: Collapse,
) -> list[Group]:
    """The groups with the regions found on their images; copies of the query come first.

    A document that no other lane found becomes a group of its own, if it has the very image.
    """
    shown: dict[tuple[str, str], int] = {}
    for id in regions:
        key = group_key(chunks[id], by)
        if key is not None:
            shown.setdefault(key, id)
    marked: list[Group] = []
    for found in groups:
        key = group_key(found.chunks[0], by)
        seen = shown.pop(key, None) if key is not None else None
        marked.append(found if seen is None else _with(found, chunks[seen], regions[seen]))
    least = min((found.score for found in groups), default=0.0)
    for id in shown.values():
        if regions[id].same:
            marked.append(_with(Group(least, (), {}), chunks[id], regions[id]))
    return copies_first(marked)


def copies_first(groups: Sequence[Group]) -> list[Group]:
    """Groups that have the very image of the query first, otherwise in the order given.

    They share out the scores of the groups, so that scores still fall from rank to rank.
    """
    ordered = sorted(groups, key=lambda found: not (found.region and found.region.same))
    if ordered == list(groups):
        return ordered
    scores = sorted((found.score for found in groups), reverse=True)
    return [replace(found, score=score) for found, score in zip(ordered, scores, strict=True)]


def _with(found: Group, chunk: StoredChunk, region: Region) -> Group:
    others = tuple(one for one in found.chunks if one.id != chunk.id)
    chunks = (chunk, *others) if region.same or not others else (*found.chunks[:1], chunk)
    rest = () if region.same or not others else tuple(c for c in others if c not in chunks)
    lanes = {**found.lanes, REGIONS: LaneRank(region.rank, float(region.features))}
    return replace(found, chunks=(*chunks, *rest), lanes=lanes, region=region, seen=chunk.id)
