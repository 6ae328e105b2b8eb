"""Image files as documents of their own."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

import pytest
from PIL import Image, PngImagePlugin

from indexer.config import Settings
from indexer.errors import BadFile
from indexer.loaders.base import LOADERS, SourceFile
from indexer.loaders.image import ImageLoader, description, readable
from indexer.records import Block, BlockKind, Document, Kind, Picture


class Silent:
    """A report that must stay empty."""

    def skip(self, path: Path, reason: str) -> None:
        raise AssertionError(f"{path}: {reason}")

    note = skip


def load(root: Path, path: str) -> Document:
    (document,) = ImageLoader(Settings()).load(SourceFile(root, path), Silent())
    return document


def encoded(image: Image.Image, kind: str = "PNG", **extra: object) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **extra)
    return out.getvalue()


RED = Image.new("RGB", (8, 6), "red")


def test_one_figure_with_the_bytes_of_the_file(tmp_path: Path) -> None:
    data = encoded(RED)
    (tmp_path / "shots").mkdir()
    (tmp_path / "shots" / "pump_seal-closeup.PNG").write_bytes(data)
    path = "shots/pump_seal-closeup.PNG"
    assert load(tmp_path, path) == Document(
        path=path,
        title="pump seal closeup",
        kind=Kind.IMAGE,
        blocks=(Block(BlockKind.FIGURE, picture=Picture(asset=path, data=data)),),
        content_hash=hashlib.sha256(data).hexdigest(),
    )


def test_registry_names_the_loader_for_every_suffix() -> None:
    for suffix in (".png", ".jpg", ".jpeg", ".webp", ".gif", ".tif", ".tiff", ".bmp"):
        assert LOADERS.get(suffix) is ImageLoader


@pytest.mark.parametrize(
    ("path", "title"),
    [
        ("pump_seal-closeup.JPG", "pump seal closeup"),
        ("a/b/IMG__0042.png", "IMG 0042"),
        ("水泵_密封圈.png", "水泵 密封圈"),
        ("front.panel.view.webp", "front panel view"),
        ("v2.1-screen.png", "v2.1 screen"),
        ("___.png", "___"),
    ],
)
def test_titles_are_file_names_made_readable(path: str, title: str) -> None:
    assert readable(path) == title


def test_png_text_is_the_alternative_text() -> None:
    info = PngImagePlugin.PngInfo()
    info.add_text("Software", "Paint")
    info.add_itxt("Description", "E04 无水流\n on the panel")
    assert description(encoded(RED, pnginfo=info)) == "E04 无水流 on the panel"


def test_exif_description() -> None:
    exif = Image.Exif()
    exif[0x010E] = "The seal of the pump"
    assert description(encoded(RED, "JPEG", exif=exif)) == "The seal of the pump"


def test_windows_title() -> None:
    exif = Image.Exif()
    exif[0x9C9B] = "泵的密封圈".encode("utf-16-le") + b"\0\0"
    assert description(encoded(RED, "JPEG", exif=exif)) == "泵的密封圈"


def test_xmp_title_and_description() -> None:
    title = (
        "<x:xmpmeta><dc:title><rdf:Alt><rdf:li xml:lang='x-default'>Front &amp; back</rdf:li>"
        "</rdf:Alt></dc:title></x:xmpmeta>"
    )
    assert description(encoded(RED, "WEBP", xmp=title.encode())) == "Front & back"
    both = title + "<dc:description><rdf:Alt><rdf:li>More</rdf:li></rdf:Alt></dc:description>"
    assert description(encoded(RED, "WEBP", xmp=both.encode())) == "More"


@pytest.mark.parametrize("words", ["OLYMPUS DIGITAL CAMERA  ", "Screenshot", "Created with GIMP"])
def test_words_that_devices_put_there_say_nothing(words: str) -> None:
    exif = Image.Exif()
    exif[0x010E] = words
    assert description(encoded(RED, "JPEG", exif=exif)) == ""


def test_bytes_that_are_no_image_are_kept_for_the_build_to_refuse(tmp_path: Path) -> None:
    (tmp_path / "torn.png").write_bytes(encoded(RED)[:30])
    assert load(tmp_path, "torn.png").blocks[0].picture == Picture(
        "torn.png", encoded(RED)[:30], alt=""
    )


def test_empty_and_missing_files(tmp_path: Path) -> None:
    (tmp_path / "none.png").write_bytes(b"")
    with pytest.raises(BadFile, match=r"none.png: empty file"):
        load(tmp_path, "none.png")
    with pytest.raises(BadFile, match=r"gone.png: cannot be read: No such file or directory"):
        load(tmp_path, "gone.png")
