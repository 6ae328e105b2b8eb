"""PDF files: text in reading order with its place, figures, scans and page previews."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from indexer.config import Limits, Settings
from indexer.errors import BadFile
from indexer.loaders import pdf_facts
from indexer.loaders.base import Report, SourceFile
from indexer.loaders.pdf_blocks import Typography, leading, page_lines, page_pieces
from indexer.loaders.pdf_captions import match_captions
from indexer.loaders.pdf_contents import without_contents
from indexer.loaders.pdf_flow import compounds
from indexer.loaders.pdf_headings import body_size, mark_headings
from indexer.loaders.pdf_images import (
    Figure,
    FigureReader,
    blank_preview,
    page_preview,
    page_scan,
    without_repeats,
)
from indexer.loaders.pdf_layout import Piece
from indexer.loaders.pdf_running import without_running
from indexer.loaders.pdf_runs import Span
from indexer.loaders.pdf_tables import continue_tables
from indexer.loaders.pdf_tags import read_tags
from indexer.loaders.pdf_text import page_view, read_spans
from indexer.records import Block, BlockKind, Box, Document, Kind, Picture

# pdfium keeps global state: one thread at a time may be inside it.
_PDFIUM = threading.Lock()
_BLOCK = 1 << 20
# Room above and below text in its box, in font sizes.
_AIR = 0.15


@dataclass(slots=True)
class _Page:
    """What was read from one page. `scan` is set where a page has no text of its own."""

    preview: bytes
    width: float = 1.0
    height: float = 1.0
    lines: list[Span] = field(default_factory=list)
    figures: list[Figure] = field(default_factory=list)
    scan: bytes | None = None
    failed: bool = False


class PdfLoader:
    """Reads a PDF into one document. Safe to use from several threads, which then take turns."""

    def __init__(self, settings: Settings) -> None:
        self._limits: Limits = settings.limits

    def load(self, file: SourceFile, report: Report) -> Iterator[Document]:
        """One document. Raises BadFile when it is encrypted, damaged, empty or no PDF.

        A page that cannot be read is reported and left out, with a blank preview in its
        place. Of a PDF with more pages than `limits.pdf_pages` the first ones are read.
        """
        digest = _digest(file.absolute, self._limits)
        with _PDFIUM:
            pdf = _open(file.absolute)
            try:
                document = self._document(pdf, file, report, digest)
            finally:
                pdf.close()
        yield document

    def _document(
        self, pdf: pdfium.PdfDocument, file: SourceFile, report: Report, digest: str
    ) -> Document:
        facts = pdf_facts.metadata(pdf)
        pages = self._pages(pdf, file, report)
        body = body_size([page.lines for page in pages])
        pieces = mark_headings(_layout(pages), pdf_facts.outline(pdf), body)
        title = pdf_facts.title(facts.get("Title", ""), pieces[0], file.path)
        pieces = without_contents(pieces)
        blocks: list[Block] = []
        for number, (page, parts) in enumerate(zip(pages, pieces, strict=True), start=1):
            blocks += _blocks(file.path, number, page, parts, body)
        known = {"author": facts.get("Author", ""), "pages": str(len(pdf))}
        return Document(
            path=file.path,
            title=title,
            kind=Kind.MANUAL,
            blocks=tuple(blocks),
            content_hash=digest,
            date=pdf_facts.creation_date(facts.get("CreationDate", "")),
            metadata={key: value for key, value in known.items() if value},
            page_previews=tuple(page.preview for page in pages),
        )

    def _pages(self, pdf: pdfium.PdfDocument, file: SourceFile, report: Report) -> list[_Page]:
        path, count = file.absolute, len(pdf)
        most = self._limits.pdf_pages
        if count > most:
            report.note(path, f"{count:,} pages; the first {most:,} are read (limits.pdf_pages)")
        reader = FigureReader(self._limits)
        pages = []
        for index in range(min(count, most)):
            try:
                pages.append(_read_page(pdf, index, reader))
            except (pdfium.PdfiumError, OSError, ValueError, MemoryError) as error:
                report.skip(path, f"page {index + 1}: cannot be read ({error})")
                pages.append(_Page(blank_preview(), failed=True))
        if all(page.failed for page in pages):
            raise BadFile(path, "no page of this PDF can be read; it is damaged")
        for flaw in reader.flaws:
            report.note(path, flaw)
        for page, figures in zip(pages, without_repeats([p.figures for p in pages]), strict=True):
            page.figures = figures
        return pages


def _digest(path: Path, limits: Limits) -> str:
    """SHA-256 of the file. Raises BadFile where it is empty, too large, unreadable or no PDF."""
    try:
        size = path.stat().st_size
        if size > limits.file_bytes:
            most = f"{limits.file_bytes:,} are read (limits.file_bytes)"
            raise BadFile(path, f"{size:,} bytes; files of up to {most}")
        digest = hashlib.sha256()
        with path.open("rb") as file:
            head = file.read(_BLOCK)
            digest.update(head)
            while block := file.read(_BLOCK):
                digest.update(block)
    except OSError as error:
        raise BadFile(path, f"cannot be read: {error.strerror or error}") from error
    if not head:
        raise BadFile(path, "empty file")
    if b"%PDF-" not in head[:1024]:
        raise BadFile(path, f"not a PDF (its first bytes are {head[:8]!r})")
    return digest.hexdigest()


def _open(path: Path) -> pdfium.PdfDocument:
    try:
        return pdfium.PdfDocument(path)
    except pdfium.PdfiumError as error:
        if error.err_code == pdfium_c.FPDF_ERR_PASSWORD:
            reason = "encrypted: a password is needed to open it; save a copy without one"
        elif error.err_code == pdfium_c.FPDF_ERR_SECURITY:
            reason = "encrypted in a way that is not read; save a copy without encryption"
        else:
            reason = "a PDF without pages" if _opens(path) else "damaged or truncated PDF"
        raise BadFile(path, reason) from error


def _opens(path: Path) -> bool:
    """Whether pdfium can open the file; that it has no pages is no error of its own there."""
    handle = pdfium_c.FPDF_LoadDocument(str(path).encode() + b"\0", None)
    if handle:
        pdfium_c.FPDF_CloseDocument(handle)
    return bool(handle)


def _read_page(pdf: pdfium.PdfDocument, index: int, reader: FigureReader) -> _Page:
    page = pdf[index]
    try:
        view = page_view(page)
        tags = read_tags(page)
        lines = page_lines(read_spans(page, view, tags))
        read = _Page(page_preview(page, view), view.width, view.height, lines)
        if lines:
            read.figures = reader.figures(page, view, tags, index + 1)
        else:
            read.scan = page_scan(page, view)
        return read
    finally:
        page.close()


def _layout(pages: list[_Page]) -> list[list[Piece]]:
    """The pieces of every page, in reading order, without running headers and footers."""
    kept = without_running([page.lines for page in pages], [page.height for page in pages])
    known = compounds(line.text for lines in kept for line in lines)
    style = Typography(leading(kept), known)
    pieces = []
    for page, lines in zip(pages, kept, strict=True):
        figures = [
            Piece(BlockKind.FIGURE, "", each.x0, each.y0, each.x1, each.y1, figure=index)
            for index, each in enumerate(page.figures)
        ]
        pieces.append(page_pieces(lines, figures, style))
    return continue_tables(pieces)


def _blocks(
    path: str, number: int, page: _Page, pieces: list[Piece], body: float
) -> Iterator[Block]:
    if page.scan is not None:
        whole = Picture(f"{path}#page={number}", page.scan)
        yield Block(BlockKind.FIGURE, page=number, box=Box(0.0, 0.0, 1.0, 1.0), picture=whole)
        return
    captions = match_captions(pieces, page.height, body)
    used = set(captions.values())
    for index, piece in enumerate(pieces):
        if index in used or not (piece.text or piece.figure is not None):
            continue
        picture: Picture | None = None
        if piece.figure is not None:
            caption = pieces[captions[index]].text if index in captions else ""
            figure = page.figures[piece.figure]
            asset = f"{path}#page={number}&figure={piece.figure + 1}"
            alt = "" if figure.alt.strip(" .") in caption else figure.alt
            picture = Picture(asset, figure.data, alt, caption)
        yield Block(piece.kind, piece.text, piece.level, number, _box(piece, page), picture)


def _box(piece: Piece, page: _Page) -> Box:
    def part(value: float, whole: float) -> float:
        return min(max(value / whole, 0.0), 1.0)

    return Box(
        part(piece.x0, page.width),
        part(piece.y0 - _AIR * piece.size, page.height),
        part(piece.x1, page.width),
        part(piece.y1 + _AIR * piece.size, page.height),
    )
