"""The text of a PDF page, character by character, as it is seen."""

from __future__ import annotations

import ctypes
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from indexer.loaders.pdf_runs import HYPHEN, Char, Font, Span, join_chars
from indexer.loaders.pdf_tags import Tags

_BOLD = re.compile(r"bold|black|heavy|demi", re.IGNORECASE)
_MONO = re.compile(r"mono|courier|consol|typewriter|menlo|(?:cm|sf|lm|ec)tt", re.IGNORECASE)
_FLAG_FIXED = 1 << 0
_FLAG_FORCE_BOLD = 1 << 18
_MOST_UNREADABLE = 0.5


@dataclass(frozen=True, slots=True)
class View:
    """How a page is shown: from its own space to points from the top left of what is seen.

    Page rotation and the crop box are in it: x' = a·x + c·y + e, y' = b·x + d·y + f.
    """

    width: float
    height: float
    a: float
    b: float
    c: float
    d: float
    e: float
    f: float

    def point(self, x: float, y: float) -> tuple[float, float]:
        return self.a * x + self.c * y + self.e, self.b * x + self.d * y + self.f

    def shows(self, x: float, y: float) -> bool:
        return 0 <= x <= self.width and 0 <= y <= self.height

    def direction(self, x: float, y: float) -> tuple[float, float]:
        return self.a * x + self.c * y, self.b * x + self.d * y


def page_view(page: pdfium.PdfPage) -> View:
    """The mapping from page space to what a reader sees."""
    width, height = page.get_size()
    # pdfium maps onto whole pixels only: the larger the canvas, the finer the answer.
    scale = 1_000_000
    corners = []
    for x, y in ((0.0, 0.0), (width, 0.0), (0.0, height)):
        across, down = ctypes.c_int(), ctypes.c_int()
        pdfium_c.FPDF_PageToDevice(page, 0, 0, scale, scale, 0, x, y, across, down)
        corners.append((across.value * width / scale, down.value * height / scale))
    (e, f), (x1, y1), (x2, y2) = corners
    return View(
        width, height, (x1 - e) / width, (y1 - f) / width, (x2 - e) / height,
        (y2 - f) / height, e, f,
    )  # fmt: skip


def read_spans(page: pdfium.PdfPage, view: View, tags: Tags) -> list[Span]:
    """The text of a page in the order of its content; empty where it has no readable text."""
    textpage = page.get_textpage()
    try:
        chars = list(_Fonts(textpage, view, tags).chars())
    finally:
        textpage.close()
    letters = [char.text for char in chars if char.text.strip()]
    unreadable = sum(text == "\ufffd" for text in letters)
    if not letters or unreadable > _MOST_UNREADABLE * len(letters):
        return []
    return join_chars(chars)


@dataclass(slots=True)
class _Fonts:
    """Reads the characters of one page, asking for each font once."""

    textpage: pdfium.PdfTextPage
    view: View
    tags: Tags
    known: dict[int, tuple[bool, bool]] = field(default_factory=dict)

    def chars(self) -> Iterator[Char]:
        rect, x, y = pdfium_c.FS_RECTF(), ctypes.c_double(), ctypes.c_double()
        last, font = None, None
        for index in range(self.textpage.count_chars()):
            owner = pdfium_c.FPDFText_GetTextObject(self.textpage, index)
            address = ctypes.cast(owner, ctypes.c_void_p).value
            if not address:
                # pdfium put this character in; of those only spaces tell something.
                if font and pdfium_c.FPDFText_GetUnicode(self.textpage, index) == 0x20:
                    yield Char(" ", 0.0, 0.0, 0.0, font)
                continue
            if address != last or font is None:
                last, font = address, self._font(index, owner)
            pdfium_c.FPDFText_GetLooseCharBox(self.textpage, index, rect)
            pdfium_c.FPDFText_GetCharOrigin(self.textpage, index, x, y)
            x0, y0 = self.view.point(rect.left, rect.bottom)
            x1, y1 = self.view.point(rect.right, rect.top)
            if self.view.shows((x0 + x1) / 2, (y0 + y1) / 2):
                base = self.view.point(x.value, y.value)[1] if font.upright else max(y0, y1)
                letter = _letter(self.textpage, index)
                yield Char(letter, min(x0, x1), max(x0, x1), base, font)

    def _font(self, index: int, owner: object) -> Font:
        matrix = pdfium_c.FS_MATRIX()
        pdfium_c.FPDFText_GetMatrix(self.textpage, index, matrix)
        scale = (matrix.c**2 + matrix.d**2) ** 0.5
        size = pdfium_c.FPDFText_GetFontSize(self.textpage, index) * scale
        across, down = self.view.direction(matrix.a, matrix.b)
        upright = across > 0 and abs(down) < 0.1 * across
        address = ctypes.cast(pdfium_c.FPDFTextObj_GetFont(owner), ctypes.c_void_p).value or 0
        if address not in self.known:
            self.known[address] = _style(self.textpage, index)
        bold, mono = self.known[address]
        tag = self.tags.by_mark.get(pdfium_c.FPDFPageObj_GetMarkedContentID(owner))
        return Font(size or 1.0, bold, mono, upright, tag)


def _letter(textpage: pdfium.PdfTextPage, index: int) -> str:
    code = pdfium_c.FPDFText_GetUnicode(textpage, index)
    if code in (0x02, 0xAD):
        return HYPHEN
    if code in (0x09, 0x0A, 0x0D, 0x20, 0xA0):
        return " "
    if 0xF000 <= code <= 0xF0FF:
        return "•"  # a symbol font's own code: nearly always the mark of a list item
    # Half of a character beyond the basic plane (an emoji), or no character at all.
    return "\ufffd" if code < 0x20 or 0xD800 <= code <= 0xDFFF else chr(code)


def _style(textpage: pdfium.PdfTextPage, index: int) -> tuple[bool, bool]:
    """Bold or not, and of fixed width or not."""
    name, flags = ctypes.create_string_buffer(128), ctypes.c_int()
    pdfium_c.FPDFText_GetFontInfo(textpage, index, name, len(name), flags)
    label = name.value.decode("utf-8", "replace")
    weight = pdfium_c.FPDFText_GetFontWeight(textpage, index)
    bold = bool(_BOLD.search(label)) or weight >= 650 or bool(flags.value & _FLAG_FORCE_BOLD)
    return bold, bool(_MONO.search(label)) or bool(flags.value & _FLAG_FIXED)
