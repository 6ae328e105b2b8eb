"""Trains the starter tower in six stages, each of which can be resumed.

The first stage sees no manual and leaves ten labels of the photos out: its weights are what
figures on unseen manuals and labels are measured with. The others go on from them with all
there is, and the weights of the last are shipped.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch

from indexer.align.batch import Batch, Tower
from indexer.align.history import Report
from indexer.align.objectives.copies import Copies
from indexer.align.objectives.naming import Naming
from indexer.align.settings import TrainingSettings
from indexer.align.starter.draw import IMAGE, TEXT, Draw, Plan, Sides
from indexer.align.starter.items import Domain, Item, Items
from indexer.align.starter.photos import Photo
from indexer.align.starter.tower import TowerShape
from indexer.align.starter.views import FIRM, GENTLE, ROUGH, STRONG, Look, normalised
from indexer.align.trainer import Term, Trainer
from indexer.encoders.base import Encoder
from indexer.errors import BadConfig

if TYPE_CHECKING:
    from PIL import Image
    from torch import Tensor, nn

LEFT_OUT = 10
"""Labels that the first stage does not see."""

SPREAD = 0.05
"""The weight of keeping vectors of different images apart, within that of telling copies."""


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage: how it is trained and on what. `copies` is the weight of telling copies, beside
    naming's 1; the rest is of `Plan`."""

    name: str
    settings: TrainingSettings
    counts: Mapping[Domain, int]
    views: tuple[Look, Look]
    sides: Sides
    copies: float
    evenness: float

    @property
    def plan(self) -> Plan:
        settings = self.settings
        return Plan(
            self.counts, self.views, self.sides, settings.steps, self.evenness, settings.seed
        )


@dataclass(frozen=True, slots=True)
class Material:
    """What a stage learns from: items, the vectors of their texts, float32 (texts, dim), and
    the pairs on which it is measured while it learns, if any."""

    items: Items
    vectors: Tensor
    held_out: Batch | None


def _later(steps: int, learning_rate: float, average_decay: float) -> TrainingSettings:
    """How the stages after the first are trained."""
    return TrainingSettings(
        steps=steps,
        learning_rate=learning_rate,
        warmup_steps=50,
        average_decay=average_decay,
        report_every=50,
        checkpoint_every=100,
    )


FIRST = Stage(
    "first",
    TrainingSettings(
        steps=5000,
        until=4250,
        learning_rate=2e-3,
        warmup_steps=250,
        average_decay=0.998,
        report_every=100,
        checkpoint_every=250,
    ),
    {Domain.PHOTO: 38, Domain.SCREEN: 18, Domain.SYMBOL: 8},
    (GENTLE, STRONG),
    Sides(((0.4, 64), (0.84, 96), (1.0, 128))),
    copies=0.5,
    evenness=0.5,
)
SECOND = Stage(
    "second",
    _later(800, 8e-4, 0.99),
    {Domain.PHOTO: 40, Domain.FIGURE: 12, Domain.SCREEN: 6, Domain.SYMBOL: 2},
    (FIRM, ROUGH),
    Sides(((0.5, 112), (1.0, 128))),
    copies=1.0,
    evenness=0.85,
)
"""Clothes, with ten times the photos per label, are drawn more often than at first."""

THIRD = Stage(
    "third",
    _later(900, 1e-3, 0.99),
    {Domain.PHOTO: 48, Domain.FIGURE: 10, Domain.SCREEN: 4},
    (FIRM, ROUGH),
    Sides(((1.0, 128),)),
    copies=0.5,
    evenness=0.75,
)
"""On the same images, at the tower's own side, with most of its time for photos."""

FOURTH = Stage(
    "fourth",
    _later(1500, 1.2e-3, 0.995),
    {Domain.PHOTO: 52, Domain.FIGURE: 8, Domain.SCREEN: 4},
    (FIRM, ROUGH),
    Sides(((0.5, 112), (1.0, 128))),
    copies=0.5,
    evenness=0.8,
)
"""Warmed up again: what was learnt by heart gives way to what holds for other photos."""

FIFTH = Stage(
    "fifth",
    _later(900, 8e-4, 0.995),
    {Domain.PHOTO: 54, Domain.FIGURE: 8, Domain.SCREEN: 2},
    (FIRM, ROUGH),
    Sides(((1.0, 128),)),
    copies=0.5,
    evenness=0.7,
)
"""Groceries, of which there are few a label, more often than in the stage before."""

SIXTH = replace(FOURTH, name="sixth", settings=replace(FOURTH.settings, seed=1), evenness=0.75)
"""Once more, with other draws: photos not trained on still gained by it."""

STAGES = (SECOND, THIRD, FOURTH, FIFTH, SIXTH)
"""After the first, in order. Each starts from the averaged weights of the one before."""


def left_out(photos: Sequence[Photo], seed: int = 0) -> frozenset[str]:
    """The labels that the first stage does not see: LEFT_OUT in all, drawn from each set as
    many as its share of the labels asks for, rounded. Raises BadConfig for too few labels."""
    chosen: set[str] = set()
    sets = sorted({photo.set for photo in photos})
    total = len({photo.label for photo in photos})
    if total <= LEFT_OUT:
        raise BadConfig(f"photos of {total} labels; {LEFT_OUT} are left out, so give more of them")
    for name in sets:
        labels = sorted({photo.label for photo in photos if photo.set == name})
        count = round(LEFT_OUT * len(labels) / total)
        chosen.update(random.Random(seed).sample(labels, count))
    return frozenset(chosen)


def train_stage(
    stage: Stage,
    tower: nn.Module,
    material: Material,
    folder: Path,
    say: Callable[[str], None],
) -> list[Report]:
    """Train `tower` in place; resumed from `folder` where that has a checkpoint of this stage.

    Raises as `Trainer.fit`.
    """
    terms = [
        Term("naming", Naming(material.vectors, material.items.owners)),
        Term("copies", Copies(spread=SPREAD), stage.copies),
    ]
    towers: dict[str, Tower] = {IMAGE: tower, TEXT: _as_given}
    draw = Draw(material.items, material.vectors, stage.plan)
    trainer = Trainer(towers, terms, stage.settings, folder / stage.name)
    return trainer.fit(draw, material.held_out, say)


def held_out_photos(photos: Iterable[Item], encoder: Encoder, shape: TowerShape) -> Batch | None:
    """Photos against every label among them, as the tower will see them in use."""
    labels: list[str] = []
    images: list[Tensor] = []
    for photo in photos:
        labels.append(photo.wordings[0])
        images.append(as_input(photo.image, shape))
    if not images:
        return None
    names = sorted(set(labels))
    vectors = torch.from_numpy(encoder.encode_texts(names))
    rows = torch.tensor([names.index(label) for label in labels])
    return Batch(
        IMAGE, TEXT, torch.stack(images), vectors, rows[:, None] == torch.arange(len(names))
    )


def as_input(image: Image.Image, shape: TowerShape) -> Tensor:
    """An image squashed to the tower's side, normalised: float32 (3, side, side)."""
    square = image.convert("RGB").resize((shape.side, shape.side))
    pixels = torch.from_numpy(np.array(square)).permute(2, 0, 1)
    return normalised(pixels[None].float() / 255)[0]


def _as_given(vectors: Tensor) -> Tensor:
    """The text tower is locked: its vectors are computed once, before training."""
    return vectors
