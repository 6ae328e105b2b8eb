"""PDF files: places on turned and cropped pages, figures, captions, scans and previews."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image

from indexer.config import Limits, Settings
from tests.loading import Notes
from tests.pdf_writer import (
    BODY,
    Sheet,
    dct,
    figures,
    flate,
    jpeg_of,
    load,
    make_pdf,
    screen,
    shapes,
)


def test_boxes_are_fractions_from_the_top_left(tmp_path: Path) -> None:
    sheet = Sheet().image((60, 400, 300, 200), flate(screen())).text(60, 300, "Some words below it")
    document = load(tmp_path, make_pdf([sheet]))
    picture, words = document.blocks
    assert picture.box is not None
    assert words.box is not None
    box = picture.box
    assert (box.x0, box.y0, box.x1, box.y1) == pytest.approx((0.1, 0.25, 0.6, 0.5), abs=1e-4)
    assert words.box.x0 == pytest.approx(0.1, abs=0.002)
    assert words.box.y0 < 500 / 800 < words.box.y1 < 505 / 800
    assert words.box.y0 > 490 / 800


@pytest.mark.parametrize(
    ("extra", "expected"),
    [
        ("/Rotate 90", (0.5, 0.1, 0.75, 0.6)),
        ("/Rotate 180", (0.4, 0.5, 0.9, 0.75)),
        ("/Rotate 270", (0.25, 0.4, 0.5, 0.9)),
        ("/CropBox [60 200 600 800]", (0.0, 1 / 3, 300 / 540, 2 / 3)),
    ],
)
def test_boxes_follow_page_rotation_and_crop_box(
    tmp_path: Path, extra: str, expected: tuple[float, float, float, float]
) -> None:
    sheet = Sheet(extra=extra).image((60, 400, 300, 200), flate(screen()))
    sheet.text(300, 300, "words so that this is no scan")
    document = load(tmp_path, make_pdf([sheet]))
    (figure,) = figures(document)
    assert figure.box is not None
    box = figure.box
    assert (box.x0, box.y0, box.x1, box.y1) == pytest.approx(expected, abs=1e-4)


def test_text_of_a_turned_page_is_read_as_it_is_seen(tmp_path: Path) -> None:
    sheet = Sheet(extra="/Rotate 90")
    for index, line in enumerate(BODY):
        shown = f"BT /F1 10 Tf 0 1 -1 0 {100 + 12 * index} 50 Tm ({line}) Tj ET"
        sheet.content.append(shown.encode())
    document = load(tmp_path, make_pdf([sheet]))
    assert shapes(document) == [("paragraph", " ".join(BODY))]
    box = document.blocks[0].box
    assert box is not None
    assert box.x0 == pytest.approx(50 / 800, abs=0.003)
    assert 90 / 600 < box.y0 < 100 / 600


def test_text_outside_the_crop_box_is_not_read(tmp_path: Path) -> None:
    sheet = (
        Sheet(extra="/CropBox [0 0 600 750]").text(50, 770, "printer's mark").text(50, 700, "seen")
    )
    assert shapes(load(tmp_path, make_pdf([sheet]))) == [("paragraph", "seen")]


def test_figures_keep_their_bytes_and_take_their_captions(tmp_path: Path) -> None:
    photo = screen(300, 200, "darkgreen")
    jpeg = jpeg_of(photo)
    sheet = Sheet().lines(50, 760, *BODY)
    sheet.image((60, 500, 300, 200), dct(photo, jpeg)).text(60, 485, "Figure 3. The control panel")
    sheet.lines(50, 460, *BODY)
    sheet.text(60, 420, "图 4 前面板", font="F4").image((60, 300, 200, 110), flate(screen()))
    sheet.text(110, 285, "a small note below", 7).text(50, 200, BODY[0])
    document = load(tmp_path, make_pdf([sheet]), "guide.pdf")
    first, second = (block.picture for block in figures(document))
    assert first is not None
    assert second is not None
    assert (first.asset, first.caption) == (
        "guide.pdf#page=1&figure=1",
        "Figure 3. The control panel",
    )
    assert first.data == jpeg
    assert (second.asset, second.caption) == ("guide.pdf#page=1&figure=2", "图 4 前面板")
    assert Image.open(io.BytesIO(second.data)).tobytes() == screen().tobytes()
    assert [block.kind.value for block in document.blocks] == [
        "paragraph",
        "figure",
        "paragraph",
        "figure",
        "paragraph",
        "paragraph",
    ]


def test_small_text_right_below_a_figure_is_its_caption(tmp_path: Path) -> None:
    sheet = Sheet().lines(50, 760, *BODY).image((60, 500, 300, 200), flate(screen()))
    sheet.text(150, 490, "The control panel", 8).lines(50, 460, *BODY)
    document = load(tmp_path, make_pdf([sheet]))
    assert [block.picture.caption for block in figures(document) if block.picture] == [
        "The control panel"
    ]
    assert len(document.blocks) == 3


def test_body_text_below_a_figure_is_no_caption(tmp_path: Path) -> None:
    sheet = Sheet().image((50, 500, 300, 200), flate(screen())).lines(50, 488, *BODY)
    document = load(tmp_path, make_pdf([sheet]))
    assert [block.text for block in document.blocks] == ["", " ".join(BODY)]


def test_a_turned_image_comes_as_it_is_seen(tmp_path: Path) -> None:
    sheet = Sheet(extra="/Rotate 90").text(20, 20, "words")
    sheet.image((60, 400, 200, 120), flate(screen()))
    (figure,) = figures(load(tmp_path, make_pdf([sheet])))
    assert figure.picture is not None
    picture = Image.open(io.BytesIO(figure.picture.data)).convert("RGB")
    turned = screen().rotate(-90, expand=True)
    assert picture.size == turned.size
    assert picture.getpixel((90, 30)) == turned.getpixel((90, 30)) == (0, 0, 128)
    assert picture.getpixel((20, 150)) == (255, 255, 255)


def test_icons_are_left_out_and_a_repeated_logo_is_kept_once(tmp_path: Path) -> None:
    logo, icon = flate(screen(96, 64, "red")), flate(screen(32, 32))
    sheets = []
    for number in range(3):
        sheet = Sheet().image((60, 700, 120, 80), logo).image((300, 700, 120, 80), icon)
        sheet.image((500, 700, 30, 20), flate(screen(400, 300)))
        sheets.append(sheet.lines(50, 600 - 30 * number, *BODY))
    document = load(tmp_path, make_pdf(sheets))
    assert [f.picture.asset for f in figures(document) if f.picture] == [
        "guide.pdf#page=1&figure=1"
    ]


def test_an_image_over_the_pixel_limit_is_noted(tmp_path: Path) -> None:
    notes = Notes()
    settings = Settings(limits=Limits(image_pixels=10_000))
    sheet = Sheet().lines(50, 760, *BODY).image((60, 500, 300, 200), flate(screen()))
    document = load(tmp_path, make_pdf([sheet]), notes=notes, settings=settings)
    assert figures(document) == []
    assert notes.noted == [
        "page 1: an image of more than 10,000 pixels is left out (limits.image_pixels)"
    ]


def test_a_page_without_text_is_one_figure(tmp_path: Path) -> None:
    scan = Sheet().image((0, 0, 600, 800), flate(screen(600, 800)))
    document = load(tmp_path, make_pdf([Sheet().lines(50, 700, *BODY), scan, Sheet()]))
    (figure,) = figures(document)
    assert figure.picture is not None
    assert figure.picture.asset == "guide.pdf#page=2"
    assert figure.page == 2
    assert figure.box is not None
    assert (figure.box.x0, figure.box.y0, figure.box.x1, figure.box.y1) == (0, 0, 1, 1)
    picture = Image.open(io.BytesIO(figure.picture.data))
    assert picture.size == (1667, 2223)
    assert [block.page for block in document.blocks] == [1, 2]


def test_previews_show_every_page(tmp_path: Path) -> None:
    wide = Sheet(width=800, height=400).text(50, 300, "wide")
    document = load(tmp_path, make_pdf([Sheet().text(50, 700, "tall"), wide]))
    previews = [Image.open(io.BytesIO(data)) for data in document.page_previews]
    assert [(image.format, image.size) for image in previews] == [
        ("WEBP", (720, 960)),
        ("WEBP", (960, 480)),
    ]
    darkest = previews[0].convert("L").crop((50, 100, 120, 140)).getextrema()[0]
    assert isinstance(darkest, int)
    assert darkest < 100


def test_figures_side_by_side_come_left_to_right(tmp_path: Path) -> None:
    sheet = Sheet().lines(50, 760, *BODY)
    sheet.image((320, 520, 200, 120), flate(screen(200, 120, "red")))
    sheet.image((50, 500, 200, 150), flate(screen(200, 150)))
    sheet.text(50, 485, "Figure 1. Left").text(320, 505, "Figure 2. Right")
    document = load(tmp_path, make_pdf([sheet]))
    assert [f.picture.caption for f in figures(document) if f.picture] == [
        "Figure 1. Left",
        "Figure 2. Right",
    ]
