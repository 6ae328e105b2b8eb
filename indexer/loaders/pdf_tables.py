"""Tables of a PDF page: from the tags of a tagged PDF, else from cells that line up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

from indexer.loaders.pdf_flow import flow
from indexer.loaders.pdf_layout import Piece, bounds
from indexer.loaders.pdf_runs import Span
from indexer.records import BlockKind

T = TypeVar("T", Span, Piece)

_HEADED = 3
"""From so many columns on, each row repeats the header, so that it can be read by itself."""


def tagged_tables(lines: Sequence[Span], known: frozenset[str]) -> list[Piece]:
    """The tables that tags describe, from the lines that lie in them."""
    tables: dict[int, list[Span]] = {}
    for line in lines:
        if line.upright and line.tag is not None and line.tag.table and line.tag.row:
            tables.setdefault(line.tag.table, []).append(line)
    return [_tagged(cells, known) for cells in tables.values()]


def _tagged(lines: list[Span], known: frozenset[str]) -> Piece:
    rows: dict[int, dict[int, list[Span]]] = {}
    for line in lines:
        if line.tag is not None:
            rows.setdefault(line.tag.row, {}).setdefault(line.tag.column, []).append(line)
    columns = sorted({column for cells in rows.values() for column in cells})
    # A row with one cell is a title across the table; in others, empty cells keep their place.
    grid = [
        list(cells.values()) if len(cells) == 1 else [cells.get(i, []) for i in columns]
        for _, cells in sorted(rows.items())
    ]
    return table_piece(grid, known)


def rows_of(lines: Sequence[T]) -> list[list[T]]:
    """Lines or figures that stand beside each other, row by row from the top."""
    rows: list[list[T]] = []
    for line in sorted(lines, key=lambda item: item.y0):
        height = line.y1 - line.y0
        if rows and max(cell.y1 for cell in rows[-1]) - line.y0 > 0.4 * height:
            rows[-1].append(line)
        else:
            rows.append([line])
    return [sorted(row, key=lambda cell: cell.x0) for row in rows]


def find_tables(rows: list[list[Span]]) -> list[tuple[int, int]]:
    """Where tables stand among rows: first row and one past the last.

    Two rows with cells are a table. A row of one cell between or after them is the next line
    of a cell when it begins where a column does and stands close.
    """
    tables: list[tuple[int, int]] = []
    start = 0
    while start < len(rows):
        end = _table_end(rows, start) if len(rows[start]) > 1 else start
        if sum(len(row) > 1 for row in rows[start:end]) >= 2:
            tables.append((_table_start(rows, start, tables[-1][1] if tables else 0), end))
            start = end
        else:
            start += 1
    return tables


def _table_end(rows: list[list[Span]], start: int) -> int:
    end = start + 1
    last = end
    while end < len(rows) and _gap(rows[end - 1], rows[end]) < 2.5 * rows[end][0].size:
        if len(rows[end]) > 1:
            last = end + 1
        elif not _in_column(rows[end][0], rows[start : end + 2]):
            break
        elif _gap(rows[end - 1], rows[end]) < 0.5 * rows[end][0].size:
            last = end + 1
        end += 1
    return last


def _table_start(rows: list[list[Span]], start: int, least: int) -> int:
    """Take in the line above that belongs to a cell whose neighbours are centred beside it."""
    above = start - 1
    close = above >= least and _gap(rows[above], rows[start]) < 0.2 * rows[start][0].size
    single = close and len(rows[above]) == 1 and len(rows[start]) > 1
    return above if single and _in_column(rows[above][0], [rows[start]]) else start


def _gap(above: list[Span], below: list[Span]) -> float:
    return min(cell.y0 for cell in below) - max(cell.y1 for cell in above)


def _in_column(line: Span, rows: list[list[Span]]) -> bool:
    starts = [cell.x0 for row in rows if len(row) > 1 for cell in row]
    return any(abs(line.x0 - start) < 0.5 * line.size for start in starts)


def geometric_table(rows: list[list[Span]], known: frozenset[str]) -> Piece:
    """A table from rows as `rows_of` gives them; single cells join the row nearest to them."""
    merged: list[list[Span]] = []
    waiting: list[Span] = []
    for index, row in enumerate(rows):
        if len(row) > 1:
            merged.append([*waiting, *row])
            waiting = []
            continue
        below = _gap(row, rows[index + 1]) if index + 1 < len(rows) else float("inf")
        above = _gap(rows[index - 1], row) if index else float("inf")
        if merged and above <= below + 0.5 and not waiting:
            merged[-1] += row
        else:
            waiting += row
    if waiting:
        merged.append(waiting)
    edges = _columns([cell for row in merged for cell in row])
    return table_piece([_cells(row, edges) for row in merged], known)


def _columns(cells: list[Span]) -> list[tuple[float, float]]:
    """Intervals across the page that cells share."""
    columns: list[tuple[float, float]] = []
    for cell in sorted(cells, key=lambda item: item.x0):
        if columns and cell.x0 < columns[-1][1]:
            columns[-1] = (columns[-1][0], max(columns[-1][1], cell.x1))
        else:
            columns.append((cell.x0, cell.x1))
    return columns


def _cells(row: list[Span], columns: list[tuple[float, float]]) -> list[list[Span]]:
    return [
        sorted((cell for cell in row if x0 <= cell.x0 < x1), key=lambda item: item.y0)
        for x0, x1 in columns
    ]


def table_piece(grid: list[list[list[Span]]], known: frozenset[str]) -> Piece:
    """Rows of cells of lines → one block: a line per row, cells parted by " | "."""
    lines = [line for row in grid for cell in row for line in cell]
    words = [[flow((line.text for line in cell), known) for cell in row] for row in grid]
    head = [line for cell in grid[0] for line in cell]
    headed = all(line.bold or (line.tag is not None and line.tag.role == "TH") for line in head)
    headed = headed and len(words) > 1 and len(words[0]) >= _HEADED
    names = tuple(words[0]) if headed else ()
    cells = tuple(tuple(row) for row in (words[1:] if headed else words))
    text = _table_text(cells, names)
    box = bounds(lines)
    return Piece(
        BlockKind.TABLE, text, *box, lines[0].size, lines=len(cells), names=names, cells=cells
    )


def continue_tables(pages: list[list[Piece]]) -> list[list[Piece]]:
    """Give a table that goes on at the top of the next page the header it began with."""
    last: Piece | None = None
    out = []
    for pieces in pages:
        first = pieces[0] if pieces else None
        kept = list(pieces)
        if first is not None and last is not None and _continues(last, first):
            text = _table_text(first.cells, last.names)
            kept[0] = replace(first, text=text, names=last.names)
        last = kept[-1] if kept else None
        out.append(kept)
    return out


def _continues(table: Piece, more: Piece) -> bool:
    headed = bool(table.names) and not more.names and bool(more.cells)
    return headed and any(len(row) == len(table.names) for row in more.cells)


def _table_text(cells: Sequence[Sequence[str]], names: Sequence[str]) -> str:
    rows = (_with_names(row, names) for row in cells)
    return "\n".join(filter(None, rows))


def _with_names(row: Sequence[str], names: Sequence[str]) -> str:
    if len(row) != len(names):
        return " | ".join(filter(None, row))
    pairs = zip(names, row, strict=True)
    return " | ".join(f"{name}: {text}" if name else text for name, text in pairs if text)
