"""Labelled photos: how they are named, read and refused, and which labels are left out."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
from PIL import Image

from indexer.align.starter.items import Domain
from indexer.align.starter.photos import Photo, photo_items, read_photos, wordings
from indexer.align.starter.train import left_out
from indexer.errors import BadConfig, BadFile

APPLE = {"image": "photos/apple.png", "label": "Golden Delicious", "coarse": "Apple"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder `photos` with one red image."""
    folder = tmp_path / "photos"
    folder.mkdir()
    Image.new("RGB", (8, 6), "red").save(folder / "apple.png")
    return folder


def write(folder: Path, *lines: object) -> Path:
    text = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines)
    (folder / "labels.jsonl").write_text(text, encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("label", "coarse", "named"),
    [
        ("Golden Delicious", "Apple", "Golden Delicious apple"),
        ("Red Apple", "Apple", "Red Apple"),
        ("T-shirt", "Clothing", "T-shirt"),
        ("lamp", "", "lamp"),
    ],
)
def test_a_photo_is_named_with_its_family_where_the_label_does_not_say_it(
    label: str, coarse: str, named: str
) -> None:
    assert wordings(label, coarse) == (
        label,
        f"a photo of {label}",
        named,
        f"a picture of {named}, a product",
    )


def test_photos_are_read_with_paths_from_the_folder_or_its_parent(folder: Path) -> None:
    own = {"image": "apple.png", "label": "fruit", "split": "val", "set": "shop", "other": 1}
    assert read_photos(write(folder, APPLE, own)) == [
        Photo(folder.parent / "photos" / "apple.png", "Golden Delicious", "Apple", "train", ""),
        Photo(folder / "apple.png", "fruit", "", "val", "shop"),
    ]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("{", "line 2: no record with image and label"),
        ("", "line 2: no record with image and label"),
        ([1], "line 2: no record with image and label"),
        ({"image": "apple.png"}, "line 2: no record with image and label"),
        ({"image": "pear.png", "label": "pear"}, r"line 2: no such image: pear\.png"),
    ],
)
def test_the_line_at_fault_is_named(folder: Path, line: object, words: str) -> None:
    with pytest.raises(BadFile, match=words):
        read_photos(write(folder, APPLE, line, APPLE))


def test_a_missing_and_an_unreadable_file_are_named(folder: Path) -> None:
    with pytest.raises(BadFile, match=r"labels\.jsonl.*no such file"):
        read_photos(folder)
    (folder / "labels.jsonl").write_bytes(b"\xff\xfe{}")
    with pytest.raises(BadFile, match=r"labels\.jsonl.*is no text in UTF-8"):
        read_photos(folder)


def test_photos_become_items(folder: Path) -> None:
    (item,) = photo_items(read_photos(write(folder, APPLE)))
    assert item.domain is Domain.PHOTO
    assert item.wordings == wordings("Golden Delicious", "Apple")
    assert item.image.getpixel((0, 0)) == (255, 0, 0)


def test_a_photo_that_is_no_image_is_named(folder: Path) -> None:
    (folder / "apple.png").write_text("no image")
    with pytest.raises(BadFile, match=r"apple\.png.*no image that can be read"):
        list(photo_items(read_photos(write(folder, APPLE))))


def photos_of(**labels: int) -> list[Photo]:
    return [
        Photo(Path("x.png"), f"{name} {number}", "", "train", name)
        for name, count in labels.items()
        for number in range(count)
    ]


def test_a_tenth_of_a_hundred_labels_is_left_out_of_each_set() -> None:
    photos = photos_of(shop=70, wear=30)
    chosen = left_out(photos)
    assert Counter(label.split()[0] for label in chosen) == {"shop": 7, "wear": 3}
    assert left_out(photos[::-1] + photos) == chosen
    assert left_out(photos, seed=1) != chosen


def test_sets_give_as_many_labels_as_their_share() -> None:
    """81 and 10 labels of 91: 8.9 and 1.1, rounded."""
    chosen = left_out(photos_of(shop=81, wear=10))
    assert Counter(label.split()[0] for label in chosen) == {"shop": 9, "wear": 1}


def test_too_few_labels_are_refused() -> None:
    with pytest.raises(BadConfig, match="photos of 10 labels; 10 are left out"):
        left_out(photos_of(shop=10))
