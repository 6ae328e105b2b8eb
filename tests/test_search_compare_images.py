"""Laying a query over an indexed image, and what that says about the two."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image, ImageOps

from search.compare import NOTHING, agreement, compare, gradients, laid_over, nudge, view
from tests.test_regions import screen

SAME = np.eye(3)


def grey(image: Image.Image) -> np.ndarray:
    return np.asarray(image.convert("L"))


def sibling() -> Image.Image:
    """The screen of seed 3 with something else in the lower right quarter."""
    image = screen(3)
    image.paste(screen(4).crop((240, 150, 480, 300)), (240, 150))
    return image


def test_a_query_is_looked_at_small_and_never_enlarged() -> None:
    assert view(Image.new("RGB", (960, 600))).shape == (240, 384)
    assert view(Image.new("RGB", (30, 90))).shape == (90, 30)


def test_only_what_both_have_is_valid() -> None:
    # One unit is the longer side, 100 pixels: the query begins a quarter of it further left.
    asked, seen = np.zeros((50, 100), np.uint8), np.full((50, 100), 7, np.uint8)
    matrix = np.array([[1, 0, -0.25], [0, 1, 0], [0, 0, 1]])
    laid, valid = laid_over(asked, seen, matrix)
    assert valid.sum() == 50 * 75
    assert not valid[:, :25].any()
    assert np.unique(laid[valid]).tolist() == [7]


def test_an_indexed_image_of_another_size_is_scaled() -> None:
    seen = np.zeros((100, 200), np.uint8)
    seen[:, 100:] = 255  # the right half, at any size
    laid, valid = laid_over(np.zeros((50, 100), np.uint8), seen, SAME)
    assert valid.all()
    assert (laid[:, :49].max(), laid[:, 51:].min()) == (0, 255)


def test_the_figures_are_those_of_windows_that_show_something() -> None:
    found = np.array([[0.9, 0.1, 0.0], [0.7, 0.9, 0.2], [0.3, 0.0, 0.9]], np.float32)
    shown = np.array([[2, 1, 0], [1, 1, 1], [1, 0, 1]], np.float32)
    asked = np.array([[1, 1, 1], [1, 1, 0], [1, 0, 1]], np.bool_)
    # Seven windows tell, the first of them twice as much as each other one: 2 · .9 + .1 + .7 +
    # .9 + .2 + .3 + .9 of 8. Unlike are .1 and .2, which touch at a corner, and .3 by itself. Of
    # the seven that the query has, one is not there.
    result = agreement(found, shown, asked)
    assert result.alike == pytest.approx(4.9 / 8)
    assert result.differing == pytest.approx(2 / 7)
    assert result.covered == pytest.approx(6 / 7)


def test_where_nothing_is_shown_nothing_is_said() -> None:
    blank = np.full((100, 100), 255, np.uint8)
    assert compare(blank, blank, SAME) == NOTHING


def test_inverted_compressed_copies_agree_everywhere() -> None:
    file = io.BytesIO()
    ImageOps.invert(screen(3)).save(file, "JPEG", quality=40)
    result = compare(view(Image.open(file)), grey(screen(3)), SAME)
    assert result.alike > 0.9
    assert result.covered == 1.0
    assert result.differing < 0.02  # one window of 122


def test_a_sibling_differs_where_it_differs() -> None:
    result = compare(view(sibling()), grey(screen(3)), SAME)
    assert 0.1 < result.differing <= 0.3  # the quarter, less what is alike by chance
    assert result.covered == 1.0


def test_a_fit_that_is_some_pixels_off_is_corrected() -> None:
    image = np.pad(view(screen(3)), 20, mode="edge")
    moved = nudge(gradients(image[20:-20, 20:-20]), gradients(image[14:-26, 13:-27]))
    assert moved is not None
    assert moved == pytest.approx(np.array([[1, 0, 7], [0, 1, 6], [0, 0, 1]]), abs=0.2)
    assert nudge(gradients(image), gradients(np.zeros_like(image))) is None


def test_a_strip_below_one_window_agrees_with_nothing() -> None:
    strip = np.random.default_rng(0).integers(0, 256, (9, 400)).astype(np.uint8)
    other = np.random.default_rng(1).integers(0, 256, (200, 400)).astype(np.uint8)
    assert compare(strip, other, SAME) == NOTHING
    assert compare(strip.T.copy(), other, SAME) == NOTHING
