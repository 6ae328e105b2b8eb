"""The one place where image bytes are decoded, after their size was checked."""

from __future__ import annotations

import io
import re
import warnings

from PIL import Image, ImageOps, UnidentifiedImageError

from indexer.config import Limits
from indexer.errors import BadImage

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".gif", ".tif", ".tiff", ".bmp")
"""File suffixes of the images that are read, lower case, with the dot."""

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "TIFF", "BMP")
FURTHEST = 100
THUMB_SIDE = 960
WORKING_SIDE = 2000
"""Larger images are scaled down to this once decoded; no model here looks closer."""


def decode(data: bytes, limits: Limits, frame: int = 0) -> Image.Image:
    """Encoded image → upright RGB image; of an animation the frame of that number.

    Transparent parts become white, and the longer side is at most WORKING_SIDE pixels.
    Raises BadImage, saying what is wrong with the bytes.
    """
    if not data:
        raise BadImage("empty file, not an image")
    if len(data) > limits.image_bytes:
        raise BadImage(f"{len(data):,} bytes; images of up to {limits.image_bytes:,} are read")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            image = Image.open(io.BytesIO(data), formats=FORMATS)
            _check_pixels(image, limits)
            image.seek(frame)
            flat = _flatten(ImageOps.exif_transpose(image))
            flat.thumbnail((WORKING_SIDE, WORKING_SIDE), Image.Resampling.LANCZOS)
            return flat
    except BadImage:
        raise
    except Image.DecompressionBombError as error:
        # Pillow refuses before its size can be asked for; its message has the count
        pixels = int(max(re.findall(r"\d+", str(error)), key=int, default="0"))
        raise BadImage(_too_many(f"{pixels:,} pixels", limits)) from error
    except UnidentifiedImageError as error:
        raise BadImage(
            f"not an image ({_looks_like(data)}); {', '.join(FORMATS)} are read"
        ) from error
    except (OSError, SyntaxError, ValueError, EOFError, TypeError) as error:
        raise BadImage(f"damaged image: {error}") from error


def middle_frame(data: bytes, limits: Limits) -> Image.Image | None:
    """The frame in the middle of an animation that `decode` reads, None of a still image.

    Of a long one the frame FURTHEST, because all before it have to be decoded. None also where
    that frame is damaged.
    """
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            frame = min(getattr(image, "n_frames", 1) // 2, FURTHEST)
        return decode(data, limits, frame) if frame else None
    except (BadImage, OSError, SyntaxError, ValueError, EOFError, TypeError):
        return None


def thumbnail(image: Image.Image) -> bytes:
    """A WebP preview whose longer side is at most THUMB_SIDE pixels."""
    small = image.copy()
    small.thumbnail((THUMB_SIDE, THUMB_SIDE), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    small.save(out, "WEBP", quality=80, method=2)
    return out.getvalue()


def _check_pixels(image: Image.Image, limits: Limits) -> None:
    width, height = image.size
    if width * height > limits.image_pixels:
        raise BadImage(_too_many(f"{width} × {height} pixels", limits))


def _too_many(size: str, limits: Limits) -> str:
    return f"{size}; images of up to {limits.image_pixels:,} pixels are read"


def _flatten(image: Image.Image) -> Image.Image:
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        rgba = image.convert("RGBA")
        white = Image.new("RGBA", rgba.size, "white")
        return Image.alpha_composite(white, rgba).convert("RGB")
    return image.convert("RGB")


def _looks_like(data: bytes) -> str:
    head = data[:256].lstrip().lower()
    if head.startswith((b"<!doctype html", b"<html")):
        return "it holds HTML"
    if head.startswith(b"version https://git-lfs"):
        return "it is a Git LFS pointer"
    if head.startswith(b"%pdf"):
        return "it holds a PDF"
    return "its first bytes are " + data[:8].hex(" ")
