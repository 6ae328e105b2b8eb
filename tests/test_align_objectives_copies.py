"""Naming images and telling their copies, against losses worked out by hand."""

from __future__ import annotations

import math

import pytest
import torch

from indexer.align.objectives.copies import Copies
from indexer.align.objectives.naming import Naming
from indexer.errors import BadConfig
from tests.given_views import AXES, CUBE, seen, softplus, value

NAMES = torch.tensor([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0]])


def test_naming_picks_the_words_out_of_all_there_are() -> None:
    """Similarities 1, 0 and -1 to the three texts, the first of which is the right one."""
    naming = Naming(NAMES, torch.tensor([0, 1, 2]), temperature=1.0)
    loss = value(naming(seen([[1, 0]], [[1, 0]])))
    assert loss == pytest.approx(math.log(math.e + 1 + 1 / math.e) - 1)


def test_naming_leaves_other_words_of_the_same_owner_out() -> None:
    """The first and the last text mean the same: whichever is right, the other one is none."""
    naming = Naming(NAMES, torch.tensor([0, 1, 0]), temperature=1.0)
    assert value(naming(seen([[1, 0]], [[1, 0]]))) == pytest.approx(softplus(-1))
    assert value(naming(seen([[1, 0]], [[-1, 0]]))) == pytest.approx(softplus(1))
    both = value(naming(seen([[1, 0], [1, 0]], [[1, 0], [-1, 0]])))
    assert both == pytest.approx((softplus(-1) + softplus(1)) / 2)


def test_naming_keeps_its_scale_at_100_and_its_texts_out_of_the_weights() -> None:
    naming = Naming(NAMES, torch.tensor([0, 1, 0]), temperature=1 / 500)
    assert value(naming(seen([[0, 1]], [[1, 0]]))) == pytest.approx(100)
    assert set(naming.state_dict()) == {"log_scale"}


def test_copies_pick_the_other_view_of_the_same_image() -> None:
    """Similarity 1 to the other view and 0 to both views of the other image."""
    views = seen(AXES + AXES, AXES + AXES)
    assert value(Copies(1.0)(views)) == pytest.approx(math.log(math.e + 2) - 1)
    assert value(Copies(0.5)(views)) == pytest.approx(math.log(math.e**2 + 2) - 2)


def test_copies_leave_images_of_the_same_label_out() -> None:
    """Of three images two are alike: these have one wrong image, the third has two."""
    labels = torch.tensor([0, 0, 1] * 2)
    views = seen(CUBE + CUBE, CUBE + CUBE, labels[:, None] == labels)
    expected = (2 * math.log(math.e + 2) + math.log(math.e + 4)) / 3 - 1
    assert value(Copies(1.0)(views)) == pytest.approx(expected)
    alike = seen(AXES + AXES, AXES + AXES, torch.ones(4, 4, dtype=torch.bool))
    assert value(Copies(1.0)(alike)) == pytest.approx(0)


def test_copies_spread_different_images() -> None:
    """Axes are √2 apart; one and the same vector counts as .001, and without any other image
    the nearest is taken to lie opposite, 2 away."""
    base = math.log(math.e + 2) - 1
    views = seen(AXES + AXES, AXES + AXES)
    assert value(Copies(1.0, spread=0.5)(views)) == pytest.approx(base - 0.5 * math.log(2) / 2)
    one = seen([[1, 0]] * 4, [[1, 0]] * 4)
    assert value(Copies(1.0, spread=0.5)(one)) == pytest.approx(math.log(3) - 0.5 * math.log(1e-3))
    alike = seen(AXES + AXES, AXES + AXES, torch.ones(4, 4, dtype=torch.bool))
    assert value(Copies(1.0, spread=0.5)(alike)) == pytest.approx(-0.5 * math.log(2))


def test_copies_need_two_views_of_each_image() -> None:
    with pytest.raises(BadConfig, match="3 rows are no two views of each image"):
        Copies()(seen(CUBE, CUBE))
