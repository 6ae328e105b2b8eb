"""Which of the documents found are quoted, and in what order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol, TypeVar

from indexer.records import Kind, StoredChunk
from indexer.store.analysis import tokens
from indexer.store.codes import is_code
from search.evidence import telling
from search.outline import Form, cells, outline
from search.product import about, naming

_RELATIVE_ODDS = 0.4  # probabilities near 1 would all be alike
_RELATIVE_SHARE = 0.8


class Rated(Protocol):
    """A document with the chunk to quote of it, and what speaks for it.

    `confidence` in [0, 1] is the probability that it is the right one, `share` in [0, 1] what it
    has of the words asked, and `cosine` None where no sentence encoder understands the question.
    """

    @property
    def said(self) -> StoredChunk: ...
    @property
    def cosine(self) -> float | None: ...
    @property
    def share(self) -> float: ...
    @property
    def confidence(self) -> float: ...


R = TypeVar("R", bound=Rated)


def choose(
    rated: Sequence[R], rarity: Mapping[str, float], language: str, fact: bool, least: float
) -> list[R]:
    """The likeliest of at least one document, and those about as likely, best ranked first.

    `rarity` holds the words of the question, as analysed, and `least` in [0, 1] is the confidence
    that an answer needs. Beside a ticket, which tells of one case, a manual needs less, and it
    comes first where it is about the codes asked for, or a `fact` is. What is about another
    product than the one named, or in another language than the question, is left out beside what
    is not.
    """
    named = naming({one.said.product for one in rated}, rarity)
    fits = [one for one in rated if about(one.said, named)] or rated
    best = max(fits, key=lambda one: one.confidence)
    least = least if best.confidence >= least else 0.0
    codes = codes_asked((one.said.product for one in rated), rarity)
    kept = [one for one in fits if one is best or _about(one, codes) or _as_good(one, best, least)]
    first = [one for one in kept if _about(one, codes) or (fact and _manual(one))]
    kept = [*first, *(one for one in kept if one not in first)]
    same = [one for one in kept if one.said.language == language]
    return same if kept[0] in same else kept


def codes_asked(products: Iterable[str], rarity: Mapping[str, float]) -> set[str]:
    """The codes asked about, as analysed. The models that `products` are named after are none."""
    named = set(tokens("\n".join(set(products))))
    return {word for word in telling(rarity) if is_code(word)} - named


def row_about(chunks: Iterable[StoredChunk], codes: set[str]) -> StoredChunk | None:
    """The first passage of a manual with a row of a table for all the codes, as analysed."""
    if not codes:
        return None
    manual = (chunk for chunk in chunks if chunk.kind is Kind.MANUAL)
    return next((chunk for chunk in manual if codes <= _first_cells(chunk)), None)


def _first_cells(chunk: StoredChunk) -> set[str]:
    rows = [unit.text for unit in outline(chunk.text) if unit.form is Form.ROW]
    return set(tokens("\n".join(cell for row in rows for cell in cells(row)[:1])))


def _as_good(one: Rated, best: Rated, least: float) -> bool:
    """Whether `one` is about as likely as the best, and worth quoting beside it."""
    if one.cosine is None:
        return one.confidence >= least and one.share >= _RELATIVE_SHARE * best.share
    enough = one.confidence >= least or (_manual(one) and not _manual(best))
    return enough and _odds(one.confidence) >= _RELATIVE_ODDS * _odds(best.confidence)


def _about(one: Rated, codes: set[str]) -> bool:
    """Whether a section of a manual, or a row of a table in it, is about the codes asked for.

    That makes it worth quoting by itself: the row of a list of errors is less like the question
    than a ticket is.
    """
    if not codes or not _manual(one):
        return False
    heads = set(tokens("\n".join((one.said.title, *one.said.place.heading))))
    return codes <= heads | _first_cells(one.said)


def _manual(one: Rated) -> bool:
    return one.said.kind is Kind.MANUAL


def _odds(probability: float) -> float:
    return probability / max(1.0 - probability, 1e-9)
