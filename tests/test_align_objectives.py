from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from indexer.align.batch import Batch, Views
from indexer.align.objectives.adversarial import Adversarial, reverse_gradient, strength_at
from indexer.align.objectives.base import OBJECTIVES, TowerFacts
from indexer.align.objectives.distillation import Distillation
from indexer.align.objectives.imitation import Imitation
from indexer.align.objectives.infonce import InfoNCE
from indexer.align.objectives.reconstruction import Reconstruction
from indexer.align.objectives.sigmoid import Sigmoid
from indexer.align.objectives.triplet import Triplet
from indexer.errors import BadConfig
from tests.given_views import ALIKE, AXES, CUBE, SWAPPED, Rows, seen, softplus, value


def test_infonce_averages_both_directions() -> None:
    """Similarities [[1, 1], [0, 0]]: rows know nothing, columns are right and wrong once."""
    loss = value(InfoNCE(temperature=1.0)(seen(AXES, [[1, 0], [1, 0]])))
    columns = (softplus(-1) + softplus(1)) / 2
    assert loss == pytest.approx((math.log(2) + columns) / 2)


def test_infonce_is_surer_at_a_lower_temperature() -> None:
    assert value(InfoNCE(1.0)(seen(AXES, AXES))) == pytest.approx(softplus(-1))
    assert value(InfoNCE(0.5)(seen(AXES, AXES))) == pytest.approx(softplus(-2))


def test_infonce_lowers_its_temperature_when_right_and_raises_it_when_wrong() -> None:
    for right, sign in ((AXES, -1), (SWAPPED, 1)):
        objective = InfoNCE(1.0)
        objective(seen(AXES, right)).backward()
        expected = 1 / (1 + math.e) if sign < 0 else 1 / (1 + math.exp(-1))
        assert objective.log_scale.grad is not None
        assert float(objective.log_scale.grad) == pytest.approx(sign * expected)


def test_infonce_keeps_its_scale_at_100_but_can_leave_it() -> None:
    objective = InfoNCE(temperature=1 / 500)
    loss = objective(seen(AXES, SWAPPED))
    loss.backward()
    assert value(loss) == pytest.approx(100)
    assert objective.log_scale.grad == pytest.approx(100)


def test_infonce_leaves_pairs_that_belong_together_out_of_the_negatives() -> None:
    assert value(InfoNCE(1.0)(seen(AXES, SWAPPED, ALIKE))) == 0.0


def test_sigmoid_sums_over_all_pairs_by_item() -> None:
    loss = value(Sigmoid(scale=1.0, bias=0.0)(seen(AXES, AXES)))
    assert loss == pytest.approx(softplus(-1) + math.log(2))
    start = value(Sigmoid()(seen(AXES, AXES)))
    assert start == pytest.approx(math.log(2) + softplus(-10))


def test_sigmoid_takes_every_pair_that_belongs_together_as_right() -> None:
    objective = Sigmoid(scale=1.0, bias=1.0)
    assert value(objective(seen(AXES, AXES))) == pytest.approx(softplus(-2) + softplus(1))
    assert value(objective(seen(AXES, AXES, ALIKE))) == pytest.approx(softplus(-2) + softplus(-1))


def test_sigmoid_learns_its_temperature_and_bias() -> None:
    objective = Sigmoid(scale=1.0, bias=0.0)
    objective(seen(AXES, AXES)).backward()
    miss = 1 / (1 + math.e)
    assert objective.log_scale.grad == pytest.approx(-miss)
    assert objective.bias.grad == pytest.approx(0.5 - miss)


TRIPLETS: Rows = [[0.6, 0.8, 0], [0.8, 0.6, 0], [0, 0, 1]]


def test_triplet_takes_the_hardest_negative() -> None:
    """Partners at .6, .6, 1; nearest wrong ones at .8, .8, 0."""
    loss = value(Triplet(semi_hard=False, margin=0.2)(seen(CUBE, TRIPLETS)))
    assert loss == pytest.approx((0.4 + 0.4 + 0) / 3)


def test_triplet_averages_both_directions() -> None:
    """Similarities [[1, .6], [0, .8]]: rows miss by .1 and 0, columns by 0 and .3."""
    loss = value(Triplet(semi_hard=False, margin=0.5)(seen(AXES, [[1, 0], [0.6, 0.8]])))
    assert loss == pytest.approx((0.1 / 2 + 0.3 / 2) / 2)


def test_triplet_takes_a_semi_hard_negative_beyond_the_partner() -> None:
    """The wrong ones at .8 are nearer than the partners, so those at 0 are taken."""
    assert value(Triplet(semi_hard=True, margin=0.2)(seen(CUBE, TRIPLETS))) == 0.0
    loss = value(Triplet(semi_hard=True, margin=0.7)(seen(CUBE, TRIPLETS)))
    assert loss == pytest.approx((0.1 + 0.1 + 0) / 3)


def test_triplet_falls_back_to_the_farthest_negative() -> None:
    loss = value(Triplet(semi_hard=True)(seen(AXES, [[0.6, 0.8], [0.8, 0.6]])))
    assert loss == pytest.approx(0.2 - 0.6 + 0.8)


@pytest.mark.parametrize("semi_hard", [True, False])
def test_triplet_without_negatives_is_zero_and_moves_nothing(semi_hard: bool) -> None:
    left = torch.eye(2, requires_grad=True)
    loss = Triplet(semi_hard)(seen(left, [[0.6, 0.8], [0.8, 0.6]], ALIKE))
    loss.backward()
    assert value(loss) == 0.0
    assert left.grad is not None
    assert left.grad.tolist() == [[0, 0], [0, 0]]


def test_distillation_follows_soft_targets() -> None:
    """The teacher finds all alike; the student is as sure as exp(1 / T) to 1."""
    views = seen(AXES, AXES, teacher=([[1], [1]], [[1], [1]]))
    for temperature in (1.0, 2.0):
        objective = Distillation(soft=1.0, temperature=temperature, scale=1.0)
        surprise = (softplus(-1 / temperature) + softplus(1 / temperature)) / 2
        expected = temperature**2 * (surprise - math.log(2))
        assert value(objective(views)) == pytest.approx(expected)


def test_distillation_mixes_hard_targets_in() -> None:
    views = seen(AXES, AXES, teacher=(AXES, AXES))
    assert value(Distillation(soft=1.0)(views)) == pytest.approx(0, abs=1e-6)
    assert value(Distillation(soft=0.0, scale=1.0)(views)) == pytest.approx(softplus(-1))
    assert value(Distillation(soft=0.25, scale=1.0)(views)) == pytest.approx(0.75 * softplus(-1))
    masked = seen(AXES, AXES, ALIKE, teacher=(AXES, AXES))
    assert value(Distillation(soft=0.0, scale=1.0)(masked)) == 0.0


def test_imitation_measures_squared_distance_to_the_teacher() -> None:
    views = seen(AXES, AXES, teacher=([[0, 5], [0, 1]], AXES))
    assert value(Imitation(2, 2)(views)) == pytest.approx((2 + 0) / 2)
    mapped = Imitation(2, 1)
    assert isinstance(mapped.map, nn.Linear)
    with torch.no_grad():
        mapped.map.weight.copy_(torch.tensor([[3.0, 2.0]]))
    loss = value(mapped(seen(AXES, AXES, teacher=([[1], [1]], [[1], [-1]]))))
    assert loss == pytest.approx((4 + 1) / 2 + (4 + 9) / 2)


def test_a_teacher_that_is_missing_is_named() -> None:
    with pytest.raises(BadConfig, match="image-text batches carry no teacher"):
        Distillation()(seen(AXES, AXES))


def test_reversal_keeps_values_and_turns_gradients() -> None:
    vector = torch.tensor([2.0], requires_grad=True)
    out = reverse_gradient(vector, 0.5)
    torch.autograd.backward(3 * out.sum())
    assert out.tolist() == [2.0]
    assert vector.grad is not None
    assert vector.grad.tolist() == [-1.5]


def test_reversal_grows_with_progress() -> None:
    assert strength_at(0) == 0
    assert strength_at(0.1) == pytest.approx(math.tanh(0.5))
    assert strength_at(1) == pytest.approx(math.tanh(5))


def test_adversarial_trains_the_discriminator_and_turns_the_towers_away() -> None:
    """The discriminator gives the left vector 1, the right one 0; left should be negative."""
    objective = Adversarial(2, hidden=1)
    first, last = objective.discriminator[0], objective.discriminator[2]
    assert isinstance(first, nn.Linear)
    assert isinstance(last, nn.Linear)
    with torch.no_grad():
        first.weight.copy_(torch.tensor([[1.0, -1.0]]))
        last.weight.fill_(1.0)
        first.bias.zero_()
        last.bias.zero_()
    left = torch.tensor([[1.0, 0.0]], requires_grad=True)
    loss = objective(seen(left, [[0, 1]], progress=1.0))
    loss.backward()
    wrong = 1 / (1 + math.exp(-1))
    assert value(loss) == pytest.approx((softplus(1) + math.log(2)) / 2)
    assert last.bias.grad is not None
    assert last.bias.grad.tolist() == pytest.approx([(wrong - 0.5) / 2])
    assert left.grad is not None
    assert left.grad[0].tolist() == pytest.approx([0, math.tanh(5) * wrong / 2])


def painter(share: float) -> Reconstruction:
    """Paints what it sees plus 1, hiding patches of 2×2 under 0.5."""
    tower = nn.Conv2d(1, 1, 1)
    objective = Reconstruction(TowerFacts(2, tower, 1, 1, 1), patch=2, share=share)
    head = objective.head[0]
    assert isinstance(head, nn.Conv2d)
    with torch.no_grad():
        for layer, bias in ((tower, 0.0), (head, 1.0)):
            layer.weight.fill_(1.0)
            assert layer.bias is not None
            layer.bias.fill_(bias)
        objective.colour.fill_(0.5)
    return objective


def test_reconstruction_counts_hidden_pixels_alone() -> None:
    images = torch.full((3, 1, 4, 4), 2.0)
    objective = painter(0.5)
    views = Views(Batch("image", "image", images, images), lambda kind, inputs: inputs, 0)
    loss = objective(views)
    loss.backward()
    assert value(loss) == pytest.approx(2.0 - 0.5 - 1.0)
    assert objective.colour.grad is not None
    assert objective.colour.grad.item() == pytest.approx(-1)
    assert {name for name, _ in objective.named_parameters()} == {
        "colour",
        "head.0.weight",
        "head.0.bias",
    }


@pytest.mark.parametrize(("share", "patches"), [(0.0, 1), (0.5, 2), (0.75, 3), (1.0, 4)])
def test_reconstruction_hides_whole_patches(share: float, patches: int) -> None:
    mask = painter(share).mask(torch.zeros(5, 1, 4, 4))
    corners = mask[:, 0, ::2, ::2]
    assert corners.sum((1, 2)).tolist() == [patches] * 5
    assert mask[:, 0].equal(corners.repeat_interleave(2, 1).repeat_interleave(2, 2))


def test_reconstruction_paints_a_strided_map_at_full_size() -> None:
    facts = TowerFacts(2, nn.AvgPool2d(2), 1, 2, 1)
    objective = Reconstruction(facts, patch=2, share=1.0)
    head = objective.head[0]
    assert isinstance(head, nn.Conv2d)
    with torch.no_grad():
        head.weight.zero_()
        assert head.bias is not None
        head.bias.copy_(torch.tensor([1.0, 2.0, 3.0, 4.0]))
    image = torch.tensor([[[[1.0, 2.0], [3.0, 8.0]]]])
    views = Views(Batch("image", "image", image, image), lambda kind, inputs: inputs, 0)
    assert value(objective(views)) == pytest.approx((0 + 0 + 0 + 4) / 4)


def test_reconstruction_says_what_it_lacks() -> None:
    with pytest.raises(BadConfig, match="5×4 do not divide into patches 2"):
        painter(0.5).mask(torch.zeros(1, 1, 4, 5))
    with pytest.raises(BadConfig, match="no image_map"):
        OBJECTIVES.get("reconstruction")(TowerFacts(dim=2))


def test_every_registered_objective_is_built_by_name() -> None:
    facts = TowerFacts(2, nn.Identity(), 3)
    built = {name: type(OBJECTIVES.get(name)(facts)).__name__ for name in OBJECTIVES.names()}
    assert built == {
        "adversarial": "Adversarial",
        "copies": "Copies",
        "distillation": "Distillation",
        "imitation": "Imitation",
        "infonce": "InfoNCE",
        "reconstruction": "Reconstruction",
        "sigmoid": "Sigmoid",
        "triplet-hardest": "Triplet",
        "triplet-semi-hard": "Triplet",
    }
