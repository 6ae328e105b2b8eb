"""Which of the images that a query was sighted on shows the same, and which shows it best."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from PIL import Image

from search.compare import Agreement, Grey, compare, gradients, view
from search.regions import Sighting

T = TypeVar("T")

CHECKED: Final = 4
"""Images that a query is laid over; the others have fewer of its features."""

_CLOSE = 0.8
_MOST = 8
"""Images that it is laid over at most, if they have this share of the features of the best: windows
of one program have about as many of those of a nearly empty one as the image itself."""

RIVAL: Final = 0.2
"""Share of the features of the best, below which an image is not looked at closer."""

_ALIKE = 0.9
"""Least agreement of a copy, which lies on the image to a pixel: states of one window differ less
than other windows do."""

_PHOTO_ALIKE = 0.75  # a photo is soft, and displays are bent
_PHOTO_CLEAR = 12  # features below which nothing is claimed of one
_COVERED = 0.5  # a photo has the edge of the display and what is behind it
_DIFFERING = 0.15
_RESEMBLING = 0.5


@dataclass(frozen=True, slots=True)
class Verified(Generic[T]):
    """A sighting with what became of laying the query over the image.

    `agreement` is None where that was not done.
    """

    what: T
    sighting: Sighting
    agreement: Agreement | None

    @property
    def score(self) -> float:
        """Orders images: how far they agree, rather than how many features say so."""
        if self.agreement is None:
            return 0.0
        agreed = max(0.0, self.agreement.alike) * self.agreement.covered
        return float(agreed * self.sighting.features**0.5)

    @property
    def same(self) -> bool:
        """Whether it is the very image: no sizeable part of it shows something else."""
        agreed, flat = self.agreement, self.sighting.flat
        return (
            agreed is not None
            and (flat or self.sighting.features >= _PHOTO_CLEAR)
            and agreed.alike >= (_ALIKE if flat else _PHOTO_ALIKE)
            and agreed.covered >= _COVERED
            and agreed.differing <= _DIFFERING
        )

    @property
    def resembles(self) -> bool:
        """Whether what was laid over shows more than the same menus."""
        return self.agreement is not None and self.agreement.alike >= _RESEMBLING


def verify(
    image: Image.Image,
    sighted: Sequence[tuple[T, Sighting]],
    preview: Callable[[T], Grey | None],
) -> list[Verified[T]]:
    """Sightings of an RGB image, the best first: the same, those laid over, then by features.

    `preview` gives the indexed image in grey, at any size, None where there is none.
    """
    by_features = sorted(sighted, key=lambda pair: -pair[1].features)
    asked = view(image)
    slopes = gradients(asked)
    found = []
    for place, (what, sighting) in enumerate(by_features):
        share = sighting.features / by_features[0][1].features
        rival = place < _MOST and share >= (RIVAL if place < CHECKED else _CLOSE)
        seen = preview(what) if rival else None
        agreed = compare(asked, seen, sighting.matrix, slopes) if seen is not None else None
        found.append(Verified(what, sighting, agreed))
    return sorted(found, key=lambda one: (-one.same, -one.score))
