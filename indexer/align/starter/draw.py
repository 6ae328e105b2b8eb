"""Which items a training step sees, and as which views. A step's batch depends on its number."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from indexer.align.batch import Batch
from indexer.align.starter.items import Domain, Items
from indexer.align.starter.views import Look, changed

IMAGE, TEXT = "image", "text"


@dataclass(frozen=True, slots=True)
class Sides:
    """The sides of the views, in pixels, as training goes on: (share of all steps, side).

    Small views first make early steps cheap (progressive resizing; "Fixing the train-test
    resolution discrepancy", arXiv 1906.06423, is why the last are still below the tower's own).
    """

    until: tuple[tuple[float, int], ...]

    def at(self, step: int, steps: int) -> int:
        """The side at a step; the last share must be 1."""
        return next(side for share, side in self.until if step < share * steps)


@dataclass(frozen=True, slots=True)
class Plan:
    """How many items of each domain a batch has (domains without any are left out), how the two
    views of each may differ from it and their sides, and the number of steps.

    A label with m items is drawn in proportion to m to the power of `evenness`. `seed` is that
    of all that is drawn.
    """

    counts: Mapping[Domain, int]
    views: tuple[Look, Look]
    sides: Sides
    steps: int
    evenness: float = 0.5
    seed: int = 0


class Draw:
    """Batches of n items in 2n rows: first views, then second ones in the same order.

    Called with a first step, gives the batches from there to the last one.
    """

    def __init__(self, items: Items, vectors: Tensor, plan: Plan) -> None:
        """`vectors` float32 (len(items.texts), d) are those of the texts."""
        self._items = items
        self._vectors = vectors
        self._plan = plan
        self._pools = [
            (rows, chances(items.labels[rows], plan.evenness), count)
            for domain, count in plan.counts.items()
            if len(rows := _rows(items, domain))
        ]

    def __call__(self, first: int) -> Iterator[Batch]:
        for step in range(first, self._plan.steps):
            yield self._batch(step)

    def _batch(self, step: int) -> Batch:
        random = torch.Generator().manual_seed(self._plan.seed * 1_000_003 + step)
        rows = torch.cat(
            [
                pool[torch.multinomial(shares, count, len(pool) < count, generator=random)]
                for pool, shares, count in self._pools
            ]
        )
        side = self._plan.sides.at(step, self._plan.steps)
        domains = [self._items.domains[row] for row in rows.tolist()]
        pixels = self._items.pixels[rows]
        views = [changed(pixels, domains, how, side, random) for how in self._plan.views]
        images = torch.cat(views).contiguous(memory_format=torch.channels_last)
        words = torch.cat([self._words(rows, random) for _ in views])
        labels = self._items.labels[rows].repeat(2)
        return Batch(IMAGE, TEXT, images, words, labels[:, None] == labels)

    def _words(self, rows: Tensor, random: torch.Generator) -> Tensor:
        """One wording of each item, at random."""
        picks = torch.rand(len(rows), generator=random).tolist()
        chosen = []
        for row, pick in zip(rows.tolist(), picks, strict=True):
            known = self._items.wordings[row]
            chosen.append(known[int(pick * len(known))])
        return self._vectors[chosen]


def chances(labels: Tensor, evenness: float) -> Tensor:
    """int64 (n,) → float32 (n,), not normalised: a label with m items is drawn in proportion to
    m to the power of `evenness`, its items alike. 1 draws all items alike, 0 all labels."""
    return torch.bincount(labels).float().pow(evenness - 1)[labels]


def _rows(items: Items, domain: Domain) -> Tensor:
    return torch.tensor([row for row, found in enumerate(items.domains) if found is domain])
