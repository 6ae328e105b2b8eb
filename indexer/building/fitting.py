"""The chunks of a run whose vectors come from a fit, which all of them have to be known for."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from indexer.encoders.base import Space
from indexer.lanes import TEXT
from indexer.store.fits import fitted_space, open_fit
from indexer.store.manifest import Manifest
from indexer.store.refit import Fitted, encode
from indexer.store.segment import SegmentWriter


class Fitting:
    """Gathers texts, and gives them their vectors at the end of a run.

    By the fit of `base`, the generation that they come to, so that all of it compares; where
    that has none, by one of their own.
    """

    def __init__(self, root: Path, space: str, base: Manifest | None) -> None:
        self._root = root
        self._space = space
        self._base = fitted_space(base.spaces.values()) if base else None
        self._texts: dict[int, str] = {}

    def take(self, row: int, text: str) -> None:
        """A chunk, by its row and what an encoder sees of it."""
        self._texts[row] = text

    def finish(self, writer: SegmentWriter) -> Fitted | None:
        """The space, None where there is none. Raises IndexDamaged for a fit that cannot be read.

        A text space is always made; one beside it only for chunks that need it.
        """
        texts = list(self._texts.values())
        if not texts and self._base is not None:
            return Fitted(self._base)
        if not texts and self._space != TEXT:
            return None
        encoder = open_fit(self._root, self._base) if self._base else None
        return encode(self._space, encoder, list(self._texts), texts, writer)


def spaces_with(
    spaces: Mapping[str, Space], base: Manifest | None, fitted: Fitted | None
) -> dict[str, Space]:
    """The spaces of a generation: those of the models, and the fitted one as it is now."""
    space = fitted.space if fitted else fitted_space(base.spaces.values()) if base else None
    return dict(spaces) | ({space.name: space} if space else {})
