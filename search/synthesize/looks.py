"""Which figures look so much like one that nobody could say which of them is meant."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from search.synthesize.corpus import Corpus, Figure

_SIDE = 32
_MEAN, _MOST = 2.0, 24.0
"""Differences of grey values, of 255, over the whole and at one point of the small picture."""
_SHAPE = 0.03


class Looks:
    """The figures of a corpus as small grey pictures, made when first needed."""

    def __init__(self, corpus: Corpus) -> None:
        self._corpus = corpus
        self._seen: dict[str, NDArray[np.float32] | None] = {}
        self._shapes: dict[str, float] = {}

    def alike(self, figure: Figure) -> list[Figure]:
        """`figure` and all that differ from it by no more than another compression does."""
        own, shape = self._small(figure), self._shape(figure)
        found = [figure]
        for other in self._corpus.figures:
            if other is figure or abs(self._shape(other) / shape - 1) > _SHAPE:
                continue
            small = self._small(other)
            if own is not None and small is not None:
                apart = np.abs(own - small)
                if apart.mean() <= _MEAN and apart.max() <= _MOST:
                    found.append(other)
        return found

    def _small(self, figure: Figure) -> NDArray[np.float32] | None:
        if figure.thumb not in self._seen:
            data = self._corpus.image(figure)
            self._seen[figure.thumb] = _grey(data) if data else None
        return self._seen[figure.thumb]

    def _shape(self, figure: Figure) -> float:
        """Width by height, read from the head of the file; 0 where there is none."""
        if figure.thumb not in self._shapes:
            path = self._corpus.index.thumb(figure.thumb)
            self._shapes[figure.thumb] = _shape(path) if path else 0.0
        return self._shapes[figure.thumb]


def _shape(path: Path) -> float:
    with Image.open(path) as image:
        return image.width / image.height


def _grey(data: bytes) -> NDArray[np.float32]:
    image = Image.open(io.BytesIO(data)).convert("L")
    small = image.resize((_SIDE, _SIDE), Image.Resampling.BOX)
    return np.asarray(small, dtype=np.float32)
