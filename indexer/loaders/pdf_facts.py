"""What a PDF says of itself: title, author, date and bookmarks."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

import pypdfium2 as pdfium

from indexer.loaders.image import readable
from indexer.loaders.pdf_headings import plain
from indexer.loaders.pdf_layout import Piece
from indexer.records import BlockKind

_NO_TITLE = re.compile(
    r"^(microsoft (word|powerpoint|excel)\b|untitled|no title|document\s*\d*$|slide \d+$|"
    r"presentation\s*\d*$|print\w*$|title$|无标题|未命名|文档\s*\d*$|about:blank|(file|https?)://)|"
    r"\.(docx?|xlsx?|pptx?|odt|pdf|indd|fm|tex|dvi|html?|rtf|txt|qxp|ai|p65)$",
    re.IGNORECASE,
)
_DATE = re.compile(r"^(?:D:)?\s*(\d{4})(\d{2})?(\d{2})?")
_LONGEST_TITLE = 200


def metadata(pdf: pdfium.PdfDocument) -> dict[str, str]:
    """Title, Author, CreationDate and so on, tidied; missing ones are empty strings."""
    return {
        key: " ".join(value.replace("\0", " ").split())
        for key, value in pdf.get_metadata_dict().items()
    }


def creation_date(text: str) -> date | None:
    """`D:20240305174500+01'00'` → the day; None where it is not one."""
    match = _DATE.match(text)
    if match is None:
        return None
    try:
        return date(int(match[1]), int(match[2] or 1), int(match[3] or 1))
    except ValueError:
        return None


def title(told: str, first_page: Sequence[Piece], path: str) -> str:
    """The title in the metadata, if it reads like one; else the largest text of page 1.

    Where nothing stands out on that page, the name of the file.
    """
    if len(told) >= 3 and not _NO_TITLE.search(told):
        return told
    texts = [piece for piece in first_page if piece.size and piece.text and _worded(piece)]
    if texts:
        largest = max(piece.size for piece in texts)
        usual = sorted(piece.size for piece in texts for _ in piece.text)
        place = next(i for i, piece in enumerate(texts) if piece.size == largest)
        words = [texts[place].text]
        for piece in texts[place + 1 :]:
            if abs(piece.size - largest) > 0.05 * largest:
                break
            words.append(piece.text)
        joined = " ".join(words)
        stands_out = largest >= 1.15 * usual[len(usual) // 2] or len(texts) == 1
        if stands_out and len(joined) <= _LONGEST_TITLE:
            return joined
    return readable(path)


def _worded(piece: Piece) -> bool:
    """Text that may be a title: not a table, not a lone number."""
    kinds = (BlockKind.PARAGRAPH, BlockKind.LIST_ITEM, BlockKind.HEADING)
    return piece.kind in kinds and sum(char.isalpha() for char in piece.text) >= 2


def outline(pdf: pdfium.PdfDocument) -> dict[tuple[int, str], int]:
    """The bookmarks: page (from 0) and title in plain form → level from 1."""
    levels: dict[tuple[int, str], int] = {}
    for bookmark in pdf.get_toc():
        try:
            target = bookmark.get_dest()
            page = target.get_index() if target is not None else None
            key = plain(bookmark.get_title())
        except (pdfium.PdfiumError, UnicodeError):
            continue
        if page is not None and key:
            levels.setdefault((page, key), bookmark.level + 1)
    return levels
