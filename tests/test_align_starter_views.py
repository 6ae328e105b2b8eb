"""How views are framed, sampled and changed, in numbers worked out by hand."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from indexer.align.starter import degrade
from indexer.align.starter.geometry import Framing, corners, homographies, warp
from indexer.align.starter.items import Domain
from indexer.align.starter.views import GENTLE, MEAN, STD, STRONG, Change, changed, normalised

SQUARE = torch.tensor([[[-1.0, -1.0], [1.0, -1.0], [1.0, 1.0], [-1.0, 1.0]]])
MIRRORED = SQUARE * torch.tensor([-1.0, 1.0])
FIRST = torch.tensor([True, False])
WHITE, RED, GREY = (1.0, 1.0, 1.0), (1.0, 0.0, 0.0), (0.25, 0.25, 0.25)


def dice(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def noisy(rows: int, side: int) -> Tensor:
    return torch.rand(rows, 3, side, side, generator=dice())


def row_of(*colours: tuple[float, float, float]) -> Tensor:
    """One view, a pixel of each colour beside the other."""
    return torch.tensor(colours).T[None, :, None]


def mapped(matrix: Tensor, point: tuple[float, float]) -> list[float]:
    x, y, scale = (matrix @ torch.tensor([*point, 1.0])).tolist()
    return [x / scale, y / scale]


def test_a_scaled_and_shifted_square_is_a_plain_matrix() -> None:
    (matrix,) = homographies(SQUARE * 0.5 + torch.tensor([0.25, 0.0]))
    expected = [[0.5, 0, 0.25], [0, 0.5, 0], [0, 0, 1]]
    torch.testing.assert_close(matrix, torch.tensor(expected))


def test_homographies_map_corners_exactly_and_diagonals_to_diagonals() -> None:
    """The diagonals of this trapezium cross at (0, 1/3), where the middle must go."""
    trapezium = [[-1.0, -1.0], [1.0, -1.0], [0.5, 1.0], [-0.5, 1.0]]
    (matrix,) = homographies(torch.tensor([trapezium]))
    for corner, target in zip(SQUARE[0].tolist(), trapezium, strict=True):
        assert mapped(matrix, (corner[0], corner[1])) == pytest.approx(target, abs=1e-6)
    assert mapped(matrix, (0.0, 0.0)) == pytest.approx([0, 1 / 3], abs=1e-6)


def test_a_view_of_the_whole_is_the_image_and_a_mirrored_one_its_mirror() -> None:
    image = noisy(1, 8)
    black = torch.zeros(1, 3)
    torch.testing.assert_close(warp(image, SQUARE, 8, black), image, atol=1e-5, rtol=0)
    mirror = warp(image, MIRRORED, 8, black)
    torch.testing.assert_close(mirror, image.flip(-1), atol=1e-5, rtol=0)


def test_a_small_view_averages_the_pixels_it_stands_for() -> None:
    image = torch.arange(64.0).view(1, 1, 8, 8).expand(1, 3, 8, 8)
    view = warp(image, SQUARE, 4, torch.zeros(1, 3))
    assert view[0, 0, 0].tolist() == pytest.approx([4.5, 6.5, 8.5, 10.5], abs=1e-4)
    assert view[0, 2, 3, 3].item() == pytest.approx(58.5, abs=1e-4)


def test_beyond_the_image_is_the_background() -> None:
    wall = torch.tensor([[0.1, 0.2, 0.3]])
    view = warp(torch.ones(1, 3, 8, 8), SQUARE * 2, 8, wall)[0]
    inside = torch.zeros(8, 8, dtype=torch.bool)
    inside[2:6, 2:6] = True
    assert view[:, inside].eq(1).all()
    assert view[:, ~inside].eq(wall.T).all()


def framing(rows: int, mirror: float = 0.0, grow: float = 0.0) -> Framing:
    none = torch.zeros(rows)
    return Framing(torch.full((rows,), 0.3), none, none, none + grow, none + mirror)


def test_a_crop_is_a_rectangle_within_the_image_that_keeps_its_share() -> None:
    found = corners(framing(300), dice())
    left, top = found[:, 0].unbind(1)
    right, bottom = found[:, 2].unbind(1)
    assert found[:, 1].equal(torch.stack([right, top], 1))
    assert found[:, 3].equal(torch.stack([left, bottom], 1))
    assert found.abs().max() <= 1 + 1e-6
    share = (right - left) * (bottom - top) / 4
    assert 0.3 - 1e-6 <= share.min() < 0.35
    assert share.max() > 0.9


def test_a_mirrored_crop_starts_at_the_right_and_a_grown_one_goes_beyond() -> None:
    mirrored = corners(framing(20, mirror=1.0), dice())
    assert (mirrored[:, 0, 0] > mirrored[:, 1, 0]).all()
    assert corners(framing(50, grow=0.5), dice()).abs().max() > 1.2


def test_dark_mode_turns_brightness_round_and_keeps_some_hues() -> None:
    """White shows how much a view was lifted; grey .25 becomes .75 before that, and red
    either cyan or, its brightness being .299, the same hue at .402."""
    views = row_of(WHITE, GREY, RED).expand(20, 3, 1, 3)
    dark = degrade.invert(views, torch.ones(20, dtype=torch.bool), dice())
    kinds = set()
    for view in dark[:, :, 0]:
        white, grey, red = view.T.tolist()
        lifted = white[0]
        assert 0 <= lifted <= 0.12
        assert white == pytest.approx([lifted] * 3)
        assert grey == pytest.approx([lifted + (1 - lifted) * 0.75] * 3)
        hue = [(value - lifted) / (1 - lifted) for value in red]
        kept = hue == pytest.approx([1, 0.402, 0.402], abs=1e-5)
        assert kept or hue == pytest.approx([0, 1, 1], abs=1e-5)
        kinds.add(kept)
    assert kinds == {True, False}


def test_recolouring_by_nothing_changes_nothing() -> None:
    views = noisy(2, 6).clamp(min=0.01)
    same = degrade.recolour(views, torch.zeros(2), dice())
    torch.testing.assert_close(same, views, atol=1e-5, rtol=0)
    strong = degrade.recolour(views, torch.tensor([0.0, 0.5]), dice())
    torch.testing.assert_close(strong[0], views[0], atol=1e-5, rtol=0)
    assert not strong[1].allclose(views[1], atol=0.05)


def test_a_cover_is_one_rectangle_of_one_colour() -> None:
    views = torch.zeros(40, 3, 50, 50)
    rows = torch.arange(40) < 30
    covered = degrade.cover(views, rows, 0.4, dice())
    assert covered[30:].eq(0).all()
    for view in covered[:30]:
        places = view.sum(0).nonzero()
        (top, left), (bottom, right) = places.amin(0).tolist(), places.amax(0).tolist()
        patch = view[:, top : bottom + 1, left : right + 1]
        assert patch.eq(patch[:, :1, :1]).all()
        assert len(places) == patch[0].numel()
        for size in patch.shape[1:]:
            assert 0.08 * 50 - 1 <= size <= 0.4 * 50 + 1


def test_recompressing_changes_its_rows_only_and_hardly_a_plain_one() -> None:
    views = noisy(2, 16)
    again = degrade.recompress(views, FIRST, dice())
    assert again[1].equal(views[1])
    assert (again[0] - views[0]).abs().max() > 0.05
    plain = torch.full((1, 3, 16, 16), 0.5)
    close = degrade.recompress(plain, torch.tensor([True]), dice())
    assert (close - plain).abs().max() <= 2 / 255


def test_light_blur_and_noise_change_their_rows_only() -> None:
    views = noisy(2, 32)
    for change in (degrade.light, degrade.soften, degrade.noise):
        after = change(views, FIRST, dice())
        assert after[1].equal(views[1]), change.__name__
        assert not after[0].allclose(views[0], atol=0.01), change.__name__
        assert 0 <= after.min() <= after.max() <= 1, change.__name__


def test_another_view_shines_through_its_rows_by_no_more_than_asked() -> None:
    views = torch.stack([torch.full((3, 4, 4), value) for value in (0.0, 1.0)])
    for seed in range(20):
        after = degrade.blend(views, FIRST, 0.4, torch.Generator().manual_seed(seed))
        assert after[1].equal(views[1])
        assert 0 <= after[0].min() == after[0].max() <= 0.4


def test_a_small_copy_of_one_colour_is_that_colour() -> None:
    views = torch.full((1, 3, 32, 32), 0.3)
    soft = degrade.soften(views, torch.tensor([True]), dice())
    torch.testing.assert_close(soft, views, atol=1e-6, rtol=0)


def test_normalised_values() -> None:
    means = torch.tensor(MEAN).view(1, 3, 1, 1)
    assert normalised(means).abs().max() == 0
    top = normalised(torch.ones(1, 3, 1, 1)).flatten().tolist()
    assert top == pytest.approx([0.515 / 0.229, 0.544 / 0.224, 0.594 / 0.225])
    assert STD == (0.229, 0.224, 0.225)


def test_an_image_that_is_cropped_only_keeps_its_colour() -> None:
    pixels = torch.full((3, 3, 20, 20), 51, dtype=torch.uint8)
    changes = {Domain.PHOTO: Change(least=0.4)}
    views = changed(pixels, [Domain.PHOTO] * 3, changes, 8, dice())
    expected = normalised(torch.full((3, 3, 8, 8), 0.2))
    torch.testing.assert_close(views, expected, atol=1e-4, rtol=0)


def test_each_row_changes_by_its_own_domain() -> None:
    pixels = torch.full((2, 3, 20, 20), 51, dtype=torch.uint8)
    changes = {Domain.PHOTO: Change(least=1.0), Domain.SCREEN: Change(least=1.0, dark=1.0)}
    light, dark = changed(pixels, [Domain.PHOTO, Domain.SCREEN], changes, 8, dice())
    torch.testing.assert_close(light, normalised(torch.full((3, 8, 8), 0.2))[0], atol=1e-4, rtol=0)
    back = dark * torch.tensor(STD).view(3, 1, 1) + torch.tensor(MEAN).view(3, 1, 1)
    assert 0.8 - 1e-4 <= back.min() <= back.max() <= 0.8 + 0.12 * 0.2 + 1e-4


def test_views_depend_on_their_random_numbers_alone() -> None:
    pixels = torch.randint(0, 256, (4, 3, 24, 24), generator=dice(), dtype=torch.uint8)
    for changes in (GENTLE, STRONG):
        first, again, other = (
            changed(pixels, list(Domain), changes, 16, dice(seed)) for seed in (1, 1, 2)
        )
        assert first.equal(again)
        assert not first.equal(other)
