"""Lines and figures of a PDF page → its paragraphs, list items, tables and code, in order."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from statistics import median

from indexer.loaders.pdf_flow import flow
from indexer.loaders.pdf_layout import BULLET, Item, Piece, bounds, join_lines, regions
from indexer.loaders.pdf_runs import Span
from indexer.loaders.pdf_tables import find_tables, geometric_table, rows_of, tagged_tables
from indexer.loaders.pdf_tags import Tag
from indexer.records import BlockKind

_ITEM = re.compile(
    rf"(?:{BULLET.pattern})\s+|\(?\d{{1,3}}[.)](?=\s)|\d{{1,3}}[、．]|\(?[a-zA-Z][.)](?=\s)"
    r"|[（(]?[一二三四五六七八九十]{1,3}[）)、]|[①-⑳]"
)
_LEADERS = re.compile(r"(?:\s?[.·…_]){4,}\s*(?=\S{0,6}$)")
_ENDS = re.compile(r"[.!?:;。！？：；…]['\")”’）]*$")

DEFAULT_LEADING = 1.25
"""Distance of lines in font sizes, where a document has too few lines to tell."""


@dataclass(frozen=True, slots=True)
class Typography:
    """What is usual in one document. `leading` is in font sizes; see `pdf_flow.compounds`."""

    leading: float
    compounds: frozenset[str]


def leading(pages: Sequence[Sequence[Span]]) -> float:
    """How far apart the lines of a paragraph stand, in font sizes, over all pages."""
    ratios = []
    for lines in pages:
        for above, below in pairwise(lines):
            wraps = above.x1 - above.x0 > 15 * above.size and abs(above.x0 - below.x0) < 1
            ratio = (below.y1 - above.y1) / above.size
            if wraps and abs(above.size - below.size) < 0.1 and 0.9 < ratio < 1.9:
                ratios.append(ratio)
    # The lower half holds the wraps; the upper half may hold gaps between paragraphs.
    ratios.sort()
    return median(ratios[: len(ratios) // 2 + 1]) if len(ratios) >= 5 else DEFAULT_LEADING


def page_lines(spans: Sequence[Span]) -> list[Span]:
    """Whole lines of a page from the top; text that does not run upright comes last, as it is."""
    upright = join_lines(span for span in spans if span.upright)
    return upright + [span for span in spans if not span.upright]


def page_pieces(lines: Sequence[Span], figures: Sequence[Piece], style: Typography) -> list[Piece]:
    """The blocks of one page in reading order; headings are still paragraphs."""
    tables = tagged_tables(lines, style.compounds)
    turned = [line for line in lines if not line.upright]
    upright = [line for line in lines if line.upright and not _in_cell(line)]
    items: list[Item] = sorted([*upright, *figures, *tables], key=lambda item: (item.y0, item.x0))
    pieces = [piece for group in regions(items) for piece in _group(group, style)]
    return pieces + [_paragraph([line], style) for line in turned]


def _in_cell(line: Span) -> bool:
    tag = line.tag
    return tag is not None and bool(tag.table and tag.row)


def _group(items: list[Item], style: Typography) -> list[Piece]:
    """One column or band: its text in order, with figures and tables where they stand."""
    lines = [item for item in items if isinstance(item, Span)]
    pieces = _text_pieces(lines, style)
    things = [item for item in items if isinstance(item, Piece)]
    for row in rows_of(things):
        centre = min((thing.y0 + thing.y1) / 2 for thing in row)
        after = (i for i, piece in enumerate(pieces) if piece.y0 >= centre)
        place = next(after, len(pieces))
        pieces[place:place] = row
    return pieces


def _text_pieces(lines: list[Span], style: Typography) -> list[Piece]:
    rows = rows_of(lines)
    pieces: list[Piece] = []
    done = 0
    for start, end in [*_special(rows), (len(rows), len(rows))]:
        plain = [line for row in rows[done:start] for line in row]
        pieces += _paragraphs(plain, style)
        if end > start:
            block = rows[start:end]
            code = all(line.mono for row in block for line in row)
            pieces.append(_code(block) if code else geometric_table(block, style.compounds))
        done = end
    return pieces


def _special(rows: list[list[Span]]) -> list[tuple[int, int]]:
    """Where code and tables stand among the rows, in order and apart from each other."""
    found: list[tuple[int, int]] = []
    kinds = ["mono" if all(s.mono for s in row) else "text" for row in rows]
    kinds = [
        "tagged" if any(s.tag for s in r) and k == "text" else k
        for r, k in zip(rows, kinds, strict=True)
    ]
    start = 0
    for index in range(1, len(rows) + 1):
        if index < len(rows) and kinds[index] == kinds[start] and _near(rows, index, kinds[start]):
            continue
        if kinds[start] == "mono":
            found.append((start, index))
        elif kinds[start] == "text":
            inner = find_tables(rows[start:index])
            found += [(start + first, start + last) for first, last in inner]
        start = index
    return found


def _near(rows: list[list[Span]], index: int, kind: str) -> bool:
    """Two listings are parted by more than an empty line."""
    if kind != "mono":
        return True
    gap = rows[index][0].y0 - rows[index - 1][0].y1
    return gap < 1.8 * rows[index][0].size


def _code(rows: list[list[Span]]) -> Piece:
    """A listing with its line breaks and indents."""
    lines = [line for row in rows for line in row]
    widths = [(line.x1 - line.x0) / len(line.text) for line in lines if line.text]
    width = max(median(widths), 0.1) if widths else 1.0
    left = min(line.x0 for line in lines)
    text = []
    for row in rows:
        out = ""
        for span in row:
            column = round((span.x0 - left) / width)
            out = (
                out.ljust(column) + span.text
                if len(out) < column
                else f"{out} {span.text}".lstrip()
            )
        text.append(out.rstrip())
    size = lines[0].size
    return Piece(BlockKind.CODE, "\n".join(text), *bounds(lines), size, lines=len(rows))


def _paragraphs(lines: list[Span], style: Typography) -> list[Piece]:
    if not lines:
        return []
    right = max(line.x1 for line in lines)
    blocks: list[list[Span]] = []
    owned: dict[Tag, list[Span]] = {}
    for line in lines:
        block = owned.get(line.tag) if line.tag else blocks[-1] if blocks else None
        if block and _joins(block, line, right, style.leading):
            block.append(line)
            continue
        blocks.append([line])
        if line.tag:
            owned[line.tag] = blocks[-1]
    return _in_order([_paragraph(block, style) for block in blocks])


def _in_order(pieces: list[Piece]) -> list[Piece]:
    """Tagged list items that stand in several columns, in the order of their list."""
    ordered: list[Piece] = []
    for item, run in groupby(pieces, key=lambda piece: piece.role == "LI"):
        several = list(run)
        ordered += sorted(several, key=lambda piece: piece.owner) if item else several
    return ordered


def _paragraph(lines: list[Span], style: Typography) -> Piece:
    text = _LEADERS.sub(" … ", flow((line.text for line in lines), style.compounds))
    first = lines[0]
    role = first.tag.role if first.tag else ""
    item = _ITEM.match(text)
    kind = BlockKind.LIST_ITEM if item or role == "LI" else BlockKind.PARAGRAPH
    if item and BULLET.match(text):
        text = text[item.end() :]
    main = max(lines, key=lambda line: len(line.text))
    bold = all(line.bold for line in lines)
    owner = first.tag.owner if first.tag else 0
    return Piece(kind, text, *bounds(lines), main.size, bold, len(lines), role, owner=owner)


def _joins(block: list[Span], line: Span, right: float, usual: float) -> bool:
    """Whether `line` goes on with the paragraph that `block` holds so far."""
    first, last = block[0], block[-1]
    if first.tag or line.tag:
        size = max(last.size, line.size)
        return first.tag == line.tag and line.y1 - last.y1 < 3 * size
    if not _below(last, line, usual) or _LEADERS.search(last.text):
        return False
    width = right - min(span.x0 for span in block)
    full = last.x1 > right - 0.1 * width
    ended = bool(_ENDS.search(last.text))
    if _ITEM.match(line.text) and (not full or ended or _ITEM.match(first.text)):
        return False
    if last.bold != line.bold and not full:
        return False
    # Where the next word would have fitted, the line was ended on purpose.
    room = 0.3 if ended else 0.45
    return _aligned(block, line, full) and (last.x1 > right - room * width or _centred(last, line))


def _below(last: Span, line: Span, usual: float) -> bool:
    """Whether a line of the same size stands right below the last one."""
    size = max(last.size, line.size)
    pitch = (line.y1 - last.y1) / size
    over = line.x0 < last.x1 and line.x1 > last.x0
    return over and abs(last.size - line.size) <= 0.1 * size and 0.3 < pitch < usual * 1.15 + 0.05


def _centred(last: Span, line: Span) -> bool:
    apart = abs(line.x0 - last.x0) > 0.5 * line.size
    return apart and abs((line.x0 + line.x1) - (last.x0 + last.x1)) < line.size


def _aligned(block: list[Span], line: Span, full: bool) -> bool:
    """False where an indent, or the end of one, begins a new paragraph."""
    first, last = block[0], block[-1]
    step = line.x0 - last.x0
    if abs(step) < 0.8 * line.size or _centred(last, line):
        return True
    if len(block) == 1:
        # A first-line indent ends here, or the hanging text of a list item begins.
        return step < 0 or bool(_ITEM.match(first.text)) or full
    return False
