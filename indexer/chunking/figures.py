"""Figures of a document as image chunks, with the text that stands around them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import TypeVar

from indexer.chunking.passages import Piece, block_pieces, has_text, join_pieces
from indexer.chunking.sections import Path, Section, heading_texts
from indexer.records import Block, Chunk, Modality, Picture, Place
from indexer.sentences import Atom, join_atoms, split_text

Part = TypeVar("Part", Piece, Atom)

SIDE = 75
"""Tokens of context on each side of a figure."""

_REPEATS = 4
"""A picture shown more often than this, such as an icon, gets no more context."""


@dataclass(slots=True)
class Figure:
    """One asset of a document. `order` is the index of the block that shows it first."""

    order: int
    path: Path
    place: Place
    picture: Picture
    texts: list[str] = field(default_factory=list)
    contexts: list[str] = field(default_factory=list)

    def chunk(self, captions: bool) -> Chunk:
        """The image chunk; without `captions`, free of its author's words about it."""
        picture = self.picture if captions else replace(self.picture, alt="", caption="")
        return Chunk(
            Modality.IMAGE,
            self.place,
            text="\n".join(distinct(self.texts)) if captions else "",
            context="\n\n".join(distinct(self.contexts)[:_REPEATS]),
            picture=picture,
        )


def find_figures(sections: list[Section]) -> list[Figure]:
    """The pictures that the sections show, each asset once, at its first place."""
    figures: dict[str, Figure] = {}
    for section in sections:
        for position, (index, block) in enumerate(section.blocks):
            picture = block.picture
            if picture is None:
                continue
            place = Place(block.page, block.box, heading_texts(section.path))
            figure = figures.setdefault(picture.asset, Figure(index, section.path, place, picture))
            figure.texts += [picture.caption, picture.alt, " ".join(block.text.split())]
            figure.contexts.append(_context(section, position))
    return list(figures.values())


def distinct(texts: Iterable[str]) -> list[str]:
    """Texts in order, without empty ones and those that another one contains."""
    kept: list[str] = []
    for text in texts:
        key = text.casefold()
        if any(key in other.casefold() for other in kept):
            continue
        kept = [*(other for other in kept if other.casefold() not in key), text]
    return [text for text in kept if text]


def _context(section: Section, position: int) -> str:
    """The nearest text before and after a figure, in its section and on its page."""
    figure, page = section.blocks[position][0], section.blocks[position][1].page
    before: list[Piece] = []
    after: list[Piece] = []
    neighbour: Block | None = None
    for index, block in section.blocks:
        if block.page != page or not has_text(block):
            continue
        side = before if index < figure else after
        side += block_pieces(index, block, neighbour, 2 * SIDE)
        neighbour = block
    texts = _nearest(before, last=True), _nearest(after, last=False)
    return "\n\n".join(text for text in texts if text)


def _nearest(pieces: list[Piece], last: bool) -> str:
    """Up to SIDE tokens of `pieces`, from their end if `last`; words where no sentence fits."""
    taken = _within(pieces[::-1])[::-1] if last else _within(pieces)
    if taken or not pieces:
        return join_pieces(taken)
    words = split_text(pieces[-1 if last else 0].text, 0, 1)
    return join_atoms(_within(words[::-1])[::-1] if last else _within(words))


def _within(parts: list[Part]) -> list[Part]:
    """The first of `parts`, SIDE tokens at most."""
    total = 0
    for number, part in enumerate(parts):
        total += part.tokens
        if total > SIDE:
            return parts[:number]
    return parts
