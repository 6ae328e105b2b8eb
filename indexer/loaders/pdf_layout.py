"""Runs of text on a page → lines, columns and reading order.

Pure geometry in points with the origin at the top left; nothing here knows pdfium.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, groupby, pairwise
from statistics import median
from typing import TypeVar

from indexer.loaders.pdf_runs import WORD_GAP, Span, is_cjk, widest_space
from indexer.records import BlockKind

BULLET = re.compile(r"[•◦▪■□●○‣·➢✓✔❖▶◆]|[-–—*]")
_NUMBER = re.compile(
    r"\(?\d{1,3}[.)、．]|\d{1,2}(?:\.\d{1,2}){1,4}\.?|\(?[a-zA-Z][.)]|[（(]?[一二三四五六七八九十]{1,3}[）)、]|[①-⑳]"
)
_NUMBERED = re.compile(r"(?:[A-Z]\.)?\d{1,2}(?:\.\d{1,2})*")
# How far, in font sizes, a list item's mark may stand from its text.
_MARK_GAP = 4.0

_COLUMN_LINES = 4
_COLUMN_CHARS = 15
_COLUMN_SHARE = 0.2
_COLUMN_FILL = 0.5
_STEPS = 120
# Fewer lines than this between white bands, and what looks like columns is a table.
_STRIPE = 3.5


@dataclass(frozen=True, slots=True)
class Piece:
    """A block on its page, before the whole document says how large its headings are.

    Coordinates in points, top left origin. `lines` counts lines of text, `role` is the tag
    of a tagged PDF and `owner` its element, `figure` the index of a figure among those of its
    page, `level` that of a heading; `names` is the header of a table that has one and `cells`
    are its other rows.
    """

    kind: BlockKind
    text: str
    x0: float
    y0: float
    x1: float
    y1: float
    size: float = 0.0
    bold: bool = False
    lines: int = 0
    role: str = ""
    figure: int | None = None
    level: int = 0
    owner: int = 0
    names: tuple[str, ...] = ()
    cells: tuple[tuple[str, ...], ...] = ()


T = TypeVar("T")
Item = Span | Piece
"""What a page shows at one place."""


def join_lines(spans: Iterable[Span]) -> list[Span]:
    """Runs that continue each other on one baseline → whole lines, top to bottom.

    Bold holds for a line when all of it is bold. Cells of a table and lines of neighbouring
    columns stay apart; the mark of a list item joins its text across a wider gap.
    """
    lines: list[Span] = []
    for span in sorted(spans, key=lambda s: (s.x0, s.y0)):
        near = [i for i, line in enumerate(lines) if _follows(line, span)]
        if near:
            best = max(near, key=lambda i: _overlap(lines[i], span))
            lines[best] = _merge(lines[best], span)
        else:
            lines.append(span)
    return sorted(lines, key=lambda line: (line.y0, line.x0))


def _follows(line: Span, span: Span) -> bool:
    size = max(line.size, span.size)
    mark = BULLET.fullmatch(line.text) or _NUMBER.fullmatch(line.text)
    if line.tag != span.tag and not (mark and line.tag is None):
        return False
    reach = _MARK_GAP * size if mark else widest_space(size, max(line.space, span.space))
    if _NUMBERED.fullmatch(line.text):
        reach = max(reach, 1.5 * size)
    gap = span.x0 - line.x1
    return _overlap(line, span) > 0.5 and -0.7 * size < gap < reach


def _overlap(a: Span, b: Span) -> float:
    """How much of the lower one's height both share, in [0, 1]."""
    shared = min(a.y1, b.y1) - max(a.y0, b.y0)
    return max(shared, 0.0) / min(a.y1 - a.y0, b.y1 - b.y0)


def _merge(line: Span, span: Span) -> Span:
    size = max(line.size, span.size)
    tight = span.x0 - line.x1 < WORD_GAP * size
    cjk = is_cjk(line.text[-1:]) and is_cjk(span.text[:1])
    glue = "" if tight or cjk or line.text.endswith(" ") else " "
    wide = line if len(line.text) >= len(span.text) else span
    return replace(
        line,
        text=line.text + glue + span.text,
        y0=min(line.y0, span.y0),
        x1=max(line.x1, span.x1),
        y1=max(line.y1, span.y1),
        size=wide.size,
        bold=(line.bold or not _worded(line)) and (span.bold or not _worded(span)),
        mono=line.mono and span.mono,
        tag=line.tag or span.tag,
    )


def _worded(span: Span) -> bool:
    return any(char.isalnum() for char in span.text)


def regions(lines: Sequence[Item]) -> list[list[Item]]:
    """Lines and figures of a page, top to bottom → groups in reading order.

    A group is a band of full width or one column.

    A column layout shows as a gutter: a vertical line with prose on both sides, which few
    lines cross. Lines that do cross it (a title, a wide caption) part the page into bands;
    within a band the left column is read to its end before the right one. Columns are split
    again, so three columns come apart too.
    """
    gutter = _gutter(lines)
    if gutter is None:
        return [list(lines)] if lines else []
    groups: list[list[Item]] = []
    for wide, band in _bands(lines, gutter):
        if wide:
            groups.append(band)
            continue
        for side in (
            [line for line in band if line.x1 <= gutter],
            [line for line in band if line.x1 > gutter],
        ):
            groups.extend(regions(side))
    return groups


def _gutter(lines: Sequence[Item]) -> float | None:
    """Where two columns of prose part; None for a page of one column."""
    if len(lines) < 2 * _COLUMN_LINES:
        return None
    left, right = min(line.x0 for line in lines), max(line.x1 for line in lines)
    best: tuple[int, float] | None = None
    tried: set[tuple[int, int]] = set()
    for step in range(round(_STEPS * _COLUMN_SHARE), round(_STEPS * (1 - _COLUMN_SHARE)) + 1):
        x = left + (right - left) * step / _STEPS
        before = sum(line.x1 <= x for line in lines)
        crossing = len(lines) - before - sum(line.x0 >= x for line in lines)
        new = (before, crossing) not in tried and (best is None or crossing < best[0])
        tried.add((before, crossing))
        if new and _is_gutter(lines, x):
            best = (crossing, x)
    return best[1] if best else None


def _is_gutter(lines: Sequence[Item], x: float) -> bool:
    """Whether lines that stand beside each other on both sides of `x` are columns of prose."""
    left = [line for line in lines if line.x1 <= x]
    right = [line for line in lines if line.x0 >= x]
    sides = _facing(left, right), _facing(right, left)
    for side in sides:
        if len(side) < _COLUMN_LINES or median(_chars(line) for line in side) < _COLUMN_CHARS:
            return False
        width = max(line.x1 for line in side) - min(line.x0 for line in side)
        filled = sum(line.x1 - line.x0 for line in side)
        if filled < _COLUMN_FILL * width * len(_row_tops(side)):
            return False
    return not _striped([*sides[0], *sides[1]])


def _row_tops(lines: Sequence[Item]) -> list[tuple[float, float, float]]:
    """Rows of lines that stand beside each other: top, bottom and height of the first line."""
    rows: list[tuple[float, float, float]] = []
    for line in sorted(lines, key=lambda item: item.y0):
        height = line.y1 - line.y0
        if rows and line.y0 < rows[-1][1] - 0.4 * height:
            rows[-1] = (rows[-1][0], max(rows[-1][1], line.y1), rows[-1][2])
        else:
            rows.append((line.y0, line.y1, height))
    return rows


def _striped(lines: Sequence[Item]) -> bool:
    """Whether white bands run across every few lines: rows of a table, not columns."""
    rows = _row_tops(lines)
    gaps = sorted(below[0] - above[1] for above, below in pairwise(rows))
    if not gaps:
        return False
    usual = gaps[len(gaps) // 4]
    height = median(row[2] for row in rows)
    bands = sum(gap > usual + 0.35 * height for gap in gaps)
    return bands >= 1 and len(rows) / (bands + 1) < _STRIPE


def _facing(lines: Sequence[Item], others: Sequence[Item]) -> list[Item]:
    """Those of `lines` that share some height with one of `others`, which come top first."""
    tops = [other.y0 for other in others]
    lowest = list(accumulate((other.y1 for other in others), max))
    return [
        line
        for line in lines
        if (count := bisect_left(tops, line.y1)) and lowest[count - 1] > line.y0
    ]


def _chars(line: Item) -> int:
    """Characters of a line; a Chinese one says as much as two."""
    return sum(2 if is_cjk(char) else 1 for char in line.text)


def _bands(lines: Sequence[Item], gutter: float) -> Iterator[tuple[bool, list[Item]]]:
    """Consecutive lines, alternately of full width (True) and in columns."""
    wide = [line.x0 < gutter < line.x1 for line in lines]
    left = [line for line in lines if line.x1 <= gutter]
    right = [line for line in lines if line.x0 >= gutter]
    paired = {id(line) for line in (*_facing(left, right), *_facing(right, left))}
    alone = [
        not across and id(line) not in paired for line, across in zip(lines, wide, strict=True)
    ]
    for (lone, _), run in _runs(list(zip(alone, wide, strict=True))):
        if lone:
            before = wide[run.start - 1] if run.start else True
            after = wide[run.stop] if run.stop < len(lines) else False
            for index in run:
                # A heading below the columns belongs to the full width that follows it.
                before = before or (after and _opens(lines, index, gutter))
                wide[index] = before
    for across, run in _runs(wide):
        yield across, [lines[index] for index in run]


def _runs(values: Sequence[T]) -> Iterator[tuple[T, range]]:
    start = 0
    for value, group in groupby(values):
        length = sum(1 for _ in group)
        yield value, range(start, start + length)
        start += length


def _opens(lines: Sequence[Item], index: int, gutter: float) -> bool:
    """Whether a line on the left stands apart from the column above it, as a heading does."""
    line = lines[index]
    column = [above for above in lines[:index] if above.x1 <= gutter]
    if line.x0 >= gutter or not column:
        return False
    above = column[-1]
    return line.size > 1.05 * above.size or line.y0 - above.y1 > 1.5 * line.size


def bounds(items: Iterable[Item]) -> tuple[float, float, float, float]:
    """The smallest rectangle around all: x0, y0, x1, y1."""
    placed = list(items)
    return (
        min(item.x0 for item in placed),
        min(item.y0 for item in placed),
        max(item.x1 for item in placed),
        max(item.y1 for item in placed),
    )
