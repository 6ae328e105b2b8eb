"""The section that has the steps of what a question asks how to do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from indexer.records import Kind, Modality, StoredChunk
from indexer.store.analysis import tokens
from search.evidence import telling
from search.outline import Form, outline
from search.recall import Group

NAMED = 0.6
"""The share of a question's words, counted by their rarity, that the section is named with."""
_STEPS = 2
_NEARLY = 0.5
"""Of the words of the section named most after the question, what the headings of the steps have:
a title that names several tasks does not make the steps of one those of another."""
_MEMBERS = 24


class Pages(Protocol):
    """What of a store the sections are read from."""

    def document(self, id: int) -> Sequence[StoredChunk]:
        """All chunks of the document that a chunk is of, in reading order."""
        ...


def procedure(
    pages: Pages, group: Group, rarity: Mapping[str, float], least: float = NAMED
) -> StoredChunk | None:
    """The passage with the steps asked for, if a section that was found is named after them.

    `rarity` holds the words of the question, as analysed; `least` of them, a share in [0, 1], has
    to be in the headings. Of several sections the one with
    most of these words in its headings is taken, then the one with fewest others, then the
    first. Tickets have no such sections.
    """
    words = telling(rarity)
    best = group.chunks[0]
    if best.kind is Kind.TICKET or not words:
        return None
    total = sum(words.values())

    def named(chunk: StoredChunk) -> tuple[float, int]:
        has = set(tokens("\n".join((chunk.title, *chunk.place.heading))))
        share = sum(weight for word, weight in words.items() if word in has) / total
        return share, -len(set(tokens("\n".join(chunk.place.heading[-1:]))) - words.keys())

    found = [chunk.place.heading for chunk in group.chunks[:_MEMBERS] if named(chunk)[0] >= least]
    if not found:
        return None
    page = pages.document(best.id)
    sections = [chunk for chunk in page if _within(chunk, found)]
    steps = max((chunk for chunk in sections if _has_steps(chunk)), key=named, default=None)
    own = [_headed(chunk, words) for chunk in page]
    return steps if steps and _headed(steps, words) >= _NEARLY * max(own) else None


def _headed(chunk: StoredChunk, words: Mapping[str, float]) -> float:
    """What its headings alone have of the words asked, by their rarity, without its title."""
    has = set(tokens("\n".join(name for name in chunk.place.heading if name != chunk.title)))
    return sum(weight for word, weight in words.items() if word in has)


def _within(chunk: StoredChunk, headings: Sequence[tuple[str, ...]]) -> bool:
    """Whether a passage stands in one of the sections, or below it."""
    own = chunk.place.heading
    return any(own[: len(heading)] == heading for heading in headings)


def _has_steps(chunk: StoredChunk) -> bool:
    if chunk.modality is not Modality.TEXT:
        return False
    counted = [unit for unit in outline(chunk.text) if unit.form is Form.ITEM and unit.count]
    return len(counted) >= _STEPS
