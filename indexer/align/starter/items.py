"""What the starter tower learns from: images with words for what they show."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from indexer.errors import BadConfig

SIDE = 160
"""Pixels per side at which images are kept; the tower never sees more."""


class Domain(StrEnum):
    """Where an image comes from; decides how it may be changed and how often it is drawn."""

    PHOTO = "photo"
    SCREEN = "screen"
    SYMBOL = "symbol"
    FIGURE = "figure"


@dataclass(frozen=True, slots=True)
class Item:
    """One image and the ways to say what it shows; items with the same first wording are alike."""

    image: Image.Image
    wordings: tuple[str, ...]
    domain: Domain


@dataclass(frozen=True, slots=True)
class Items:
    """All items of a training.

    `pixels` is uint8 (n, 3, SIDE, SIDE), squashed to a square. `labels` (n,) numbers the first
    wordings. `texts` are the distinct wordings, `owners` (len(texts),) the label that each one
    is of, and `wordings[i]` the rows of `texts` that say what item i shows.
    """

    pixels: Tensor
    domains: tuple[Domain, ...]
    labels: Tensor
    texts: tuple[str, ...]
    owners: Tensor
    wordings: tuple[tuple[int, ...], ...]


def collect(items: Iterable[Item]) -> Items:
    """Gather items; images are scaled as they come, so that they may be read one by one.

    Raises BadConfig without any item.
    """
    pixels: list[Tensor] = []
    domains: list[Domain] = []
    names: list[tuple[str, ...]] = []
    for item in items:
        pixels.append(_pixels(item.image))
        domains.append(item.domain)
        names.append(item.wordings)
    if not pixels:
        raise BadConfig("no images to train on; give folders with photos or manuals")
    label_of: dict[str, int] = {}
    labels = [label_of.setdefault(wordings[0], len(label_of)) for wordings in names]
    rows: dict[tuple[str, int], int] = {}
    wordings = tuple(
        tuple(rows.setdefault((text, label), len(rows)) for text in texts)
        for texts, label in zip(names, labels, strict=True)
    )
    return Items(
        torch.stack(pixels),
        tuple(domains),
        torch.tensor(labels),
        tuple(text for text, _ in rows),
        torch.tensor([label for _, label in rows]),
        wordings,
    )


def _pixels(image: Image.Image) -> Tensor:
    square = image.convert("RGB").resize((SIDE, SIDE), Image.Resampling.BICUBIC)
    return torch.from_numpy(np.array(square)).permute(2, 0, 1).contiguous()
