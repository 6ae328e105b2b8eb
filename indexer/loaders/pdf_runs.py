"""Characters of a page → runs of text: what stands together, and where words part.

Pure geometry; nothing here knows pdfium.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from indexer.loaders.pdf_tags import Tag

_CJK = re.compile(r"[\u2e80-\u30ff\u3400-\u9fff\uf900-\ufaff\uff00-\uffef]")

HYPHEN = "\u00ad"
"""Stands for a hyphen that may only be there because its line ends."""

# How tall letters stand above and below the baseline, in font sizes.
_ABOVE, _BELOW = 0.8, 0.22
# Wider gaps than these, in font sizes, part cells of a table, and columns in any case.
_CELL_GAP, _CJK_GAP, _COLUMN_GAP = 0.8, 1.3, 1.5
WORD_GAP = 0.14
"""A wider gap than this, in font sizes, parts two words."""

_CLOSING = ".,;:!?)]}"


@dataclass(frozen=True, slots=True)
class Span:
    """A run of characters in one font on one baseline. Coordinates in points, top left origin.

    `space` is the usual width of its spaces, 0 where it is one word.
    """

    text: str
    x0: float
    y0: float
    x1: float
    y1: float
    size: float
    bold: bool = False
    mono: bool = False
    upright: bool = True
    tag: Tag | None = None
    space: float = 0.0


@dataclass(frozen=True, slots=True)
class Font:
    """How a character is set, and what it belongs to."""

    size: float
    bold: bool
    mono: bool
    upright: bool
    tag: Tag | None


@dataclass(frozen=True, slots=True)
class Char:
    """A character where it is seen, in points from the top left."""

    text: str
    x0: float
    x1: float
    baseline: float
    font: Font


def join_chars(chars: Iterable[Char]) -> list[Span]:
    """Characters in the order of their page → runs, without those that are drawn twice."""
    return [span for run in _runs(list(_once(chars))) if (span := _span(run)) is not None]


def _once(chars: Iterable[Char]) -> Iterator[Char]:
    """Leave out copies at the same place: some writers draw bold letters twice."""
    seen: dict[tuple[str, int], list[float]] = {}
    for char in chars:
        if char.text != " ":
            line = round(char.baseline)
            near = 0.15 * char.font.size
            if any(
                abs(x - char.x0) < near
                for level in (line - 1, line, line + 1)
                for x in seen.get((char.text, level), ())
            ):
                continue
            seen.setdefault((char.text, line), []).append(char.x0)
        yield char


def _runs(chars: list[Char]) -> Iterator[list[Char]]:
    for row in _rows(chars):
        usual = _usual_space(row)
        run: list[Char] = []
        last: Char | None = None
        for char in row:
            if char.text != " ":
                if last is not None and not _continues(last, char, usual):
                    yield run
                    run = []
                last = char
            if last is not None:
                run.append(char)
        if run:
            yield run


def _rows(chars: list[Char]) -> Iterator[list[Char]]:
    """Characters that follow each other on one baseline, from left to right."""
    row: list[Char] = []
    last: Char | None = None
    for char in chars:
        if char.text != " ":
            if last is not None and not _on_row(last, char):
                yield row
                row = []
            last = char
        row.append(char)
    if row:
        yield row


def _on_row(last: Char, char: Char) -> bool:
    size = max(last.font.size, char.font.size)
    if not char.font.upright:
        return not last.font.upright and abs(char.baseline - last.baseline) < 2 * size
    # The letters of a ligature share one box, so ends may lie back, beginnings may not.
    level = abs(char.baseline - last.baseline) < 0.3 * size
    return level and char.x0 > last.x0 - 0.1 * size


def _usual_space(row: list[Char]) -> float:
    """The median gap between words of a row; 0 where it has too few to tell."""
    placed = [char for char in row if char.text != " "]
    gaps = [
        char.x0 - last.x1
        for last, char in pairwise(placed)
        if WORD_GAP < (char.x0 - last.x1) / char.font.size < _COLUMN_GAP
    ]
    return median(gaps) if len(gaps) >= 3 else 0.0


def _continues(last: Char, char: Char, usual: float) -> bool:
    size = max(last.font.size, char.font.size)
    if not char.font.upright:
        return True
    wide = is_cjk(last.text) or is_cjk(char.text)
    limit = _CJK_GAP * size if wide else widest_space(size, usual)
    return char.font == last.font and char.x0 - last.x1 < limit


def widest_space(size: float, usual: float) -> float:
    """The widest gap between words, given the usual one on their line; wider ones part cells.

    A justified line may have wide spaces, but then it has them all along.
    """
    return min(max(_CELL_GAP * size, 1.6 * usual), _COLUMN_GAP * size)


def _span(run: list[Char]) -> Span | None:
    text, last, spaces = "", None, [0.0]
    for char in run:
        if char.text == " ":
            text += " "
            continue
        gap = 0.0 if last is None else char.x0 - last.x1
        if gap > WORD_GAP * char.font.size:
            spaces.append(gap)
        if last is not None and gap > WORD_GAP * char.font.size and not text.endswith(" "):
            tight = is_cjk(last.text) and is_cjk(char.text)
            # Figures of equal width leave room before the point of "1."
            tight = tight or (char.text in _CLOSING and gap < 0.5 * char.font.size)
            text += "" if tight else " "
        text += char.text
        last = char
    placed = [char for char in run if char.text != " "]
    if not placed:
        return None
    font = placed[0].font
    top = min(char.baseline for char in placed) - _ABOVE * font.size
    bottom = max(char.baseline for char in placed) + _BELOW * font.size
    left, right = min(char.x0 for char in placed), max(char.x1 for char in placed)
    words = re.sub(r" +", " ", text).strip() if not font.mono else text.rstrip()
    space = sum(spaces) / max(len(spaces) - 1, 1)
    style = (font.size, font.bold, font.mono, font.upright, font.tag)
    return Span(words, left, top, right, bottom, *style, space)


def is_cjk(text: str) -> bool:
    return bool(_CJK.match(text))
