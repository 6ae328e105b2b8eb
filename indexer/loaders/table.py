"""Tables of an HTML tree as lines of text."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from selectolax.lexbor import LexborNode

from indexer.records import Block

Cell = tuple[str, list[Block]]
"""The words of a cell and the figures it shows."""


def table_rows(table: LexborNode, read: Callable[[LexborNode], Cell]) -> Iterator[Cell]:
    """Each row as one line, with the figures it shows.

    A row reads `a | b`. From three columns on, rows below a header row read
    `Header: value | Header: value`, so that a row can be understood by itself.
    """
    header: list[str] = []
    for index, row in enumerate(table.css("tr")):
        cells = [cell for cell in row.iter() if cell.tag in ("td", "th")]
        read_cells = [read(cell) for cell in cells]
        words = [text for text, _ in read_cells]
        figures = [figure for _, shown in read_cells for figure in shown]
        yield _line(words, header), figures
        if index == 0 and len(cells) >= 3 and _is_header(row, cells):
            header = words


def _is_header(row: LexborNode, cells: list[LexborNode]) -> bool:
    in_head = row.parent is not None and row.parent.tag == "thead"
    return in_head or all(cell.tag == "th" for cell in cells)


def _line(words: list[str], header: list[str]) -> str:
    if len(words) == len(header):
        pairs = zip(header, words, strict=True)
        words = [f"{name}: {text}" if name and text else text for name, text in pairs]
    return " | ".join(text for text in words if text)
