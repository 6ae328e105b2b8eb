"""Which segments to merge: few enough to search together, with little rewriting."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from indexer.store.manifest import Manifest

MOST_SEGMENTS = 8
"""Segments that a search visits at most, the next addition included."""

MOST_DEAD = 1 / 3
"""The share of deleted chunks beyond which a segment is rewritten, even alone."""

_FLOOR = 256
"""Smaller segments count as this large: merging them costs next to nothing."""


@dataclass(frozen=True, slots=True)
class Size:
    """How many chunks of a segment are live, and how many deleted."""

    live: int
    dead: int


def sizes(manifest: Manifest) -> dict[str, Size]:
    """The size of each segment of a generation."""
    return {ref.id: Size(ref.chunks - ref.dead, ref.dead) for ref in manifest.segments}


def pick(sizes: Mapping[str, Size]) -> list[str]:
    """The segments to merge into one now, in the given order; [] when nothing is due.

    Too many segments: of the runs of at least two neighbours by size the one with the least
    skew, the share of its largest in its total, is merged (the rule of Lucene's
    TieredMergePolicy); of equal ones the smallest. Otherwise those of which more than
    MOST_DEAD is deleted.
    """
    if len(sizes) >= MOST_SEGMENTS:
        chosen = _least_skewed(sizes)
    else:
        chosen = [id for id, size in sizes.items() if _is_mostly_dead(size)]
    return [id for id in sizes if id in set(chosen)]


def _is_mostly_dead(size: Size) -> bool:
    return size.dead > MOST_DEAD * (size.live + size.dead)


def _least_skewed(sizes: Mapping[str, Size]) -> Sequence[str]:
    weights = {id: max(_FLOOR, size.live) for id, size in sizes.items()}
    ordered = sorted(weights, key=lambda id: weights[id])
    runs = [
        ordered[start:stop]
        for start in range(len(ordered) - 1)
        for stop in range(start + 2, len(ordered) + 1)
    ]

    def cost(run: Sequence[str]) -> tuple[float, int]:
        total = sum(weights[id] for id in run)
        return weights[run[-1]] / total, total

    return min(runs, key=cost)
