"""What the sources of an answer say against each other, and which of them are outdated."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations
from typing import Literal

from indexer.records import Kind, StoredChunk
from indexer.store.codes import is_code
from search.alike import Claim, difference
from search.amounts import Sort, amounts
from search.passages import unsolved

_STALE_DAYS = 365
"""A ticket that much older than the manual beside it is said to be."""

_VERSION = re.compile(r"(?<![\w.])v?(\d+(?:\.\d+)+|(?<=v)\d+)(?![\w]|\.\d)", re.IGNORECASE)
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?:-\d\d){0,2}(?!\d)")
_TELLING_TITLE = 3  # words; "Installation" says too little
_VERSION_KEYS = ("version", "release", "product_version", "doc_version")


@dataclass(frozen=True, slots=True)
class Source:
    """A citation with the sentences of its passage. `quoted` are those the answer has of it."""

    number: int
    chunk: StoredChunk
    claims: tuple[Claim, ...]
    quoted: frozenset[str]


@dataclass(frozen=True, slots=True)
class Remark:
    """Something to point out about the sources of these numbers.

    "differ": they state these values, one each, in otherwise alike sentences. "date" and
    "version": the first is older than the second, from that date or for these versions.
    "unsolved": the tickets have no resolution.
    """

    kind: Literal["differ", "date", "version", "unsolved"]
    numbers: tuple[int, ...]
    values: tuple[str, ...] = ()


def remarks(sources: Sequence[Source]) -> list[Remark]:
    """What to point out about the sources of an answer; most often nothing.

    Where two state different figures the older is named too, if their dates tell; elsewhere
    only another edition of the same page, or a ticket a year older than a manual that has
    the same code.
    """
    found: list[Remark] = []
    for one, other in combinations(sources, 2):
        if not _comparable(one.chunk, other.chunk):
            continue
        differ = _differ(one, other)
        age = _version(one, other) or _dated(one, other, differ is not None)
        found += [remark for remark in (differ, age) if remark is not None]
    open_tickets = tuple(source.number for source in sources if unsolved(source.chunk))
    return found + ([Remark("unsolved", open_tickets)] if open_tickets else [])


def _comparable(one: StoredChunk, other: StoredChunk) -> bool:
    """Whether both are of one product and one language, and no names in titles tell them apart."""
    if one.product and other.product and one.product.casefold() != other.product.casefold():
        return False
    if one.language != other.language or (one.source, one.document) == (
        other.source,
        other.document,
    ):
        return False
    names, others = _named(one), _named(other)
    return not (names - others and others - names)


def _named(chunk: StoredChunk) -> set[str]:
    """Models and plain numbers in title and headings: "Meshline R6", "Windows 11"."""
    titles = [chunk.title] if chunk.kind is Kind.TICKET else [chunk.title, *chunk.place.heading]
    found = (amount for title in titles for amount in amounts(title)[0])
    return {amount.value for amount in found if amount.sort is not Sort.VERSION}


def _differ(one: Source, other: Source) -> Remark | None:
    """Sentences are compared of which the answer quotes at least one."""
    strict = one.chunk.kind is Kind.TICKET and other.chunk.kind is Kind.TICKET
    for claim in one.claims:
        for against in other.claims:
            if claim.text not in one.quoted and against.text not in other.quoted:
                continue
            found = difference(claim, against, strict)
            if found is not None:
                values = found[0].written, found[1].written
                return Remark("differ", (one.number, other.number), values)
    return None


def _version(one: Source, other: Source) -> Remark | None:
    """Two editions of a page, told by a version in path, title or metadata."""
    if one.chunk.kind is Kind.TICKET or other.chunk.kind is Kind.TICKET:
        return None
    if not _editions(one.chunk, other.chunk):
        return None
    versions = _stated(one.chunk), _stated(other.chunk)
    if not all(versions) or versions[0] == versions[1]:
        return None
    ranked = sorted(zip(versions, (one.number, other.number), strict=True), key=_rank)
    (low, older), (high, newer) = ranked
    return Remark("version", (older, newer), (low, high))


def _rank(pair: tuple[str, int]) -> tuple[int, ...]:
    return tuple(int(part) for part in pair[0].split("."))


def _editions(one: StoredChunk, other: StoredChunk) -> bool:
    """Whether two pages are the same but for a version or a year in path or title."""
    if _unversioned(one.document) == _unversioned(other.document):
        return True
    title = _unversioned(one.title)
    return title == _unversioned(other.title) and len(title.split()) >= _TELLING_TITLE


def _unversioned(name: str) -> str:
    return " ".join(_YEAR.sub(" ", _VERSION.sub(" ", name)).casefold().split())


def _stated(chunk: StoredChunk) -> str:
    """The version that a page is for, empty where it says none."""
    told = [chunk.metadata.get(key, "") for key in _VERSION_KEYS]
    for text in (*told, chunk.title, *reversed(chunk.document.split("/")[:-1])):
        found = _VERSION.search(text)
        if found:
            return found[1]
    return ""


def _dated(one: Source, other: Source, differ: bool) -> Remark | None:
    first, second = one.chunk.date, other.chunk.date
    if first is None or second is None or first == second:
        return None
    older, newer = (one, other) if first < second else (other, one)
    told = Remark("date", (older.number, newer.number), (min(first, second).isoformat(),))
    if differ or _same_page(one.chunk, other.chunk):
        return told
    stale = older.chunk.kind is Kind.TICKET and newer.chunk.kind is Kind.MANUAL
    old = _days(first, second) >= _STALE_DAYS and bool(_codes(one) & _codes(other))
    return told if stale and old else None


def _same_page(one: StoredChunk, other: StoredChunk) -> bool:
    return one.kind is Kind.MANUAL and other.kind is Kind.MANUAL and _editions(one, other)


def _codes(source: Source) -> set[str]:
    found = amounts("\n".join([source.chunk.title, source.chunk.text]))[0]
    return {a.value for a in found if a.sort is Sort.CODE and is_code(a.value)}


def _days(one: date, other: date) -> int:
    return abs((one - other).days)
