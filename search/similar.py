"""Tickets like a ticket, and the tickets that a page of a manual solves."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from indexer.lanes import TEXT
from indexer.records import Filter, Kind, Modality, StoredChunk
from indexer.store.analysis import tokens
from indexer.store.base import Store
from search.matters import CHARACTERS
from search.query import Query
from search.results import Hit, SearchResult
from search.supported import Supported
from search.tickets import problem, resolution

DUPLICATE = 0.5
"""Likeness from which a ticket is marked as a duplicate.

On SeaMonkey's bug reports .73 of what is marked among the ten nearest is a known duplicate, and
.36 of the known duplicates among them are marked (benchmarks/duplicates.py, cross-validated).
"""

_COSINE, _SHARE, _BIAS = 8.1, 6.61, -7.86
_SHARE_ALONE, _BIAS_ALONE = 9.4, -2.86
_PASSAGES = 64
_CHECKED = 30
_TICKETS = Filter("kind", "=", str(Kind.TICKET))
_MANUALS = Filter("kind", "=", str(Kind.MANUAL))


class Asks(Protocol):
    """What answers questions: `search.engine.Engine`."""

    def search(self, query: Query) -> SearchResult: ...

    def supported(self, query: Query) -> list[Supported]: ...


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A ticket with its likeness in [0, 1], and whether it is the same matter.

    Beside a ticket, `same` says that it is a duplicate; beside a page, that the page solves it.
    """

    hit: Hit
    likeness: float
    same: bool


@dataclass(frozen=True, slots=True)
class Similar:
    """The tickets nearest to a document, best first."""

    document: str
    title: str
    kind: Kind
    tickets: tuple[Neighbour, ...]


def similar_tickets(
    store: Store, engine: Asks, chunks: Sequence[StoredChunk], k: int
) -> tuple[Neighbour, ...]:
    """The k tickets nearest to the ticket of `chunks` by the fused lanes, itself left out."""
    text = problem(chunks)[:CHARACTERS]
    asked = Query(text, filters=(_TICKETS,), exclude=frozenset({chunks[0].document}), k=k)
    result = engine.search(asked)
    found: list[Neighbour] = []
    for hit in result.hits:
        alike = likeness(cosine_of(result, hit), overlap(store, chunks[0].title, hit.title))
        found.append(Neighbour(hit, alike, alike >= DUPLICATE))
    return tuple(found)


def solved_tickets(
    engine: Asks, store: Store, chunks: Sequence[StoredChunk], k: int, evidence: float
) -> tuple[Neighbour, ...]:
    """At most k tickets that the page of `chunks` solves, by their evidence for it.

    Candidates are the tickets nearest to its passages. One counts where the page is the best
    that the manuals have for what solved it, with at least `evidence`; that is its likeness.
    """
    path = chunks[0].document
    best: dict[str, Hit] = {}
    for text in _passages(chunks):
        for hit in engine.search(Query(text, filters=(_TICKETS,))).hits:
            if hit.document not in best or hit.score > best[hit.document].score:
                best[hit.document] = hit
    found: list[Neighbour] = []
    for hit in sorted(best.values(), key=lambda hit: -hit.score)[:_CHECKED]:
        solved = resolution(store.document(hit.chunk))
        if not solved:
            continue
        asked = Query(f"{hit.title}\n{solved}"[:CHARACTERS], filters=(_MANUALS,))
        page = max(engine.supported(asked), key=lambda one: one.confidence, default=None)
        if page and page.said.document == path and page.confidence >= evidence:
            found.append(Neighbour(hit, page.confidence, True))
    return tuple(sorted(found, key=lambda one: -one.likeness)[:k])


def likeness(cosine: float | None, share: float) -> float:
    """How likely two tickets are duplicates, in [0, 1], by their cosine and shared title words.

    `cosine` is None where no sentence encoder understands the tickets. The constants are those
    of logistic regressions, which benchmarks/duplicates.py fits.
    """
    if cosine is None:
        return _logistic(_SHARE_ALONE * share + _BIAS_ALONE)
    return _logistic(_COSINE * cosine + _SHARE * share + _BIAS)


def overlap(store: Store, title: str, other: str) -> float:
    """Words that both titles have, as a share of those that either has, each by its rarity."""
    words, others = set(tokens(title)), set(tokens(other))
    rarity = store.rarity(words | others)
    either = sum(rarity.values())
    return sum(rarity[word] for word in words & others) / either if either else 0.0


def cosine_of(result: SearchResult, hit: Hit) -> float | None:
    """The cosine of question and hit: 0 beyond the depth of the lane, None where there is none."""
    if TEXT in result.lanes_off or not result.cosines:
        return None
    return hit.lanes[TEXT].score if TEXT in hit.lanes else 0.0


def _passages(chunks: Sequence[StoredChunk]) -> list[str]:
    """At most 64 passages of a page under their headings, spread over it."""
    said = [chunk for chunk in chunks if chunk.modality is Modality.TEXT and chunk.text]
    texts = ["\n".join([c.title, *c.place.heading, c.text])[:CHARACTERS] for c in said or chunks]
    stride = math.ceil(len(texts) / _PASSAGES)
    return texts[::stride]


def _logistic(z: float) -> float:
    return 1.0 / (1.0 + math.exp(-z))
