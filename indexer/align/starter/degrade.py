"""What screens, cameras and messengers do to the pixels of an image.

Every change takes and returns views, float32 (n, 3, h, w) in [0, 1], and draws from `random`
for all rows alike, whether they change or not; `rows`, boolean (n,), are those that do.
"""

from __future__ import annotations

import io
import math

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional as F

_GREY = (0.299, 0.587, 0.114)
"""Weights of red, green and blue in the brightness of a pixel (ITU-R BT.601)."""


def invert(views: Tensor, rows: Tensor, random: torch.Generator) -> Tensor:
    """A dark mode for `rows`: brightness turned round; half of them, at random, keep their hues."""
    plain = 1 - views
    grey = _grey(views)
    kept = (views + 1 - 2 * grey).clamp(0, 1)
    which = torch.rand(len(views), generator=random) < 0.5
    dark = torch.where(which[:, None, None, None], plain, kept)
    lifted = 0.12 * torch.rand(len(views), 1, 1, 1, generator=random)
    return torch.where(rows[:, None, None, None], lifted + (1 - lifted) * dark, views)


def recolour(views: Tensor, strength: Tensor, random: torch.Generator) -> Tensor:
    """Brightness, contrast, saturation, gamma and a tint, each up to `strength` (n,)."""

    def factor(channels: int = 1) -> Tensor:
        spread = torch.rand(len(views), channels, 1, 1, generator=random) * 2 - 1
        return torch.exp(spread * strength[:, None, None, None])

    views = _grey(views) + (views - _grey(views)) * factor()
    mean = views.mean((1, 2, 3), keepdim=True)
    views = mean + (views - mean) * factor()
    views = views * factor() * factor(3) ** 0.5
    return views.clamp(1e-4, 1) ** factor()


def light(views: Tensor, rows: Tensor, random: torch.Generator) -> Tensor:
    """Uneven light, a reflection and the stripes of a photographed display, for `rows`."""
    count, _, height, width = views.shape

    def uniform() -> Tensor:
        return torch.rand(count, 1, 1, 1, generator=random)

    y = torch.linspace(-1, 1, height).view(1, 1, -1, 1)
    x = torch.linspace(-1, 1, width).view(1, 1, 1, -1)
    angle = uniform() * 2 * math.pi
    along = x * torch.cos(angle) + y * torch.sin(angle)
    slope = 1 + 0.45 * (uniform() * 2 - 1) * along
    spot_x, spot_y, size = uniform() * 2 - 1, uniform() * 2 - 1, 0.15 + 0.6 * uniform()
    spot = torch.exp(-((x - spot_x) ** 2 + (y - spot_y) ** 2) / (2 * size**2)) * 0.5 * uniform()
    stripes = torch.sin(along * (20 + 160 * uniform()) + uniform() * 6) * 0.06 * uniform()
    lit = (views * slope + spot + stripes).clamp(0, 1)
    return torch.where(rows[:, None, None, None], lit, views)


def soften(views: Tensor, rows: Tensor, random: torch.Generator) -> Tensor:
    """Scaled down and up again by one random factor for `rows`, as a small copy would be."""
    side = views.shape[-1]
    small = max(8, int(side * (0.35 + 0.5 * float(torch.rand(1, generator=random)))))
    coarse = F.interpolate(views, (small, small), mode="bilinear", antialias=True)
    blurred = F.interpolate(coarse, (side, side), mode="bilinear")
    return torch.where(rows[:, None, None, None], blurred, views)


def cover(views: Tensor, rows: Tensor, most: float, random: torch.Generator) -> Tensor:
    """A rectangle of one colour over `rows`: a dialog, a note, a finger. `most` is its largest
    share of a side."""
    count, _, height, width = views.shape
    size = 0.08 + (most - 0.08) * torch.rand(count, 2, generator=random)
    start = torch.rand(count, 2, generator=random) * (1 - size)
    y = (torch.arange(height) / height).view(1, -1, 1)
    x = (torch.arange(width) / width).view(1, 1, -1)
    top, left = start[:, 0, None, None], start[:, 1, None, None]
    inside = (y >= top) & (y < top + size[:, 0, None, None])
    inside = inside & (x >= left) & (x < left + size[:, 1, None, None])
    colour = torch.rand(count, 3, 1, 1, generator=random)
    return torch.where((inside & rows[:, None, None])[:, None], colour, views)


def blend(views: Tensor, rows: Tensor, most: float, random: torch.Generator) -> Tensor:
    """Another view of the batch shines through `rows`, by at most `most` of its brightness.

    The words stay those of the row ("SamplePairing", arXiv 1801.02929): what is learnt by heart
    from a few photos of a product does not survive it.
    """
    others = views[torch.randperm(len(views), generator=random)]
    share = most * torch.rand(len(views), 1, 1, 1, generator=random) * rows[:, None, None, None]
    return views + share * (others - views)


def noise(views: Tensor, rows: Tensor, random: torch.Generator) -> Tensor:
    """Sensor noise of a random size, at most .08, for `rows`."""
    size = 0.08 * torch.rand(len(views), 1, 1, 1, generator=random) * rows[:, None, None, None]
    return (views + size * torch.randn(views.shape, generator=random)).clamp(0, 1)


def recompress(views: Tensor, rows: Tensor, random: torch.Generator) -> Tensor:
    """JPEG of a random quality from 15 to 75 for `rows`."""
    out = views.clone()
    qualities = torch.randint(15, 76, (len(views),), generator=random)
    for row in rows.nonzero()[:, 0].tolist():
        pixels = (views[row] * 255).round().to(torch.uint8).permute(1, 2, 0).numpy()
        file = io.BytesIO()
        Image.fromarray(pixels).save(file, "JPEG", quality=int(qualities[row]))
        again = np.array(Image.open(file).convert("RGB"))
        out[row] = torch.from_numpy(again).permute(2, 0, 1).float() / 255
    return out


def _grey(views: Tensor) -> Tensor:
    weights = torch.tensor(_GREY).view(1, 3, 1, 1)
    return (views * weights).sum(1, keepdim=True)
