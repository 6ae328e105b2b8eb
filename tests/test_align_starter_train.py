"""The stages of the starter's training, on a tower of a few weights."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from PIL import Image
from torch import nn

from indexer.align.settings import TrainingSettings
from indexer.align.starter.draw import Sides
from indexer.align.starter.items import Domain, Item, collect
from indexer.align.starter.tower import TowerShape
from indexer.align.starter.train import Material, Stage, as_input, held_out_photos, train_stage
from indexer.align.starter.views import GENTLE, MEAN, STD, STRONG
from tests.fakes import FakeEncoder

SHAPE = TowerShape(side=8)


def item(name: str, colour: str) -> Item:
    return Item(Image.new("RGB", (20, 10), colour), (name, f"a {name}"), Domain.PHOTO)


ITEMS = [item("rose", "red"), item("leaf", "lime"), item("rose", "white")]


@pytest.fixture
def encoder(tmp_path: Path) -> FakeEncoder:
    return FakeEncoder("fake", tmp_path, 1)


def test_an_input_is_squashed_and_normalised() -> None:
    pixels = as_input(ITEMS[0].image, SHAPE)
    assert tuple(pixels.shape) == (3, 8, 8)
    expected = [(1 - MEAN[0]) / STD[0], -MEAN[1] / STD[1], -MEAN[2] / STD[2]]
    assert pixels[:, 3, 5].tolist() == pytest.approx(expected)


def test_held_out_photos_stand_against_every_label_among_them(encoder: FakeEncoder) -> None:
    batch = held_out_photos(iter(ITEMS), encoder, SHAPE)
    assert batch is not None
    assert batch.same is not None
    assert batch.same.tolist() == [[False, True], [True, False], [False, True]]
    assert batch.right.equal(torch.from_numpy(encoder.encode_texts(["leaf", "rose"])))
    assert batch.left[1].equal(as_input(ITEMS[1].image, SHAPE))
    assert held_out_photos([], encoder, SHAPE) is None


def test_a_stage_trains_the_tower_and_goes_on_where_it_stopped(
    encoder: FakeEncoder, tmp_path: Path
) -> None:
    items = collect(ITEMS)
    vectors = torch.from_numpy(encoder.encode_texts(items.texts))
    material = Material(items, vectors, held_out_photos(ITEMS, encoder, SHAPE))
    settings = TrainingSettings(steps=4, warmup_steps=1, report_every=2, checkpoint_every=2)
    stage = Stage(
        "first",
        settings,
        {Domain.PHOTO: 3},
        (GENTLE, STRONG),
        Sides(((0.5, 8), (1.0, 16))),
        copies=0.5,
        evenness=0.5,
    )
    heads: list[nn.Linear] = []
    said: list[str] = []
    for _ in range(2):
        torch.manual_seed(0)
        head = nn.Linear(3, vectors.shape[1])
        before = head.weight.detach().clone()
        tower = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), head)
        reports = train_stage(stage, tower, material, tmp_path, said.append)
        assert not head.weight.equal(before)
        assert [report.step for report in reports] == [2, 4]
        heads.append(head)
    assert heads[0].weight.equal(heads[1].weight)
    assert len(said) == 2  # the second run had nothing left to do
