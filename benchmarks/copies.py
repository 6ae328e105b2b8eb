"""Changed copies of images, as customers send them, by name. Used by other benchmarks."""

from __future__ import annotations

from collections.abc import Mapping

from search.synthesize.distort import (
    Change,
    crop,
    dark,
    messenger,
    photographed,
    recolour,
    recompress,
    rescale,
)

CHANGES: Mapping[str, Change] = {
    "crop": crop,
    "rescale": rescale,
    "recompress": recompress,
    "recolour": recolour,
    "dark mode": dark,
    "messenger": messenger,
    "photo of a screen": photographed,
}
