"""Trains the starter tower: `python -m indexer.align.starter --photos P --manuals M --into OUT`.

Resumable: run it again after an interruption. `OUT/first` holds the weights that saw no manual
and ten labels less, `OUT/sixth` those that are shipped, all in open_clip's format.
"""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from PIL import Image

from indexer.align.curves import draw_curves
from indexer.align.starter.figures import figure_items
from indexer.align.starter.items import Domain, Item, Items, collect
from indexer.align.starter.photos import Photo, photo_items, read_photos
from indexer.align.starter.render import render_screens
from indexer.align.starter.symbols import draw_symbols
from indexer.align.starter.texts import read_texts
from indexer.align.starter.tower import TowerShape, make_tower, save_tower
from indexer.align.starter.train import (
    FIRST,
    STAGES,
    Material,
    Stage,
    held_out_photos,
    left_out,
    train_stage,
)
from indexer.config import Settings, load_settings
from indexer.encoders.base import Encoder
from indexer.encoders.choose import text_encoder
from indexer.errors import TriptychError

if TYPE_CHECKING:
    from torch import nn

SCREENS = 3000
DRAWINGS = 2
"""Screens rendered, and drawings of each symbol."""

FAILED = 2


class Run:
    """One training, from folders of data to the weights of every stage."""

    def __init__(self, options: argparse.Namespace, settings: Settings) -> None:
        self.into: Path = options.into
        self.manuals: Sequence[Path] = options.manuals
        self.shape = TowerShape()
        self.settings = settings
        self.encoder: Encoder = text_encoder(settings)
        self.photos: list[Photo] = read_photos(options.photos)
        self.texts = read_texts(options.texts, settings)

    def all_stages(self) -> None:
        """Train the stages, one after the other. Raises TriptychError."""
        tower = make_tower(self.shape)
        unseen = left_out(self.photos)
        trained = [photo for photo in self.photos if photo.split == "train"]
        seen = [photo for photo in trained if photo.label not in unseen]
        self._stage(FIRST, tower, collect(chain(photo_items(seen), self._rendered())))
        everything = collect(chain(photo_items(trained), self._figures(), self._rendered()))
        for stage in STAGES:
            self._stage(stage, tower, everything)

    def _stage(self, stage: Stage, tower: nn.Module, items: Items) -> None:
        """Train, then write the weights and the curves to the folder of the stage."""
        vectors = torch.from_numpy(self.encoder.encode_texts(items.texts))
        validation = [photo for photo in self.photos if photo.split != "train"]
        held_out = held_out_photos(photo_items(validation), self.encoder, self.shape)
        material = Material(items, vectors, held_out)
        say = logging.getLogger(__name__).info
        say("%s stage: %d images", stage.name, len(items.pixels))
        reports = train_stage(stage, tower, material, self.into / "work", say)
        folder = self.into / stage.name
        save_tower(tower, self.shape, self.encoder.model, folder)
        draw_curves(reports, folder / "curves.png")

    def _figures(self) -> Iterator[Item]:
        for folder in self.manuals:
            yield from figure_items(folder, self.settings)

    def _rendered(self) -> Iterator[Item]:
        for screen in render_screens(self.texts, SCREENS, 0, self.into / "screens"):
            with Image.open(screen.image) as image:
                yield Item(image.convert("RGB"), (screen.says,), Domain.SCREEN)
        for symbol in draw_symbols(DRAWINGS, 0):
            yield Item(symbol.image, (symbol.name,), Domain.SYMBOL)


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m indexer.align.starter", description=__doc__)
    parser.add_argument("--photos", type=Path, required=True, help="folder with a labels.jsonl")
    parser.add_argument("--manuals", type=Path, nargs="*", default=[], help="folders of manuals")
    parser.add_argument("--texts", type=Path, nargs="*", default=[], help="tickets, questions")
    parser.add_argument("--into", type=Path, required=True, help="where to train")
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    try:
        Run(parser.parse_args(arguments), load_settings()).all_stages()
    except TriptychError as error:
        sys.stderr.write(f"{error}\n")
        return FAILED
    return 0


if __name__ == "__main__":
    sys.exit(main())
