"""Labelled photos: a `labels.jsonl` beside the images it names."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from indexer.align.starter.items import Domain, Item
from indexer.errors import BadFile

LABELS = "labels.jsonl"


@dataclass(frozen=True, slots=True)
class Photo:
    """One line of the file. `coarse` is the family of the label, `split` train or val, and
    `set` the collection that the photo is of."""

    image: Path
    label: str
    coarse: str
    split: str
    set: str

    @property
    def wordings(self) -> tuple[str, ...]:
        """Ways to name it, the label first."""
        return wordings(self.label, self.coarse)


def wordings(label: str, coarse: str) -> tuple[str, ...]:
    """Ways to name what a photo shows, the plain label first."""
    family = coarse.lower()
    known = family in label.lower() or family == "clothing"
    named = label if known else f"{label} {family}"
    return label, f"a photo of {label}", named, f"a picture of {named}, a product"


def read_photos(folder: Path) -> list[Photo]:
    """The photos that `folder`/labels.jsonl names, paths relative to the folder or its parent.

    Raises BadFile for a missing or unreadable file, and names the line that is no record or
    whose image is not there.
    """
    path = folder / LABELS
    if not path.is_file():
        raise BadFile(path, "no such file; it names the photos, one JSON record per line")
    try:
        lines = path.read_text("utf-8").splitlines()
    except UnicodeDecodeError as error:
        raise BadFile(path, "is no text in UTF-8") from error
    photos = []
    for number, line in enumerate(lines, start=1):
        try:
            record = json.loads(line)
            name, label = str(record["image"]), str(record["label"])
        except (ValueError, TypeError, KeyError) as error:
            raise BadFile(path, f"line {number}: no record with image and label") from error
        image = next((at / name for at in (folder, folder.parent) if (at / name).is_file()), None)
        if image is None:
            raise BadFile(path, f"line {number}: no such image: {name}")
        coarse, split = str(record.get("coarse", "")), str(record.get("split", "train"))
        photos.append(Photo(image, label, coarse, split, str(record.get("set", ""))))
    return photos


def photo_items(photos: Collection[Photo]) -> Iterator[Item]:
    """Photos as items. Raises BadFile for one that is no image."""
    for photo in photos:
        try:
            with Image.open(photo.image) as image:
                yield Item(image.convert("RGB"), photo.wordings, Domain.PHOTO)
        except (OSError, ValueError) as error:
            raise BadFile(photo.image, "is no image that can be read") from error
