"""Pictures of a PDF: the images that pages show, and the pages themselves as images."""

from __future__ import annotations

import hashlib
import io
import math
from collections.abc import Iterator
from dataclasses import dataclass, field

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c
from PIL import Image

from indexer.config import Limits
from indexer.images import THUMB_SIDE, thumbnail
from indexer.loaders.pdf_tags import Tags
from indexer.loaders.pdf_text import View

FIGURE_SIDE = 48
"""Shortest side, in pixels, of an image that counts as a figure."""

FIGURE_SHARE = 0.01
"""Least part of its page that a figure covers."""

SCAN_SIDE = 2400
"""Longer side, in pixels, at which a page without text is rendered for a reader."""

_SCAN_SCALE = 200 / 72
_REPEATS = 3
_INNER = 2


@dataclass(frozen=True, slots=True)
class Figure:
    """An image on a page: its place in points, top left origin, and its encoded bytes.

    `mark` is a digest of what the PDF stores for it; pictures that repeat share it.
    """

    x0: float
    y0: float
    x1: float
    y1: float
    data: bytes = field(repr=False)
    mark: str
    alt: str = ""


@dataclass(slots=True)
class FigureReader:
    """Takes the figures out of the pages of one document; a repeated picture is encoded once.

    `flaws` gathers what was left out and why, in order and each once.
    """

    limits: Limits
    known: dict[str, bytes] = field(default_factory=dict)
    flaws: dict[str, None] = field(default_factory=dict)

    def figures(self, page: pdfium.PdfPage, view: View, tags: Tags, number: int) -> list[Figure]:
        """The figures of a page in the order of its content, without those too small to matter."""
        found = []
        for image in page.get_objects(filter=[pdfium_c.FPDF_PAGEOBJ_IMAGE]):
            try:
                figure = self._figure(image, page, view, tags)
            except (pdfium.PdfiumError, OSError, ValueError, MemoryError):
                self.flaws[f"page {number}: an image that cannot be decoded is left out"] = None
                continue
            if figure is not None and figure.data:
                found.append(figure)
            elif figure is not None:
                most = f"{self.limits.image_pixels:,} pixels is left out (limits.image_pixels)"
                self.flaws[f"page {number}: an image of more than {most}"] = None
        return found

    def _figure(
        self, image: pdfium.PdfImage, page: pdfium.PdfPage, view: View, tags: Tags
    ) -> Figure | None:
        width, height = image.get_px_size()
        corners, upright = _corners(image, view)
        x0, x1 = (min(max(x, 0.0), view.width) for x in (corners[0], corners[2]))
        y0, y1 = (min(max(y, 0.0), view.height) for y in (corners[1], corners[3]))
        small = min(width, height) < FIGURE_SIDE
        if small or (x1 - x0) * (y1 - y0) < FIGURE_SHARE * view.width * view.height:
            return None
        data, mark = b"", ""
        if width * height <= self.limits.image_pixels:
            whole = (x1 - x0) * (y1 - y0) > 0.98 * _area(corners)
            mark = _mark(image, upright and whole)
            if mark not in self.known:
                box = (x0, y0, x1, y1)
                exact = _stored(image) if upright and whole else None
                self.known[mark] = exact or _cropped(page, view, box, width, height)
            data = self.known[mark]
        number = pdfium_c.FPDFPageObj_GetMarkedContentID(image)
        return Figure(x0, y0, x1, y1, data, mark, tags.alts.get(number, ""))


def _corners(image: pdfium.PdfImage, view: View) -> tuple[tuple[float, float, float, float], bool]:
    """Where an image shows, and whether it stands there upright and unmirrored."""
    matrix, holder = image.get_matrix(), image.container
    while holder is not None:
        matrix = matrix.multiply(holder.get_matrix())
        holder = holder.container
    points = [
        view.point(*matrix.on_point(x, y)) for x, y in ((0, 0), (1, 0), (0, 1), (1, 1))
    ]  # fmt: skip
    across, along = [x for x, _ in points], [y for _, y in points]
    origin, right, top = points[0], points[1], points[2]
    straight = abs(right[1] - origin[1]) < 1 and abs(top[0] - origin[0]) < 1
    upright = straight and right[0] > origin[0] and top[1] < origin[1]
    return (min(across), min(along), max(across), max(along)), upright


def _area(box: tuple[float, float, float, float]) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])


def _mark(image: pdfium.PdfImage, exact: bool) -> str:
    digest = hashlib.sha256(bytes(image.get_data(decode_simple=False)))
    digest.update(repr((image.get_px_size(), exact)).encode())
    return digest.hexdigest()


def _stored(image: pdfium.PdfImage) -> bytes | None:
    """The image as the PDF holds it; None where a mask or its colours ask for rendering."""
    facts = image.get_metadata()
    if facts.colorspace == pdfium_c.FPDF_COLORSPACE_UNKNOWN or _see_through(image):
        return None
    if image.get_filters() == ["DCTDecode"] and facts.bits_per_pixel in (8, 24):
        return bytes(image.get_data(decode_simple=False))
    if facts.bits_per_pixel not in (1, 8, 24):
        return None
    bitmap = image.get_bitmap(render=False)  # owns the pixels: it must outlive the picture
    picture = bitmap.to_pil()
    return _png(picture if picture.mode in ("L", "RGB") else picture.convert("RGB"))


def _see_through(image: pdfium.PdfImage) -> bool:
    """Whether a mask makes part of the image transparent; pdfium shows it only by rendering."""
    bitmap = image.get_bitmap(render=True, scale_to_original=False)  # owns the pixels
    picture = bitmap.to_pil()
    if picture.mode != "RGBA":
        return False
    width, height = picture.size
    inner = picture.crop(
        (_INNER, _INNER, max(width - _INNER, _INNER + 1), max(height - _INNER, _INNER + 1))
    )
    lowest, _ = inner.getchannel("A").getextrema()
    return isinstance(lowest, int) and lowest < 250


def _cropped(
    page: pdfium.PdfPage,
    view: View,
    box: tuple[float, float, float, float],
    width: int,
    height: int,
) -> bytes:
    """The part of the page where an image shows, about as fine as the image is."""
    x0, y0, x1, y1 = box
    longer = max(width, height) / max(x1 - x0, y1 - y0)
    scale = min(max(longer, 1.0), SCAN_SIDE / max(x1 - x0, y1 - y0))
    left, right = _cuts(view.width, x0, x1, scale)
    top, bottom = _cuts(view.height, y0, y1, scale)
    return _png(_render(page, scale, (left, bottom, right, top)))


def _cuts(whole: float, low: float, high: float, scale: float) -> tuple[float, float]:
    """What to cut off before and after low to high, in points, to get whole pixels right."""
    before = round(low * scale)
    after = max(math.ceil(whole * scale) - before - max(round((high - low) * scale), 1), 0)
    # pypdfium2 rounds up what it cuts off.
    return max(before - 0.01, 0.0) / scale, max(after - 0.01, 0.0) / scale


def _render(
    page: pdfium.PdfPage, scale: float, crop: tuple[float, float, float, float] = (0, 0, 0, 0)
) -> Image.Image:
    bitmap = page.render(scale=scale, crop=crop)
    try:
        picture: Image.Image = bitmap.to_pil()
        return picture.convert("RGB")
    finally:
        bitmap.close()


def _png(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "PNG", compress_level=6)
    return out.getvalue()


def page_preview(page: pdfium.PdfPage, view: View) -> bytes:
    """The page as WebP, its longer side THUMB_SIDE pixels."""
    return thumbnail(_render(page, THUMB_SIDE / max(view.width, view.height)))


def blank_preview() -> bytes:
    """Stands for a page that cannot be rendered, so that previews count as pages do."""
    return thumbnail(Image.new("RGB", (round(THUMB_SIDE / 2**0.5), THUMB_SIDE), "white"))


def page_scan(page: pdfium.PdfPage, view: View) -> bytes | None:
    """The whole page as JPEG, large enough to read; None where nothing is on it."""
    scale = min(_SCAN_SCALE, SCAN_SIDE / max(view.width, view.height))
    image = _render(page, scale)
    extrema = image.convert("L").getextrema()
    if extrema[0] == extrema[1]:
        return None
    out = io.BytesIO()
    image.save(out, "JPEG", quality=90)
    return out.getvalue()


def without_repeats(pages: list[list[Figure]]) -> Iterator[list[Figure]]:
    """The figures of each page; one that shows on three pages or more stays on its first only."""
    shown: dict[str, int] = {}
    for figures in pages:
        for mark in {figure.mark for figure in figures}:
            shown[mark] = shown.get(mark, 0) + 1
    seen: set[str] = set()
    for figures in pages:
        kept = []
        for figure in figures:
            if shown[figure.mark] < _REPEATS or figure.mark not in seen:
                kept.append(figure)
            seen.add(figure.mark)
        yield kept
