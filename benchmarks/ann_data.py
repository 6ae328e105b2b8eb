"""Vectors to measure indexes on: a mixture of clusters, and real ones repeated with noise."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from indexer.records import Vectors

_CLUSTERS = 512
_DIM = 512
_WIDTH = 0.7
_NOISE = 0.3
_SPREAD = 0.25
_SEED = 7


def mixture(count: int, queries: int) -> tuple[Vectors, Vectors]:
    """Unit vectors (count, 512) of 512 Gaussian clusters, and noisier queries from the same.

    The standard deviation falls as 1/√i along a random basis, that is, variances by a power
    law, as those of embeddings do.
    """
    rng = np.random.default_rng(_SEED)
    scale = 1 / np.sqrt(np.arange(1, _DIM + 1, dtype=np.float32))
    scale /= np.linalg.norm(scale)
    basis = np.linalg.qr(rng.normal(size=(_DIM, _DIM)))[0].astype(np.float32)
    centres = _normal(rng, _CLUSTERS, _DIM) * scale

    def draw(number: int, noise: float) -> Vectors:
        drawn = centres[rng.integers(_CLUSTERS, size=number)]
        drawn = drawn + _WIDTH * scale * _normal(rng, number, _DIM)
        return _unit(drawn @ basis + noise / np.sqrt(_DIM) * _normal(rng, number, _DIM))

    return draw(count, 0.0), draw(queries, _NOISE)


def repeated(vectors: Vectors, count: int, queries: int) -> tuple[Vectors, Vectors]:
    """`vectors` (n, dim) again and again with noise of length 0.25, and queries made alike."""
    rng = np.random.default_rng(_SEED)
    dim = vectors.shape[1]

    def draw(places: NDArray[np.int64]) -> Vectors:
        noise = _SPREAD / np.sqrt(dim) * _normal(rng, len(places), dim)
        return _unit(vectors[places] + noise)

    return draw(np.arange(count) % len(vectors)), draw(rng.integers(len(vectors), size=queries))


def _normal(rng: np.random.Generator, rows: int, columns: int) -> Vectors:
    return rng.standard_normal((rows, columns), dtype=np.float32)


def _unit(vectors: Vectors) -> Vectors:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)
