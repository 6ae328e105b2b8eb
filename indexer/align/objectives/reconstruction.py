"""Masked images painted in again, to warm up an image tower (SimMIM, arXiv 2111.09886)."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from indexer.align.batch import Views
from indexer.align.objectives.base import TowerFacts
from indexer.errors import BadConfig


class Reconstruction(nn.Module):
    """Square patches are hidden by a learnt colour; a linear head paints them from the features.

    loss = Σ |x - x̂| over hidden pixels / their number, channels counted. As in SimMIM, and unlike
    MAE (arXiv 2111.06377), hidden patches stay in the input, so that a convolutional tower works
    too, and the head is one 1×1 convolution with a pixel shuffle. Looks at `left` only, images
    float (n, channels, h, w); `patch` and the tower's stride must divide h and w.
    """

    def __init__(self, facts: TowerFacts, patch: int = 32, share: float = 0.6) -> None:
        """Raises BadConfig without a map of features. `share` of the patches is hidden."""
        super().__init__()
        if facts.image_map is None:
            raise BadConfig("reconstruction has no image_map; give TowerFacts one of the tower's")
        self._tower = (facts.image_map,)  # in a tuple, so that its weights stay the tower's
        self.patch = patch
        self.share = share
        self.colour = nn.Parameter(torch.zeros(1, facts.channels, 1, 1))
        self.head = nn.Sequential(
            nn.Conv2d(facts.features, facts.channels * facts.stride**2, 1),
            nn.PixelShuffle(facts.stride),
        )

    def forward(self, views: Views) -> Tensor:
        images = views.batch.left
        hidden = self.mask(images)
        painted = self.head(self._tower[0](torch.where(hidden, self.colour, images)).float())
        wrong = (painted - images).abs() * hidden
        loss: Tensor = wrong.sum() / (hidden.sum() * images.shape[1])
        return loss

    def mask(self, images: Tensor) -> Tensor:
        """Boolean (n, 1, h, w): round(share · patches), one at least, hidden in every image.

        Raises BadConfig for sides that are no multiple of the patch.
        """
        height, width = images.shape[-2:]
        if height % self.patch or width % self.patch:
            raise BadConfig(f"images of {width}×{height} do not divide into patches {self.patch}")
        rows, columns = height // self.patch, width // self.patch
        order = torch.rand(len(images), rows * columns, device=images.device).argsort(1)
        hidden = order.argsort(1) < max(1, round(self.share * rows * columns))
        grid = hidden.view(-1, 1, rows, columns).float()
        return F.interpolate(grid, scale_factor=self.patch, mode="nearest") > 0


def make(facts: TowerFacts) -> Reconstruction:
    return Reconstruction(facts)
