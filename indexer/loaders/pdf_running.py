"""Running headers, footers and page numbers: what stands at one height on most pages."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence

from indexer.loaders.pdf_runs import Span

MARGIN = 0.12
"""Running lines lie in this share of the page from the top or the bottom."""

_SHARE = 0.4  # left and right pages may carry different headers
_LEAST = 3
_TOLERANCE = 0.012
_ROMAN = re.compile(r"\b[ivxlc]{1,7}\b", re.IGNORECASE)


def without_running(pages: Sequence[Sequence[Span]], heights: Sequence[float]) -> list[list[Span]]:
    """The lines of each page without those that repeat, numbers aside, on most pages."""
    places: dict[str, list[tuple[int, float]]] = defaultdict(list)
    for page, lines in enumerate(pages):
        for line in lines:
            if (share := _share(line, heights[page])) is not None:
                places[_pattern(line.text)].append((page, share))
    filled = sum(bool(lines) for lines in pages)
    needed = max(_LEAST, _SHARE * filled) if filled > 2 else 2
    kept = []
    for page, lines in enumerate(pages):
        dropped = [line for line in lines if _runs(line, heights[page], places, needed)]
        beside = [line for line in dropped if line.upright]
        kept.append(
            [
                line
                for line in lines
                if line not in dropped and not any(_level(line, other) for other in beside)
            ]
        )
    return kept


def _level(line: Span, running: Span) -> bool:
    """Whether a line shares the baseline of a page number: a chapter's name, for one."""
    return line.upright and abs(line.y1 - running.y1) < 0.3 * running.size


def _runs(
    line: Span, height: float, places: dict[str, list[tuple[int, float]]], needed: float
) -> bool:
    share = _share(line, height)
    if share is None:
        return False
    near = {page for page, other in places[_pattern(line.text)] if abs(other - share) < _TOLERANCE}
    return len(near) >= needed


def _share(line: Span, height: float) -> float | None:
    """How far down the page a line stands, if that is within a margin."""
    if not line.upright:
        return 0.0  # a watermark or a note along the edge may stand anywhere
    share = (line.y0 + line.y1) / 2 / height
    return share if share < MARGIN or share > 1 - MARGIN else None


def _pattern(text: str) -> str:
    numbered = re.sub(r"\d+", "#", text.strip())
    if len(text.strip()) <= 10:
        numbered = _ROMAN.sub("#", numbered)
    return re.sub(r"\s+", " ", numbered).casefold()
