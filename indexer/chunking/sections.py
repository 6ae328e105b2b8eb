"""A document as sections: the blocks under each heading."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from indexer.records import Block, BlockKind, Box, Document
from indexer.sentences import count_tokens


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading and the index of its block, which tells equal headings apart."""

    index: int
    level: int
    text: str
    page: int | None = None
    box: Box | None = None


Path = tuple[Heading, ...]
"""Headings from the outermost in."""


@dataclass(slots=True)
class Section:
    """The blocks under one heading, with their indexes in the document.

    `group` changes with every heading of level 1 or 2.
    """

    path: Path
    group: int
    blocks: list[tuple[int, Block]] = field(default_factory=list)


def open_sections(document: Document, most: int) -> list[Section]:
    """The sections of a document in order; the first one stands before any heading.

    A heading of level 1 that repeats the title opens a section without entering the path. A
    "heading" of more than `most` tokens is a paragraph.
    """
    title = _key(document.title)
    path: Path = ()
    sections = [Section((), 0)]
    for index, block in enumerate(document.blocks):
        text = " ".join(block.text.split())
        if block.kind is not BlockKind.HEADING:
            sections[-1].blocks.append((index, block))
        elif count_tokens(text) > most:
            paragraph = replace(block, kind=BlockKind.PARAGRAPH, level=0)
            sections[-1].blocks.append((index, paragraph))
        elif text:
            level = max(block.level, 1)
            path = tuple(heading for heading in path if heading.level < level)
            if level > 1 or _key(text) != title:
                path = (*path, Heading(index, level, text, block.page, block.box))
            sections.append(Section(path, sections[-1].group + (level <= 2)))
    return sections


def shared_path(one: Path, other: Path) -> Path:
    """The headings that both paths begin with."""
    length = 0
    for a, b in zip(one, other, strict=False):
        if a.index != b.index:
            break
        length += 1
    return one[:length]


def heading_texts(path: Path) -> tuple[str, ...]:
    return tuple(heading.text for heading in path)


def union_box(boxes: Iterable[Box | None]) -> Box | None:
    """The smallest box around all that are there."""
    known = [box for box in boxes if box is not None]
    if not known:
        return None
    return Box(
        min(box.x0 for box in known),
        min(box.y0 for box in known),
        max(box.x1 for box in known),
        max(box.y1 for box in known),
    )


def _key(text: str) -> str:
    return " ".join(text.split()).casefold()
