"""The table of contents of a PDF: it repeats the headings and answers nothing."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence

from indexer.loaders.pdf_headings import plain
from indexer.loaders.pdf_layout import Piece
from indexer.records import BlockKind

FEWEST = 4
"""Entries that make a table of contents."""

_NAMED = 0.5
"""Share of the entries that have to be headings of the document; long ones are cut or wrapped."""

_ENTRY = re.compile(r"(.*\w)[\s.·…|_]*[\s.·…|](\d{1,4})[\s|]*")

Entry = tuple[str, int]
"""Name in plain form and page of what is listed."""


def without_contents(pages: Sequence[Sequence[Piece]]) -> list[list[Piece]]:
    """`pages`, with their headings marked, without the lines that list them.

    Those are lines that follow one another, end in the numbers of pages that never go back, and
    are for the most part headings of the document. The heading above them goes too.
    """
    headings = {plain(p.text) for pieces in pages for p in pieces if p.kind is BlockKind.HEADING}
    return [_without(pieces, headings) for pieces in pages]


def _without(pieces: Sequence[Piece], headings: Collection[str]) -> list[Piece]:
    kept: list[Piece] = []
    for run, listed in _runs(pieces):
        if not _contents(listed, headings):
            kept += run
        elif kept and kept[-1].kind is BlockKind.HEADING:
            kept.pop()
    return kept


def _runs(pieces: Sequence[Piece]) -> Iterator[tuple[list[Piece], list[Entry]]]:
    """Pieces whose entries go on from one to the next, with these; each other piece alone."""
    run: list[Piece] = []
    listed: list[Entry] = []
    for piece in pieces:
        entries = _entries(piece)
        if run and not (listed and entries and entries[0][1] >= listed[-1][1]):
            yield run, listed
            run, listed = [], []
        run.append(piece)
        listed += entries
    if run:
        yield run, listed


def _contents(listed: Sequence[Entry], headings: Collection[str]) -> bool:
    """Whether entries are a table of contents."""
    named = sum(name in headings for name, _ in listed)
    return len(listed) >= FEWEST and named >= _NAMED * len(listed) and listed[0][1] != listed[-1][1]


def _entries(piece: Piece) -> list[Entry]:
    """What a piece lists, line by line; nothing where a line is no entry or pages go back."""
    if not piece.text:
        return []
    found = [_ENTRY.fullmatch(line.strip()) for line in piece.text.splitlines()]
    entries = [(plain(one[1]), int(one[2])) for one in found if one]
    numbers = [number for _, number in entries]
    return entries if len(entries) == len(found) and numbers == sorted(numbers) else []
