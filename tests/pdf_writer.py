"""Small PDFs written byte by byte, and what tests ask of the documents read from them."""

from __future__ import annotations

import hashlib
import io
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image, ImageDraw

from indexer.config import Settings
from indexer.loaders.base import SourceFile
from indexer.loaders.pdf import PdfLoader
from indexer.records import Block, BlockKind, Document
from tests.loading import Notes

FONTS = (
    b"/F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >> "
    b"/F2 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica-Bold >> "
    b"/F3 << /Type /Font /Subtype /Type1 /BaseFont /Courier >> "
    b"/F4 << /Type /Font /Subtype /Type0 /BaseFont /STSong-Light /Encoding /UniGB-UCS2-H "
    b"/DescendantFonts [<< /Type /Font /Subtype /CIDFontType0 /BaseFont /STSong-Light "
    b"/CIDSystemInfo << /Registry (Adobe) /Ordering (GB1) /Supplement 4 >> /DW 1000 >>] >>"
)


@dataclass
class Sheet:
    """One page of a test PDF. Coordinates in points from the bottom left, as PDF has them."""

    width: float = 600
    height: float = 800
    extra: str = ""
    content: list[bytes] = field(default_factory=list)
    images: dict[str, bytes] = field(default_factory=dict)

    def text(self, x: float, y: float, words: str, size: float = 10, font: str = "F1") -> Sheet:
        if font == "F4":
            shown = b"<" + words.encode("utf-16-be").hex().encode() + b">"
        else:
            body = words.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")
            shown = b"(" + body.encode("cp1252") + b")"
        head = f"BT /{font} {size} Tf {x} {y} Td ".encode()
        self.content.append(head + shown + b" Tj ET")
        return self

    def lines(
        self, x: float, y: float, *words: str, size: float = 10, font: str = "F1", step: float = 12
    ) -> Sheet:
        for index, line in enumerate(words):
            self.text(x, y - index * step, line, size, font)
        return self

    def image(self, box: tuple[float, float, float, float], stored: bytes) -> Sheet:
        """Show an image object (see `flate` and `dct`) at x, y, width, height."""
        name = f"I{len(self.images)}"
        self.images[name] = stored
        x, y, width, height = box
        self.content.append(f"q {width} 0 0 {height} {x} {y} cm /{name} Do Q".encode())
        return self


def flate(picture: Image.Image) -> bytes:
    width, height = picture.size
    data = zlib.compress(picture.convert("RGB").tobytes())
    head = f"<< /Type /XObject /Subtype /Image /Width {width} /Height {height} /ColorSpace "
    head += f"/DeviceRGB /BitsPerComponent 8 /Filter /FlateDecode /Length {len(data)} >>"
    return head.encode() + b"\nstream\n" + data + b"\nendstream"


def dct(picture: Image.Image, jpeg: bytes) -> bytes:
    width, height = picture.size
    head = f"<< /Type /XObject /Subtype /Image /Width {width} /Height {height} /ColorSpace "
    head += f"/DeviceRGB /BitsPerComponent 8 /Filter /DCTDecode /Length {len(jpeg)} >>"
    return head.encode() + b"\nstream\n" + jpeg + b"\nendstream"


def jpeg_of(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=85)
    return out.getvalue()


def make_pdf(
    sheets: Sequence[Sheet],
    info: str = "",
    bookmarks: Sequence[tuple[str, int]] = (),
    missing: Sequence[int] = (),
    trailer: str = "",
) -> bytes:
    """A PDF of these pages; those whose index is in `missing` are named and not there."""
    objects: dict[int, bytes] = {}
    kids, free = [], 10
    for index, sheet in enumerate(sheets):
        page, content, free = free, free + 1, free + 2
        kids.append(page)
        names = []
        for name, stored in sheet.images.items():
            objects[free] = stored
            names.append(f"/{name} {free} 0 R")
            free += 1
        stream = b"\n".join(sheet.content)
        objects[content] = b"<< /Length %d >>\nstream\n%b\nendstream" % (len(stream), stream)
        if index not in missing:
            head = f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {sheet.width} {sheet.height}] "
            head += f"/Contents {content} 0 R {sheet.extra} /Resources << /XObject << "
            head += " ".join(names) + " >> /Font << "
            objects[page] = head.encode() + FONTS + b" >> >> >>"
    outline = ""
    if bookmarks:
        outline = "/Outlines 4 0 R"
        first = free
        for index, (words, target) in enumerate(bookmarks):
            near = f"/Next {free + 1} 0 R" if index + 1 < len(bookmarks) else ""
            body = f"<< /Title ({words}) /Parent 4 0 R {near} /Dest [{kids[target]} 0 R /Fit] >>"
            objects[free] = body.encode()
            free += 1
        objects[4] = f"<< /First {first} 0 R /Last {free - 1} 0 R >>".encode()
    refs = " ".join(f"{kid} 0 R" for kid in kids)
    objects[1] = f"<< /Type /Catalog /Pages 2 0 R {outline} >>".encode()
    objects[2] = f"<< /Type /Pages /Kids [{refs}] /Count {len(kids)} >>".encode()
    objects[3] = f"<< {info} >>".encode("cp1252")
    return assembled(objects, trailer)


def assembled(objects: dict[int, bytes], trailer: str) -> bytes:
    out, offsets = b"%PDF-1.5\n", {}
    for number, body in sorted(objects.items()):
        offsets[number] = len(out)
        out += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 1\n0000000000 65535 f \n"
    for number, offset in sorted(offsets.items()):
        out += b"%d 1\n%010d 00000 n \n" % (number, offset)
    size = max(objects) + 1
    end = f"trailer << /Size {size} /Root 1 0 R /Info 3 0 R {trailer} >>\nstartxref\n{start}\n"
    return out + end.encode() + b"%%EOF\n"


def load(
    folder: Path,
    data: bytes,
    name: str = "guide.pdf",
    notes: Notes | None = None,
    settings: Settings | None = None,
) -> Document:
    (folder / name).write_bytes(data)
    loader = PdfLoader(settings or Settings())
    (document,) = loader.load(SourceFile(folder, name), notes or Notes())
    return document


def shapes(document: Document) -> list[tuple[str, str]]:
    return [(block.kind.value, block.text) for block in document.blocks]


def figures(document: Document) -> list[Block]:
    return [block for block in document.blocks if block.kind is BlockKind.FIGURE]


def screen(width: int = 200, height: int = 120, colour: str = "navy") -> Image.Image:
    picture = Image.new("RGB", (width, height), "white")
    ImageDraw.Draw(picture).rectangle((10, 10, width // 2, height // 2), fill=colour)
    return picture


BODY = (
    "The pump must be primed before it is switched on, since a dry seal wears",
    "out within seconds and then leaks for as long as the pump is in service.",
)


def _rc4(key: bytes, data: bytes) -> bytes:
    state, j, out = list(range(256)), 0, bytearray()
    for i in range(256):
        j = (j + state[i] + key[i % len(key)]) % 256
        state[i], state[j] = state[j], state[i]
    i = j = 0
    for byte in data:
        i = (i + 1) % 256
        j = (j + state[i]) % 256
        state[i], state[j] = state[j], state[i]
        out.append(byte ^ state[(state[i] + state[j]) % 256])
    return bytes(out)


def encrypted() -> bytes:
    """A PDF with a user password, by the standard handler of revision 2."""
    pad = bytes.fromhex("28bf4e5e4e758a4164004e56fffa01082e2e00b6d0683e802f0ca9fe6453697a")
    word, ident = (b"secret" + pad)[:32], b"0123456789abcdef"
    owner = _rc4(hashlib.md5(word).digest()[:5], word)
    key = hashlib.md5(word + owner + (-4).to_bytes(4, "little", signed=True) + ident).digest()[:5]
    trailer = f"/ID [<{ident.hex()}><{ident.hex()}>] /Encrypt << /Filter /Standard /V 1 /R 2 "
    trailer += f"/O <{owner.hex()}> /U <{_rc4(key, pad).hex()}> /P -4 >>"
    return make_pdf([Sheet().text(50, 700, "hidden")], trailer=trailer)


def tagged_pdf() -> bytes:
    """One page whose tags tell a heading, a paragraph, list items and a table cell by cell."""
    parts = [
        ("H2", "Cleaning", 50, 700),
        ("P", "Rinse it and", 50, 680),
        ("P", "", 50, 620),
        ("LI", "First of all", 50, 600),
        ("LI", "Second thing", 300, 600),
        ("LI", "Right after it", 50, 580),
        ("TH", "Code", 50, 500),
        ("TH", "Cause", 200, 500),
        ("TH", "Remedy", 400, 500),
        ("TD", "E01", 50, 480),
        ("TD", "Fill it", 400, 480),
    ]
    order = [0, 1, 2, 3, 5, 4, 6, 7, 8, 9, 10]
    shown = [
        f"/{role} << /MCID {mark} >> BDC BT /F1 10 Tf {x} {y} Td ({text}) Tj ET EMC"
        for mark, (role, text, x, y) in enumerate(parts)
    ]
    shown.append("/P << /MCID 1 >> BDC BT /F1 10 Tf 50 640 Td (wait an hour.) Tj ET EMC")
    stream = "\n".join(shown).encode()
    objects = {
        1: b"<< /Type /Catalog /Pages 2 0 R /MarkInfo << /Marked true >> /StructTreeRoot 5 0 R >>",
        2: b"<< /Type /Pages /Kids [10 0 R] /Count 1 >>",
        3: b"<< >>",
        10: b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /StructParents 0 "
        b"/Contents 11 0 R /Resources << /Font << " + FONTS + b" >> >> >>",
        11: b"<< /Length %d >>\nstream\n%b\nendstream" % (len(stream), stream),
    }
    above = {**dict.fromkeys(range(6), 6), 6: 41, 7: 41, 8: 41, 9: 42, 10: 42}
    for mark, (role, *_) in enumerate(parts):
        body = f"<< /Type /StructElem /S /{role} /P {above[mark]} 0 R /Pg 10 0 R /K {mark} >>"
        objects[20 + mark] = body.encode()
    kids = " ".join(f"{20 + mark} 0 R" for mark in order[:6])
    for number, role, parent, inner in (
        (6, "Document", 5, f"{kids} 40 0 R"),
        (40, "Table", 6, "41 0 R 42 0 R"),
        (41, "TR", 40, "26 0 R 27 0 R 28 0 R"),
        (42, "TR", 40, "29 0 R 43 0 R 30 0 R"),
        (43, "TD", 42, ""),
    ):
        body = f"<< /Type /StructElem /S /{role} /P {parent} 0 R /Pg 10 0 R /K [{inner}] >>"
        objects[number] = body.encode()
    parents = " ".join(f"{20 + mark} 0 R" for mark in range(len(parts)))
    objects[5] = (
        b"<< /Type /StructTreeRoot /K 6 0 R /ParentTree << /Nums [0 [%b]] >> >>" % parents.encode()
    )
    return assembled(objects, "")
