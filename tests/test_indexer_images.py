from __future__ import annotations

import io
import struct
import zlib

import pytest
from PIL import Image

from indexer.config import Limits
from indexer.errors import BadImage
from indexer.images import THUMB_SIDE, WORKING_SIDE, decode, middle_frame, thumbnail


def encode(image: Image.Image, kind: str) -> bytes:
    out = io.BytesIO()
    image.save(out, kind)
    return out.getvalue()


def huge_png(width: int, height: int) -> bytes:
    """A PNG whose header promises a size that its data does not have."""

    def part(name: bytes, data: bytes) -> bytes:
        check = zlib.crc32(name + data)
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", check)

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = part(b"IHDR", header) + part(b"IDAT", zlib.compress(b"\0" * 100)) + part(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF", "TIFF", "BMP"])
def test_every_format_is_read(kind: str) -> None:
    image = decode(encode(Image.new("RGB", (20, 10), (250, 250, 250)), kind), Limits())
    assert image.size == (20, 10)
    assert image.mode == "RGB"
    assert image.getpixel((5, 5)) == pytest.approx((250, 250, 250), abs=3)


def test_the_first_frame_of_an_animation_is_read() -> None:
    frames = [Image.new("RGB", (8, 8), color) for color in ("red", "blue")]
    out = io.BytesIO()
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:])
    assert decode(out.getvalue(), Limits()).getpixel((0, 0)) == (255, 0, 0)


def test_transparent_parts_become_white() -> None:
    image = Image.new("RGBA", (2, 1), (255, 0, 0, 0))
    image.putpixel((1, 0), (255, 0, 0, 255))
    found = decode(encode(image, "PNG"), Limits())
    assert [found.getpixel((x, 0)) for x in (0, 1)] == [(255, 255, 255), (255, 0, 0)]


def test_a_photo_is_turned_upright() -> None:
    image = Image.new("RGB", (20, 10))
    exif = image.getexif()
    exif[0x0112] = 6  # turned by a quarter
    out = io.BytesIO()
    image.save(out, "JPEG", exif=exif)
    assert decode(out.getvalue(), Limits()).size == (10, 20)


def test_large_images_are_scaled_down_once() -> None:
    image = decode(encode(Image.new("RGB", (4000, 1000)), "PNG"), Limits())
    assert image.size == (WORKING_SIDE, 500)


def test_a_thumbnail_is_a_small_webp() -> None:
    small = Image.open(io.BytesIO(thumbnail(Image.new("RGB", (1920, 1080)))))
    assert small.format == "WEBP"
    assert small.size == (THUMB_SIDE, 540)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty file"),
        (b"<!DOCTYPE html><html></html>", "it holds HTML"),
        (b"version https://git-lfs.github.com/spec/v1\noid", "Git LFS pointer"),
        (b"%PDF-1.7 ...", "it holds a PDF"),
        (b"\x00\x01\x02\x03", r"its first bytes are 00 01 02 03"),
        (encode(Image.new("RGB", (300, 300), "red"), "PNG")[:120], "damaged image"),
        (huge_png(10_000, 9_000), "10000 × 9000 pixels; images of up to 80,000,000 pixels"),
        (
            huge_png(30_000, 30_000),
            "900,000,000 pixels; images of up to 80,000,000 pixels are read",
        ),
    ],
)
def test_what_is_not_an_image_says_so(data: bytes, reason: str) -> None:
    with pytest.raises(BadImage, match=reason):
        decode(data, Limits())


def test_limits_hold_before_decoding() -> None:
    data = encode(Image.new("RGB", (100, 100)), "BMP")
    with pytest.raises(BadImage, match="30,054 bytes; images of up to 1,000 are read"):
        decode(data, Limits(image_bytes=1000))
    with pytest.raises(BadImage, match="100 × 100 pixels; images of up to 9,999 pixels"):
        decode(data, Limits(image_pixels=9_999))


def recording(colors: list[tuple[int, int, int]]) -> bytes:
    first, *others = (Image.new("RGB", (20, 10), color) for color in colors)
    out = io.BytesIO()
    first.save(out, "GIF", save_all=True, append_images=others, duration=40)
    return out.getvalue()


def test_an_animation_is_read_from_its_start_and_its_middle() -> None:
    red, green, blue = (255, 0, 0), (0, 255, 0), (0, 0, 255)
    data = recording([red, green, blue])
    assert decode(data, Limits()).getpixel((5, 5)) == red
    middle = middle_frame(data, Limits())
    assert middle is not None
    assert middle.getpixel((5, 5)) == green
    many = recording([(step, 0, 0) for step in range(250)])
    furthest = middle_frame(many, Limits())
    assert furthest is not None
    assert furthest.getpixel((5, 5)) == (100, 0, 0)


def test_a_still_image_has_no_middle() -> None:
    assert middle_frame(encode(Image.new("RGB", (20, 10)), "GIF"), Limits()) is None
    assert middle_frame(encode(Image.new("RGB", (20, 10)), "PNG"), Limits()) is None
    assert middle_frame(b"no image", Limits()) is None
