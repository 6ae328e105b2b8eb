"""The queries that went worst, with what was found and what was right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from indexer.records import StoredChunk
from search.evaluate import Evaluation, judge, try_query
from search.paired import Comparison
from search.qrels import JudgedQuery
from search.recall import Group
from search.report.picture import embed_bytes, embed_file
from search.trial import Measured

MOST = 20
FIRST = 10
"""A query is among the worst when nothing right is within so many ranks."""

_FOUND = 3
_RIGHT = 2
_TEXT = 320


@dataclass(frozen=True, slots=True)
class Card:
    """A document as the report shows it. `picture` is a data URL, empty without a preview."""

    title: str
    where: str
    name: str
    text: str
    picture: str
    right: bool
    rank: int | None = None


@dataclass(frozen=True, slots=True)
class Worst:
    """A query, its first right rank (None: not among all that was recalled), and that before.

    `compared` says whether there is a before. `missing` names what is right for it and not in
    the index.
    """

    id: str
    kind: str
    text: str
    picture: str
    rank: int | None
    before: int | None
    compared: bool
    found: tuple[Card, ...]
    right: tuple[Card, ...]
    missing: tuple[str, ...]


def worst_queries(
    engine: Measured,
    queries: Sequence[JudgedQuery],
    evaluation: Evaluation,
    comparison: Comparison | None,
) -> list[Worst]:
    """Up to 20: those that fell most, then those with nothing right in the first 10 hits."""
    by_id = {query.id: query for query in queries}
    before = {one.id: one.before for one in comparison.moved} if comparison else {}
    return [
        _worst(engine, by_id[id], evaluation, before.get(id), id in before)
        for id in choose(evaluation, comparison)
    ]


def choose(evaluation: Evaluation, comparison: Comparison | None) -> list[str]:
    """The ids of the worst, worst first; at most half for having fallen, if others want room."""
    first = {
        id: min(evaluation.ranks[evaluation.final].get(id, ()), default=None)
        for id in evaluation.relevant
    }
    far = [id for id, rank in first.items() if rank is None or rank > FIRST]
    far.sort(key=lambda id: -(first[id] or 10**6))
    fell = [one.id for one in comparison.moved if one.change < 0] if comparison else []
    others = [id for id in far if id not in set(fell)]
    kept = fell[: max(MOST // 2, MOST - len(others))]
    return (kept + [id for id in far if id not in set(kept)])[:MOST]


def _worst(
    engine: Measured, query: JudgedQuery, evaluation: Evaluation, before: int | None, moved: bool
) -> Worst:
    groups = try_query(engine, query).ranked
    found = [
        _card(engine, group, judge(group, query.relevant) != "", rank)
        for rank, group in enumerate(groups[:_FOUND], start=1)
    ]
    held = {name: engine.named([name]) for name in query.relevant}
    asked = query.query(1).image
    return Worst(
        id=query.id,
        kind=query.asked_with,
        text=query.text,
        picture=embed_bytes(asked) if asked else "",
        rank=min(evaluation.ranks[evaluation.final].get(query.id, ()), default=None),
        before=before,
        compared=moved,
        found=tuple(found),
        right=tuple(_right(engine, query, chunks) for chunks in held.values() if chunks)[:_RIGHT],
        missing=tuple(name for name, chunks in held.items() if not chunks),
    )


def _card(engine: Measured, group: Group, right: bool, rank: int) -> Card:
    return _of(engine, group.chunks[0], group.chunks, right, rank)


def _right(engine: Measured, query: JudgedQuery, chunks: Sequence[StoredChunk]) -> Card:
    """What is right, shown by a chunk that the query does not leave out."""
    open_to_it = [chunk for chunk in chunks if chunk.asset not in query.exclude] or chunks
    return _of(engine, open_to_it[0], open_to_it, True, None)


def _of(
    engine: Measured,
    best: StoredChunk,
    chunks: Sequence[StoredChunk],
    right: bool,
    rank: int | None,
) -> Card:
    shown = next((chunk.thumb for chunk in (best, *chunks) if chunk.thumb), "")
    page = [f"page {best.place.page}"] if best.place.page else []
    headings = [name for name in best.place.heading if name != best.title]
    text = " ".join((best.text or best.context).split())
    return Card(
        title=best.title,
        where=" › ".join([*headings, *page]),
        name=best.asset or best.document,
        text=text if len(text) <= _TEXT else text[:_TEXT].rstrip() + "…",
        picture=embed_file(engine.thumb(shown)) if shown else "",
        right=right,
        rank=rank,
    )
