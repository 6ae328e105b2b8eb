"""Captions: the paragraphs that belong to a figure of a PDF page."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from indexer.loaders.pdf_layout import Piece
from indexer.records import BlockKind

_NAMED = re.compile(
    r"^[(\[]?(?:fig(?:ure|\.)?|table|tab\.|image|photo|screenshot|plate|exhibit)\s*[\dA-Z]{1,3}\b"
    r"|^fig(?:ure|\.)?\s*\d|^(?:图|圖|表|插图|附图)\s*[\d一二三四五六七八九十A-Z]",
    re.IGNORECASE,
)
_NAMED_REACH = 0.05
_NEAR_REACH = 0.025
_SMALLER = 0.95
_LONGEST = 200


def match_captions(pieces: Sequence[Piece], height: float, body: float) -> Mapping[int, int]:
    """Positions of figures → positions of their captions among the pieces of a page.

    A caption is tagged as one, or begins like "Figure 3" or 图 3 below or above the figure, or
    is small or centred right below it. `height` of the page and `body` size are in points.
    """
    taken: dict[int, int] = {}
    figures = [i for i, piece in enumerate(pieces) if piece.figure is not None]
    for accepts, reach, above in (
        (_tagged, 2 * _NAMED_REACH, True),
        (_named, _NAMED_REACH, True),
        (_small, _NEAR_REACH, False),
    ):
        for index in figures:
            if index in taken:
                continue
            best: tuple[float, int] | None = None
            for other, piece in enumerate(pieces):
                if other in taken.values() or not accepts(piece, pieces[index], body):
                    continue
                gap = _gap(pieces[index], piece, above) / height
                if gap < reach and (best is None or gap < best[0]):
                    best = (gap, other)
            if best is not None:
                taken[index] = best[1]
    return taken


def _gap(figure: Piece, piece: Piece, above: bool) -> float:
    """White space between a figure and a paragraph below it, or above it where allowed."""
    if min(figure.x1, piece.x1) <= max(figure.x0, piece.x0):
        return float("inf")
    edge = 0.2 * piece.size
    below = piece.y0 - figure.y1
    if below > -edge:
        return max(below, 0.0)
    over = figure.y0 - piece.y1
    # Captions stand below more often than above.
    return 1.5 * max(over, 0.0) + 1.0 if above and over > -edge else float("inf")


def _is_text(piece: Piece) -> bool:
    return piece.kind is BlockKind.PARAGRAPH and len(piece.text) <= _LONGEST


def _tagged(piece: Piece, figure: Piece, body: float) -> bool:
    return piece.role == "Caption" and piece.kind is not BlockKind.FIGURE


def _named(piece: Piece, figure: Piece, body: float) -> bool:
    return piece.kind is BlockKind.PARAGRAPH and bool(_NAMED.match(piece.text))


def _small(piece: Piece, figure: Piece, body: float) -> bool:
    if not _is_text(piece) or piece.lines > 2:
        return False
    off = abs((piece.x0 + piece.x1) - (figure.x0 + figure.x1)) / 2
    indented = piece.x0 > figure.x0 + piece.size or piece.x0 < figure.x0 - piece.size
    return piece.size < _SMALLER * body or (off < piece.size and indented)
