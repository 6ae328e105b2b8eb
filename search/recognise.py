"""Which indexed images a query image is a copy or a part of, and hits that say so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import BinaryIO, Final

import numpy as np
from PIL import Image

from indexer.lanes import REGIONS
from indexer.records import LaneRank, Line, Scored, StoredChunk
from indexer.regions.extract import ASKED, extract
from indexer.store.analysis import tokens
from indexer.store.base import Selection, Store
from indexer.store.codes import is_code
from indexer.store.index import ID_BITS
from search.compare import Grey
from search.query import Collapse
from search.recall import Group, group_key
from search.regions import sightings
from search.results import Region
from search.verify import CHECKED, RIVAL, verify

LOOKED_AT: Final = 20
_TIE = 0.95
"""Images with this share of the score of the best are as good as it: compression changes so much,
and equal images of several documents are told apart by the other lanes."""


@dataclass(frozen=True, slots=True)
class Recognised:
    """What an image was found on: by chunk id where it lies there, best first.

    `alike` ranks the chunks whose images have most of its rare features, wherever these lie:
    other screens of the same program, whose page is often the same.
    """

    regions: Mapping[int, Region] = field(default_factory=dict)
    alike: tuple[Scored, ...] = ()


def recognise(
    store: Store, image: Image.Image, selection: Selection | None, lines: Sequence[Line] = ()
) -> Recognised:
    """Where an RGB image lies on those that are indexed, and which look like it.

    The images with most of its rare features are fitted to it (search/regions.py), and the best
    of these compared with it window by window (search/verify.py). `lines` were read in it: what
    shows other codes is not the same, as on the display of one machine little else changes.
    """
    asked = extract(image, ASKED)
    found = [
        (tuple((seen.segment << ID_BITS) + row for row in seen.rows), seen)
        for seen in store.regions(asked, LOOKED_AT, selection)
    ]
    candidates = [(ids, seen.features) for ids, seen in found]
    sighted = sightings(asked, candidates, CHECKED, RIVAL)
    chunks = {chunk.id: chunk for chunk in store.get([ids[0] for ids, _ in sighted])}
    regions: dict[int, Region] = {}
    rank, best = 0, 0.0
    codes = _codes(lines)
    seen = verify(image, sighted, lambda ids: preview(store, chunks[ids[0]]))
    same = {one.what for one in seen if one.same and _agree(codes, chunks[one.what[0]].lines)}
    for one in sorted(seen, key=lambda one: one.what not in same):
        if not one.resembles:
            continue
        if rank == 0 or one.score < _TIE * best:
            rank, best = rank + 1, one.score
        region = Region(
            one.sighting.box, rank == 1 and one.what in same, one.sighting.features, rank
        )
        regions |= dict.fromkeys(one.what, region)
    return Recognised(regions, tuple(Scored(id, seen.score) for ids, seen in found for id in ids))


def _codes(lines: Sequence[Line]) -> set[str]:
    """The codes in what was read, as analysed; what begins with a digit is an amount or a time."""
    words = tokens("\n".join(line.text for line in lines))
    return {word for word in words if is_code(word) and not word[0].isdigit()}


def _agree(codes: set[str], lines: Sequence[Line]) -> bool:
    """Whether lines show one of the codes, or either has none."""
    own = _codes(lines)
    return not codes or not own or not codes.isdisjoint(own)


def preview(store: Store, chunk: StoredChunk) -> Grey | None:
    """The preview of a chunk's image in grey; None where there is none that can be read."""
    path = store.thumb(chunk.thumb)
    return None if path is None else read_preview(path)


def read_preview(file: Path | BinaryIO) -> Grey | None:
    """A preview in grey; None where it cannot be read.

    It was made by `thumbnail`, so what `decode` does for strangers' images would take as long
    again.
    """
    try:
        with Image.open(file, formats=["WEBP"]) as shown:
            return np.asarray(shown.convert("L"))
    except (OSError, ValueError, Image.DecompressionBombError):
        return None


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
