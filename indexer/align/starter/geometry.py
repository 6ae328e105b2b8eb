"""Where the pixels of a changed view come from: crops, turns and perspective in one step."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F


@dataclass(frozen=True, slots=True)
class Framing:
    """How far a view may be from the original, per row; all tensors float32 (n,).

    `least` is the smallest share of the area that a crop keeps, `turn` the largest rotation in
    radians, `bend` the largest shift of a corner by perspective as a share of the side, `grow`
    the largest margin around the image as a share of the side, and `mirror` the chance of a
    mirror image.
    """

    least: Tensor
    turn: Tensor
    bend: Tensor
    grow: Tensor
    mirror: Tensor


def corners(framing: Framing, random: torch.Generator) -> Tensor:
    """The corners of each view on its original, float32 (n, 4, 2) as (x, y) in [-1, 1]:
    top left, top right, bottom right, bottom left. Beyond ±1 lies the background."""
    count = len(framing.least)

    def uniform(*shape: int) -> Tensor:
        return torch.rand(count, *shape, generator=random)

    share = framing.least + (1 - framing.least) * uniform()
    stretch = torch.exp((uniform() - 0.5) * 0.6)
    width = (share.sqrt() * stretch.sqrt()).clamp(max=1)
    height = (share.sqrt() / stretch.sqrt()).clamp(max=1)
    grow = 1 + 2 * framing.grow * uniform()
    half = torch.stack([width * grow, height * grow], 1)
    centre = (uniform(2) * 2 - 1) * (1 - half).clamp(min=0)
    unit = torch.tensor([[-1.0, -1.0], [1.0, -1.0], [1.0, 1.0], [-1.0, 1.0]])
    mirrored = torch.where(uniform() < framing.mirror, -1.0, 1.0)
    square = unit * torch.stack([mirrored, torch.ones(count)], 1)[:, None]
    bent = square + (uniform(4, 2) * 2 - 1) * 2 * framing.bend[:, None, None]
    angle = (uniform() * 2 - 1) * framing.turn
    sine, cosine = torch.sin(angle), torch.cos(angle)
    rotation = torch.stack([torch.stack([cosine, -sine], 1), torch.stack([sine, cosine], 1)], 1)
    return (bent @ rotation.transpose(1, 2)) * half[:, None] + centre[:, None]


def homographies(targets: Tensor) -> Tensor:
    """float32 (n, 3, 3): the maps that take the corners of [-1, 1]² to `targets` (n, 4, 2).

    Solves the eight linear equations of the direct linear transform (Hartley and Zisserman,
    "Multiple View Geometry", section 4.1).
    """
    count = len(targets)
    source = targets.new_tensor([[-1.0, -1.0], [1.0, -1.0], [1.0, 1.0], [-1.0, 1.0]])
    x, y = source[:, 0].expand(count, 4), source[:, 1].expand(count, 4)
    u, v = targets[..., 0], targets[..., 1]
    one, zero = torch.ones_like(x), torch.zeros_like(x)
    rows_u = torch.stack([x, y, one, zero, zero, zero, -u * x, -u * y], -1)
    rows_v = torch.stack([zero, zero, zero, x, y, one, -v * x, -v * y], -1)
    solved = torch.linalg.solve(torch.cat([rows_u, rows_v], 1), torch.cat([u, v], 1))
    return torch.cat([solved, torch.ones(count, 1)], 1).view(count, 3, 3)


def warp(pixels: Tensor, targets: Tensor, side: int, background: Tensor) -> Tensor:
    """Views of `side` × `side` pixels, float32 (n, 3, side, side).

    `pixels` is float32 (n, 3, h, w); `background` (n, 3) is the colour beyond the image. Sampled
    at twice the side where the original has more pixels, then averaged, against aliasing.
    """
    fine = side * 2 if side * 1.5 <= pixels.shape[-1] else side
    steps = (torch.arange(fine) + 0.5) / fine * 2 - 1
    y, x = torch.meshgrid(steps, steps, indexing="ij")
    points = torch.stack([x, y, torch.ones_like(x)], -1).view(1, -1, 3)
    mapped = points @ homographies(targets).transpose(1, 2)
    grid = (mapped[..., :2] / mapped[..., 2:]).view(-1, fine, fine, 2)
    views = F.grid_sample(pixels, grid, padding_mode="border", align_corners=False)
    outside = (grid.abs() > 1).any(-1)[:, None]
    views = torch.where(outside, background[:, :, None, None], views)
    return F.avg_pool2d(views, 2) if fine != side else views
