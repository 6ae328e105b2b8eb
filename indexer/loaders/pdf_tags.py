"""The structure tree of a tagged PDF: what each piece of marked content belongs to."""

from __future__ import annotations

import ctypes
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

_HEADING = re.compile(r"H[1-6]?|Title")
_PARTS = frozenset({"P", "LI", "TOCI", "Caption", "Code", "BlockQuote", "Note", "Figure"})
_DEEPEST = 60


@dataclass(frozen=True, slots=True)
class Tag:
    """What a run of text belongs to.

    `owner` numbers the element (paragraph, list item, cell) within its page; `row` and `table`
    number those that hold a cell, 0 elsewhere, and `column` counts cells from 0. `role` is
    H1 to H6, H, P, LI, TD and so on.
    """

    role: str
    owner: int
    row: int = 0
    table: int = 0
    column: int = 0


@dataclass(slots=True)
class Tags:
    """Tags and alternative texts of one page by marked-content id."""

    by_mark: dict[int, Tag] = field(default_factory=dict)
    alts: dict[int, str] = field(default_factory=dict)


def read_tags(page: pdfium.PdfPage) -> Tags:
    """The tags of a page; empty where the PDF is not tagged."""
    tags = Tags()
    tree = pdfium_c.FPDF_StructTree_GetForPage(page)
    if not tree:
        return tags
    try:
        walk = _Walk(tags)
        for index in range(pdfium_c.FPDF_StructTree_CountChildren(tree)):
            element = pdfium_c.FPDF_StructTree_GetChildAtIndex(tree, index)
            if element:
                walk.element(element, Tag("", 0))
    finally:
        pdfium_c.FPDF_StructTree_Close(tree)
    return tags


@dataclass(slots=True)
class _Walk:
    tags: Tags
    count: int = 0

    def element(
        self, element: object, above: Tag, alt: str = "", path: tuple[int, ...] = ()
    ) -> None:
        if len(path) > _DEEPEST:
            return
        role = _text(pdfium_c.FPDF_StructElement_GetType, element)
        alt = _text(pdfium_c.FPDF_StructElement_GetAltText, element) or alt
        # Empty cells have no element on a page, but their place among the others stays.
        tag = self._tag(role, above, path[-1] if path else 0)
        for mark in _marks(element):
            if tag.owner:
                self.tags.by_mark[mark] = tag
            if alt:
                self.tags.alts[mark] = alt
        for index in range(pdfium_c.FPDF_StructElement_CountChildren(element)):
            child = pdfium_c.FPDF_StructElement_GetChildAtIndex(element, index)
            if child:
                self.element(child, tag, alt, (*path, index))

    def _tag(self, role: str, above: Tag, place: int) -> Tag:
        """What lies inside a cell or a list item belongs to it, whatever it is itself."""
        self.count += 1
        if role == "Table":
            return Tag("", 0, table=self.count)
        if role == "TR":
            return Tag("", 0, row=self.count, table=above.table)
        if role in ("TD", "TH"):
            return Tag(role, self.count, above.row, above.table, place)
        if above.role in ("TD", "TH") or (above.role == "LI" and role != "LI"):
            return above
        if role in _PARTS or _HEADING.fullmatch(role):
            return Tag(role, self.count, above.row, above.table)
        return above


def _marks(element: object) -> Iterator[int]:
    own = pdfium_c.FPDF_StructElement_GetMarkedContentID(element)
    if own >= 0:
        yield own
    for index in range(pdfium_c.FPDF_StructElement_CountChildren(element)):
        mark = pdfium_c.FPDF_StructElement_GetChildMarkedContentID(element, index)
        if mark >= 0:
            yield mark


def _text(read: Callable[[object, object, int], int], element: object) -> str:
    size = read(element, None, 0)
    if size <= 2:
        return ""
    buffer = ctypes.create_string_buffer(size)
    read(element, buffer, size)
    return buffer.raw[:size].decode("utf-16-le", "replace").rstrip("\0").strip()
