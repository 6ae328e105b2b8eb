"""Image files that no page shows: each is a document of its own."""

from __future__ import annotations

import hashlib
import html
import io
import re
import warnings
from collections.abc import Iterator
from pathlib import PurePosixPath

from PIL import Image

from indexer.config import Limits, Settings
from indexer.images import FORMATS
from indexer.loaders.base import Report, SourceFile
from indexer.loaders.text import read_bytes
from indexer.records import Block, BlockKind, Document, Kind, Picture

_PNG_KEYS = ("Description", "Title", "Comment", "comment")
_EXIF_DESCRIPTION = 0x010E
_WINDOWS_FIELDS = (0x9C9B, 0x9C9C)  # XPTitle and XPComment, UTF-16
_XMP = re.compile(
    r"<dc:(description|title)\b[^>]*>.*?<rdf:li[^>]*>(.*?)</rdf:li>.*?</dc:\1>", re.DOTALL
)
_EMPTY_WORDS = re.compile(
    r"^(screenshot|created with .*|.*digital camera|sony dsc|dcim|image|untitled|"
    r"(file )?written by .*|lavc[\d.]+|ascii|unicode)\W*$",
    re.IGNORECASE,
)


class ImageLoader:
    """Reads an image file as it stands; decoding, and refusing what is no image, comes later."""

    def __init__(self, settings: Settings) -> None:
        self._limits: Limits = settings.limits

    def load(self, file: SourceFile, report: Report) -> Iterator[Document]:
        """One document with one figure. Raises BadFile when empty, too large or unreadable."""
        data = read_bytes(file.absolute, self._limits)
        picture = Picture(asset=file.path, data=data, alt=description(data))
        yield Document(
            path=file.path,
            title=readable(file.path),
            kind=Kind.IMAGE,
            blocks=(Block(BlockKind.FIGURE, picture=picture),),
            content_hash=hashlib.sha256(data).hexdigest(),
        )


def readable(path: str) -> str:
    """A file's name as words: `shots/pump_seal-closeup.JPG` → `pump seal closeup`."""
    stem = PurePosixPath(path).stem
    words = re.sub(r"[_\-+\s]+|%20|(?<=[^\W\d])\.(?=[^\W\d])", " ", stem).strip()
    return words or stem


def description(data: bytes) -> str:
    """What the file says of its picture in EXIF, PNG text, a JPEG comment or XMP; else empty.

    Only the header is read; a damaged one counts as saying nothing.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(data), formats=FORMATS) as image:
                texts = [_tidy(text) for text in _descriptions(image)]
    except Exception:  # Pillow's header parsers raise most kinds; the build reports bad images
        return ""
    return next((text for text in texts if text and not _EMPTY_WORDS.match(text)), "")


def _descriptions(image: Image.Image) -> Iterator[object]:
    exif = image.getexif()
    yield exif.get(_EXIF_DESCRIPTION)
    for field in _WINDOWS_FIELDS:
        value = exif.get(field)
        yield value.decode("utf-16-le", "ignore") if isinstance(value, bytes) else value
    for key in _PNG_KEYS:
        yield image.info.get(key)
    xmp = image.info.get("xmp") or image.info.get("XML:com.adobe.xmp") or ""
    text = xmp.decode("utf-8", "ignore") if isinstance(xmp, bytes) else str(xmp)
    found = {name: html.unescape(words) for name, words in _XMP.findall(text)}
    yield found.get("description")
    yield found.get("title")


def _tidy(value: object) -> str:
    if isinstance(value, bytes):
        value = value.decode("utf-8", "ignore")
    return " ".join(value.replace("\0", " ").split()) if isinstance(value, str) else ""
