"""How often the right item is among the nearest."""

from __future__ import annotations

import math

from torch import Tensor


def recall_at(left: Tensor, right: Tensor, same: Tensor, counts: tuple[int, ...]) -> list[float]:
    """Shares of lefts with a right item of theirs among the k nearest, for each k of `counts`.

    `left` (n, d) and `right` (m, d) are unit vectors, `same` boolean (n, m). A wrong item as near
    as the right one goes before it, so that a model giving one vector for all scores nothing.
    """
    scores = left @ right.T
    best = scores.masked_fill(~same, -math.inf).amax(1, keepdim=True)
    ahead = (~same & (scores >= best)).sum(1)
    return [float((ahead < count).float().mean()) for count in counts]
