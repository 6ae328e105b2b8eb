"""Images small enough to travel inside a page, as data URLs."""

from __future__ import annotations

import base64
import io
from pathlib import Path

from PIL import Image

from indexer.config import Limits
from indexer.errors import BadImage
from indexer.images import decode

_WIDTH, _HEIGHT = 420, 320
_QUALITY = 62


def embed_bytes(data: bytes) -> str:
    """A data URL of an encoded image, made smaller; "" for what is none."""
    try:
        image = decode(data, Limits())
    except BadImage:
        return ""
    image.thumbnail((_WIDTH, _HEIGHT), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    image.convert("RGB").save(out, "WEBP", quality=_QUALITY, method=4)
    return "data:image/webp;base64," + base64.b64encode(out.getvalue()).decode()


def embed_file(path: Path | None) -> str:
    """The same of a file; "" where there is none."""
    try:
        return embed_bytes(path.read_bytes()) if path else ""
    except OSError:
        return ""
