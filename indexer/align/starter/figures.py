"""Figures of manuals with the words around them, as the loaders of an index read them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from PIL import Image

from indexer.align.starter.items import Domain, Item
from indexer.building.digests import Digests
from indexer.building.intake import FileIntake, Reading
from indexer.building.sources import discover
from indexer.config import Settings
from indexer.errors import BadFile, BadImage
from indexer.images import SUFFIXES, decode
from indexer.loaders.base import SourceFile
from indexer.loaders.report import ListReport
from indexer.records import Chunk, Picture

MOST_CHARS = 400
"""Longer wordings are cut: a sentence encoder reads about as much."""

_JOINTS = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class Figure:
    """One image of a manual. `asset` is its path relative to the folder."""

    asset: str
    image: Image.Image
    wordings: tuple[str, ...]


def read_figures(folder: Path, settings: Settings) -> Iterator[Figure]:
    """Every image below `folder` once, with what the first page that shows it says about it.

    Pages come before image files, which have nothing but their names to say. What cannot be
    read is passed over, as an index would: an image, or a file from there on. Raises BadFile
    for no such folder.
    """
    reading = Reading(settings, captions=True, digests=Digests({}))
    seen: set[str] = set()
    for file in sorted(discover(folder, ListReport()).files, key=_is_image):
        for title, chunk, picture in _pictures(reading, file):
            if picture.asset in seen:
                continue
            seen.add(picture.asset)
            try:
                image = decode(picture.data, settings.limits)
            except BadImage:
                continue
            yield Figure(picture.asset, image, _wordings(title, chunk, picture))


def figure_items(folder: Path, settings: Settings) -> Iterator[Item]:
    """The figures of a folder of manuals as items."""
    for figure in read_figures(folder, settings):
        yield Item(figure.image, figure.wordings, Domain.FIGURE)


def _is_image(file: SourceFile) -> bool:
    return file.absolute.suffix.lower() in SUFFIXES


def _pictures(reading: Reading, file: SourceFile) -> Iterator[tuple[str, Chunk, Picture]]:
    """A file's images, with the title of the document and the chunk that each one is of."""
    try:
        for intake in reading.documents(FileIntake(file)):
            for chunk in intake.chunks:
                if chunk.picture is not None:
                    yield intake.document.title, chunk, chunk.picture
    except BadFile:
        return


def _wordings(title: str, chunk: Chunk, picture: Picture) -> tuple[str, ...]:
    """The image's own words, where it stands, and what stands around it.

    The first one names the asset as well, so that two images are never taken for one.
    """
    name = _JOINTS.sub(" ", PurePosixPath(picture.asset).stem).strip()
    place = ". ".join([title, *chunk.place.heading])
    own = chunk.text or name
    parts = (f"{own}. {place}. {name}", own, f"{place}. {own}", f"{place}. {chunk.context}")
    return tuple(dict.fromkeys(part[:MOST_CHARS] for part in parts if part.strip()))
