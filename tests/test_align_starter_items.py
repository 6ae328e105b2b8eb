"""Images and wordings gathered for a training."""

from __future__ import annotations

import pytest
from PIL import Image

from indexer.align.starter.items import SIDE, Domain, Item, collect
from indexer.errors import BadConfig


def item(*wordings: str, colour: str = "red") -> Item:
    return Item(Image.new("RGB", (30, 20), colour), wordings, Domain.PHOTO)


def test_items_are_alike_by_their_first_wording() -> None:
    items = collect([item("cat", "a photo of cat"), item("dog"), item("cat", "tabby")])
    assert items.labels.tolist() == [0, 1, 0]
    assert items.texts == ("cat", "a photo of cat", "dog", "tabby")
    assert items.owners.tolist() == [0, 0, 1, 0]
    assert items.wordings == ((0, 1), (2,), (0, 3))


def test_a_text_of_two_labels_is_kept_for_each() -> None:
    items = collect([item("cat", "animal"), item("dog", "animal")])
    assert items.texts == ("cat", "animal", "dog", "animal")
    assert items.owners.tolist() == [0, 0, 1, 1]
    assert items.wordings == ((0, 1), (2, 3))


def test_images_become_squares_of_whole_numbers() -> None:
    half = Image.new("L", (40, 10), 7)
    half.paste(200, (20, 0, 40, 10))
    items = collect([item("red"), Item(half, ("half",), Domain.SCREEN)])
    assert tuple(items.pixels.shape) == (2, 3, SIDE, SIDE)
    assert items.pixels[0, :, 0, 0].tolist() == [255, 0, 0]
    assert items.pixels[1, :, 80, 20].tolist() == [7, 7, 7]
    assert items.pixels[1, :, 80, 140].tolist() == [200, 200, 200]
    assert items.domains == (Domain.PHOTO, Domain.SCREEN)


def test_images_are_taken_one_by_one() -> None:
    """No more than the pixels is kept, so that a training's images need not fit into memory."""
    made = (item("red", colour=colour) for colour in ("red", "blue"))
    assert collect(made).pixels[:, :, 0, 0].tolist() == [[255, 0, 0], [0, 0, 255]]


def test_nothing_to_learn_from_is_said() -> None:
    with pytest.raises(BadConfig, match="no images to train on"):
        collect([])
