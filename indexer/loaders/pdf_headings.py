"""Which paragraphs of a PDF are headings, and of which level."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from indexer.loaders.pdf_layout import Piece
from indexer.loaders.pdf_runs import Span
from indexer.records import BlockKind

_LARGER = 1.15
_LONGEST = 140
_LINES = 3
_DEEPEST = 6
_LEADERS = re.compile(r" … \S+$")
_SENTENCE = re.compile(r"[.,;:!。,;:!]$")

Outline = Mapping[tuple[int, str], int]
"""Page (from 0) and title in plain form → level, from the bookmarks of the PDF."""


@dataclass(frozen=True, slots=True)
class Scale:
    """The sizes of one document: of its text, and of its headings with their levels."""

    body: float
    levels: Mapping[tuple[float, bool], int]


def body_size(pages: Sequence[Sequence[Span]]) -> float:
    """The font size that most characters have, to half a point; 0 without text."""
    counts: Counter[float] = Counter()
    for lines in pages:
        for line in lines:
            counts[_rounded(line.size)] += len(line.text)
    return counts.most_common(1)[0][0] if counts else 0.0


def plain(text: str) -> str:
    """A title without its number, spaces and case, to compare it with a bookmark."""
    return re.sub(r"[\W_]+", "", re.sub(r"^[\d.\s]+", "", text)).casefold()


def mark_headings(pages: list[list[Piece]], outline: Outline, body: float) -> list[list[Piece]]:
    """Pieces with headings marked; the level of a heading is kept in `level`.

    Tags of a tagged PDF say it first, then bookmarks, then size and weight: sizes are ranked,
    largest first, and bold lines of body size come below them.
    """
    told: dict[tuple[float, bool], int] = {}
    styles: Counter[tuple[float, bool]] = Counter()
    for number, pieces in enumerate(pages):
        for piece in pieces:
            level = _told_level(piece, number, outline)
            if level:
                told.setdefault(_style(piece), level)
            if level or _looks(piece, body):
                styles[_style(piece)] += 1
    levels = _ranked(list(styles), told)
    return [
        [_marked(piece, number, outline, body, levels) for piece in pieces]
        for number, pieces in enumerate(pages)
    ]


def _marked(
    piece: Piece,
    page: int,
    outline: Outline,
    body: float,
    levels: Mapping[tuple[float, bool], int],
) -> Piece:
    level = _told_level(piece, page, outline)
    if not level and not piece.role and _looks(piece, body):
        level = levels[_style(piece)]
    if not level:
        return piece
    return replace(piece, kind=BlockKind.HEADING, level=min(level, _DEEPEST))


def _told_level(piece: Piece, page: int, outline: Outline) -> int:
    """The level that a tag or a bookmark gives; 0 where neither speaks of this piece."""
    if piece.kind not in (BlockKind.PARAGRAPH, BlockKind.LIST_ITEM):
        return 0
    if re.fullmatch(r"H[1-6]", piece.role):
        return int(piece.role[1])
    if piece.role in ("Title", "H"):
        return 1
    if piece.lines > _LINES or (piece.role and piece.role != "P"):
        return 0
    return outline.get((page, plain(piece.text)), 0)


def _looks(piece: Piece, body: float) -> bool:
    """Whether size or weight set a short paragraph apart as a heading."""
    text = piece.text
    short = piece.lines <= _LINES and len(text) <= _LONGEST and any(c.isalpha() for c in text)
    text_kind = piece.kind in (BlockKind.PARAGRAPH, BlockKind.LIST_ITEM)
    if not text_kind or not short or _LEADERS.search(text):
        return False
    if piece.size >= _LARGER * body:
        return True
    bold = piece.bold and piece.size >= 0.95 * body
    return bold and piece.lines <= 2 and not _SENTENCE.search(text)


def _style(piece: Piece) -> tuple[float, bool]:
    return _rounded(piece.size), piece.bold


def _rounded(size: float) -> float:
    return round(size * 2) / 2


def _ranked(
    styles: Sequence[tuple[float, bool]], told: Mapping[tuple[float, bool], int]
) -> dict[tuple[float, bool], int]:
    """Larger before smaller, bold before regular; sizes that differ by a hair are one level."""
    levels: dict[tuple[float, bool], int] = {}
    level, last = 0, 0.0
    for size, bold in sorted(styles, key=lambda style: (-style[0], not style[1])):
        if (size, bold) in told:
            level = told[size, bold]
        elif not last or size < 0.95 * last or not bold:
            level += 1
        levels[size, bold] = min(level, _DEEPEST) or 1
        last = size
    return levels
