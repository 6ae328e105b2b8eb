"""What is quoted of a hit: the words that answer, not always the chunk that matched."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from indexer.records import Kind, Modality, StoredChunk
from indexer.store.analysis import tokens
from indexer.store.base import Store
from indexer.store.codes import is_code
from search.choice import codes_asked
from search.evidence import telling
from search.outline import Form, Unit, joined, outline
from search.recall import Group

RESOLUTION = "Resolution"
"""The heading under which the ticket loader puts what solved a ticket."""
DESCRIPTION = "Description"
"""That under which it puts the problem, where a ticket has both fields."""

_MEMBERS = 24
_NEIGHBOURS = 2
_CAPTIONS = 1
_LEAD = 0.15
"""So much better than the best ranked passage of its document must another one be."""


def quotable(store: Store, group: Group) -> StoredChunk | None:
    """The chunk to quote of a group; None when it has no words of its own.

    A ticket is quoted by its resolution, an image by the passage of its section that stands
    nearest or else by the text read in it, and a passage by itself.
    """
    best = group.chunks[0]
    if best.kind is Kind.TICKET and RESOLUTION not in best.place.heading:
        chunks = store.document(best.id)
        return next((chunk for chunk in chunks if RESOLUTION in chunk.place.heading), best)
    if best.modality is Modality.TEXT:
        return best
    return _beside(store, best)


def most_telling(
    group: Group,
    said: StoredChunk,
    rarity: Mapping[str, float],
    cosines: Mapping[int, float],
    typed: bool,
) -> StoredChunk:
    """The passage to quote of a document of which several were found; `said` unless one is better.

    By cosine to the question, where the text lane has it, plus the share of the question's words
    counted by their rarity: a code decides between two rows of one list of errors. What was asked
    with a screenshot (not `typed`) and found an image is answered beside that image.
    """
    pictured = group.chunks[0].modality is not Modality.TEXT and not typed
    if pictured or RESOLUTION in said.place.heading:
        return said
    words = telling(rarity)
    total = sum(words.values()) or 1.0
    codes = codes_asked([said.product], rarity)

    def worth(chunk: StoredChunk) -> float:
        has = set(tokens(chunk.text))
        named = has | set(tokens("\n".join(chunk.place.heading)))
        found = (word in (has if is_code(word) else named) for word in words)
        share = sum(w for w, there in zip(words.values(), found, strict=True) if there) / total
        exact = not codes.isdisjoint(has)
        return cosines.get(chunk.id, 0.0) + share + exact + _LEAD * (chunk.id == said.id)

    others = [c for c in group.chunks[:_MEMBERS] if c.modality is Modality.TEXT and c.text]
    return max([said, *others], key=worth)


def unsolved(chunk: StoredChunk) -> bool:
    """Whether a quoted chunk is the problem of a ticket that has no resolution."""
    return chunk.kind is Kind.TICKET and DESCRIPTION in chunk.place.heading


def read(store: Store, chunk: StoredChunk) -> tuple[list[Unit], range]:
    """The units of a chunk with those that stand around it in its section, and which are its own.

    Neighbours are read only where a list, a table or a sentence may go on in them, or where the
    next one begins with steps.
    """
    if chunk.modality is not Modality.TEXT:
        lines = [line.text for line in chunk.lines]
        units = outline(chunk.text or chunk.context) or [Unit(line) for line in lines]
        return units, range(len(units))
    units = outline(chunk.text)
    before, after = _around(store, chunk)
    goes_on = bool(units) and (_open(units[0]) or _open(units[-1]) or _begins(after))
    if not goes_on:
        return units, range(len(units))
    parts = [one.text for one in before] + [chunk.text]
    above, upto = outline(joined(parts[:-1])), outline(joined(parts))
    start = min(len(above), max(0, len(upto) - len(units)))
    whole = outline(joined([*parts, *(one.text for one in after)]))
    return whole, range(start, min(len(upto), len(whole)))


def _open(unit: Unit) -> bool:
    listed = unit.form in (Form.ITEM, Form.ROW)
    return listed or unit.introduces or unit.unfinished or unit.text[:1].islower()


def _begins(after: Sequence[StoredChunk]) -> bool:
    """Whether the next passage begins with numbered steps, a caption aside."""
    units = outline(after[0].text)[: _CAPTIONS + 1] if after else []
    return any(unit.form is Form.ITEM and unit.count == 1 for unit in units)


def _around(
    store: Store, chunk: StoredChunk
) -> tuple[Sequence[StoredChunk], Sequence[StoredChunk]]:
    """The passages before and after a chunk under the same heading, two each at most."""
    section = [
        one
        for one in store.document(chunk.id)
        if one.modality is Modality.TEXT and one.place.heading == chunk.place.heading
    ]
    place = next(i for i, one in enumerate(section) if one.id == chunk.id)
    first = max(0, place - _NEIGHBOURS)
    return section[first:place], section[place + 1 : place + 1 + _NEIGHBOURS]


def _beside(store: Store, image: StoredChunk) -> StoredChunk | None:
    chunks = store.document(image.id)
    place = next(i for i, chunk in enumerate(chunks) if chunk.id == image.id)
    section = [
        (abs(i - place), chunk)
        for i, chunk in enumerate(chunks)
        if chunk.modality is Modality.TEXT and chunk.place.heading == image.place.heading
    ]
    if section:
        return min(section, key=lambda pair: pair[0])[1]
    return image if image.context or image.text or image.lines else None
