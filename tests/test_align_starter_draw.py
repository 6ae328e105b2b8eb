"""Which items a step sees: chances, sides, and that a step's number is all that counts."""

from __future__ import annotations

import pytest
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional as F

from indexer.align.batch import Batch
from indexer.align.starter.draw import Draw, Plan, Sides, chances
from indexer.align.starter.items import Domain, Item, Items, collect
from indexer.align.starter.train import FIRST, SECOND
from indexer.align.starter.views import GENTLE, STRONG

SIDES = Sides(((0.5, 16), (1.0, 24)))
COUNTS = {Domain.PHOTO: 4, Domain.FIGURE: 5, Domain.SYMBOL: 3}


@pytest.fixture(scope="module")
def items() -> Items:
    """Six photos of three labels, two wordings each, and two symbols; no figure."""
    images = [Image.new("RGB", (20, 20), (20 * i, 90, 200)) for i in range(8)]
    photos = [
        Item(image, (f"label {i % 3}", f"label {i % 3} again"), Domain.PHOTO)
        for i, image in enumerate(images[:6])
    ]
    return collect([*photos, *(Item(image, ("cog",), Domain.SYMBOL) for image in images[6:])])


def vectors(items: Items) -> Tensor:
    """A text's vector is its row's own axis."""
    return F.one_hot(torch.arange(len(items.texts))).float()


def batches(items: Items, seed: int = 0, first: int = 0) -> list[Batch]:
    draw = Draw(items, vectors(items), Plan(COUNTS, (GENTLE, STRONG), SIDES, 4, seed=seed))
    return list(draw(first))


def test_a_label_is_drawn_by_the_root_of_its_number() -> None:
    labels = torch.tensor([0] * 9 + [1] * 4 + [2])
    weights = chances(labels, 0.5)
    assert weights.tolist() == pytest.approx([1 / 3] * 9 + [1 / 2] * 4 + [1])
    shares = [(weights[labels == label].sum() / weights.sum()).item() for label in range(3)]
    assert shares == pytest.approx([3 / 6, 2 / 6, 1 / 6])


def test_evenness_goes_from_all_labels_alike_to_all_items_alike() -> None:
    labels = torch.tensor([0] * 4 + [1])
    assert chances(labels, 0.0).tolist() == pytest.approx([1 / 4] * 4 + [1])
    assert chances(labels, 1.0).tolist() == [1.0] * 5


def test_labels_that_are_not_there_do_not_matter() -> None:
    assert chances(torch.tensor([7, 3, 7, 7, 7]), 0.5).tolist() == [0.5, 1.0, 0.5, 0.5, 0.5]


def test_sides_grow_with_the_steps() -> None:
    sides = Sides(((0.4, 64), (0.85, 96), (1.0, 128)))
    steps = [0, 39, 40, 84, 85, 99]
    assert [sides.at(step, 100) for step in steps] == [64, 64, 96, 96, 128, 128]
    assert [FIRST.plan.sides.at(step, FIRST.plan.steps) for step in (1999, 2000)] == [64, 96]
    assert SECOND.plan.sides.at(SECOND.plan.steps - 1, SECOND.plan.steps) == 128


def test_a_batch_depends_on_its_number_alone(items: Items) -> None:
    whole, later = batches(items), batches(items, first=2)
    assert len(whole) == 4
    assert len(later) == 2
    for early, late in zip(whole[2:], later, strict=True):
        assert early.left.equal(late.left)
        assert early.right.equal(late.right)
    assert not whole[0].left.equal(whole[1].left)
    assert not whole[0].left.equal(batches(items, seed=1)[0].left)


def test_views_come_twice_in_one_order_with_words_of_their_label(items: Items) -> None:
    """Four photos and three symbols, of which there are two: drawn with replacement."""
    for step, batch in enumerate(batches(items)):
        side = 16 if step < 2 else 24
        assert tuple(batch.left.shape) == (14, 3, side, side)
        owners = items.owners[batch.right.argmax(1)]
        assert owners[:7].equal(owners[7:])
        assert (owners[:4] < 3).all()
        assert owners[4:7].tolist() == [3, 3, 3]
        assert batch.same is not None
        assert batch.same.equal(owners[:, None] == owners)


def test_every_wording_of_an_item_is_used(items: Items) -> None:
    plan = Plan({Domain.PHOTO: 6}, (GENTLE, STRONG), Sides(((1.0, 8),)), 12)
    said = {
        int(row) for batch in Draw(items, vectors(items), plan)(0) for row in batch.right.argmax(1)
    }
    assert said == {row for row, text in enumerate(items.texts) if text != "cog"}
