"""Two changed views of every item of a batch: as a user might send it, and as it is kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from indexer.align.starter import degrade
from indexer.align.starter.geometry import Framing, corners, warp
from indexer.align.starter.items import Domain

MEAN = (0.485, 0.456, 0.406)
STD = (0.229, 0.224, 0.225)
"""Per channel, of values in [0, 1]: what image models of this family are given."""


@dataclass(frozen=True, slots=True)
class Change:
    """How strongly a domain's images may change in one view; chances and sizes in [0, 1].

    The first five are of `Framing`; `photo` is the chance of a photographed display, which
    bends and lights the view; `dark` that of a dark mode; `colour` is the strength of
    recolouring; `cover` the chance of something that covers a part, `blend` of another image that
    shines through. A view that can be covered
    can also be softened, noisy and recompressed.
    """

    least: float
    turn: float = 0.0
    bend: float = 0.0
    grow: float = 0.0
    mirror: float = 0.0
    photo: float = 0.0
    dark: float = 0.0
    colour: float = 0.0
    cover: float = 0.0
    blend: float = 0.0


Look = Mapping[Domain, Change]
"""The changes of one view, by domain."""

_GENTLE_SCREEN = Change(least=0.75, grow=0.03, colour=0.1)
_STRONG_SCREEN = Change(
    least=0.3, turn=0.04, bend=0.01, grow=0.1, photo=0.35, dark=0.3, colour=0.35, cover=0.3
)
GENTLE: Look = {
    Domain.PHOTO: Change(least=0.35, turn=0.2, bend=0.03, mirror=0.5, colour=0.2),
    Domain.SCREEN: _GENTLE_SCREEN,
    Domain.SYMBOL: Change(least=0.8, turn=0.1, bend=0.02, grow=0.15, dark=0.2, colour=0.3),
    Domain.FIGURE: _GENTLE_SCREEN,
}
"""As an image is kept: in a manual, a catalogue, an icon."""

STRONG: Look = {
    Domain.PHOTO: Change(
        least=0.25, turn=0.3, bend=0.1, grow=0.1, mirror=0.5, photo=0.2, colour=0.3, cover=0.3
    ),
    Domain.SCREEN: _STRONG_SCREEN,
    Domain.SYMBOL: Change(
        least=0.7, turn=0.2, bend=0.08, grow=0.3, photo=0.2, dark=0.3, colour=0.4, cover=0.1
    ),
    Domain.FIGURE: _STRONG_SCREEN,
}
"""As a user might send it."""

FIRM: Look = {
    **GENTLE,
    Domain.PHOTO: Change(least=0.25, turn=0.25, bend=0.05, mirror=0.5, colour=0.25, cover=0.25),
}
"""Gentle, but for photos: a few dozen of a product are soon known by heart."""

ROUGH: Look = {
    **STRONG,
    Domain.PHOTO: Change(
        least=0.12,
        turn=0.3,
        bend=0.1,
        grow=0.1,
        mirror=0.5,
        photo=0.15,
        colour=0.35,
        cover=0.5,
        blend=0.5,
    ),
}

MOST_BLEND = 0.4
"""Of a view, the most that another image makes up."""

PHOTO_TURN, PHOTO_BEND, PHOTO_GROW = 0.25, 0.14, 0.25
"""How a photographed display is turned, bent and surrounded, in the units of `Framing`."""


def changed(
    pixels: Tensor,
    domains: Sequence[Domain],
    changes: Look,
    side: int,
    random: torch.Generator,
) -> Tensor:
    """uint8 (n, 3, h, w) → normalised float32 (n, 3, side, side), each row by its domain."""
    hows = [changes[domain] for domain in domains]

    def chance(share: Tensor | float) -> Tensor:
        return torch.rand(len(pixels), generator=random) < share

    photo = chance(_each(how.photo for how in hows))
    background = torch.rand(len(pixels), 3, generator=random)
    targets = corners(_framing(hows, photo), random)
    views = warp(pixels.float() / 255, targets, side, background)
    views = degrade.invert(views, chance(_each(how.dark for how in hows)), random)
    views = degrade.recolour(views, _each(how.colour for how in hows), random)
    cover = _each(how.cover for how in hows)
    views = degrade.cover(views, chance(cover), 0.45, random)
    rough = cover > 0
    views = degrade.light(views, photo, random)
    views = degrade.soften(views, rough & chance(0.25), random)
    views = degrade.noise(views, (rough & chance(0.2)) | photo, random)
    views = degrade.recompress(views, rough & chance(0.3), random)
    blend = _each(how.blend for how in hows)
    if blend.any():
        views = degrade.blend(views, chance(blend), MOST_BLEND, random)
    return normalised(views)


def normalised(views: Tensor) -> Tensor:
    """float32 in [0, 1] → the tower's input."""
    mean, std = (torch.tensor(part).view(1, 3, 1, 1) for part in (MEAN, STD))
    return (views - mean) / std


def _framing(hows: Sequence[Change], photo: Tensor) -> Framing:
    least = _each(how.least for how in hows)
    return Framing(
        least=torch.where(photo, least.clamp(min=0.6), least),
        turn=torch.where(photo, PHOTO_TURN, _each(how.turn for how in hows)),
        bend=torch.where(photo, PHOTO_BEND, _each(how.bend for how in hows)),
        grow=torch.where(photo, PHOTO_GROW, _each(how.grow for how in hows)),
        mirror=_each(how.mirror for how in hows),
    )


def _each(values: Iterable[float]) -> Tensor:
    return torch.tensor(list(values))
