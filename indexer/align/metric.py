"""The linear part of an adapter, in closed form."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from indexer.align.examples import Examples
from indexer.align.pool import Pool
from indexer.records import Vectors

Matrix = NDArray[np.float64]

_WITHIN, _BETWEEN = 0.9, 0.5
"""How far each covariance is shrunk towards the identity: hundreds of pairs, not thousands."""

_SHARE = 0.6
"""Share of the variance that lies between documents."""

_NEIGHBOURS = 30
_ASKED = 1_000
"""Questions that hubs are judged by: about a thirtieth of them are a passage's neighbours."""

_HUB, _RIDGE = 0.6, 1.0
_BLOCK = 2_000


def learn_metric(examples: Examples, pool: Pool) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Residual (dim, dim) and offset (dim,), so that q + q·residual + offset finds answers.

    The matrix is that of the log-likelihood ratio of probabilistic linear discriminant analysis
    ("same document" against "another"; Prince and Elder, ICCV 2007; bilinear as in Kenny,
    Odyssey 2010), over passages of one document and over questions with what answered them.
    The mean question is taken off first, and then the direction of hubs: passages that are near
    many questions they do not answer (after Conneau et al., arXiv 1710.04087, whose correction
    of each passage is fitted here by one vector, as the index stays as it is).
    """
    mean = examples.queries.mean(axis=0, dtype=np.float64)
    matrix = _discriminant(*_spreads(examples, pool, mean))
    hubs = _hubs(examples, pool, ((examples.queries - mean) @ matrix).astype(np.float32))
    residual = matrix - np.eye(len(mean))
    offset = -mean @ matrix - _HUB * hubs
    return residual.astype(np.float32), offset.astype(np.float32)


def spread(differences: NDArray[np.floating]) -> Matrix:
    """Second moments of rows (n, dim), scaled to the trace of the identity, which stands for none.

    The scale takes out how far apart texts of different kinds lie as a whole.
    """
    dim = differences.shape[1]
    wide = differences.astype(np.float64)
    moments: Matrix = wide.T @ wide
    trace = float(np.trace(moments))
    return moments * (dim / trace) if trace > 1e-9 else np.eye(dim)


def nearest_right(examples: Examples, pool: Pool) -> Vectors:
    """For each question the nearest passage that is right for it, (n, dim)."""
    found = np.empty_like(examples.queries)
    for place, (query, rows) in enumerate(zip(examples.queries, examples.right, strict=True)):
        vectors = pool.vectors[rows]
        found[place] = vectors[int(np.argmax(vectors @ query))]
    return found


def _spreads(examples: Examples, pool: Pool, mean: NDArray[np.float64]) -> tuple[Matrix, Matrix]:
    """Within documents, or sets of them that answer the same, and between these."""
    units = _units(examples, pool)
    sizes = np.bincount(units)
    centres = np.zeros((len(sizes), pool.vectors.shape[1]))
    np.add.at(centres, units, pool.vectors)
    centres /= sizes[:, None]
    centre = pool.vectors.mean(axis=0)
    asked = spread((examples.queries - mean) - (nearest_right(examples, pool) - centre))
    between = spread(centres - centres.mean(axis=0))
    if sizes.max() < 2:  # nothing to learn from single passages
        return asked, between
    return (asked + spread(pool.vectors - centres[units])) / 2, between


def _units(examples: Examples, pool: Pool) -> NDArray[np.int64]:
    """What each passage belongs to, (n,), from 0: the answer it is right for, or its document."""
    units = pool.owners.copy()
    first = int(units.max()) + 1
    for answer, rows in zip(examples.answers, examples.right, strict=True):
        units[rows] = first + answer
    found: NDArray[np.int64] = np.unique(units, return_inverse=True)[1]
    return found


def _discriminant(within: Matrix, between: Matrix) -> Matrix:
    eye = np.eye(len(within))
    inner = (1 - _SHARE) * ((1 - _WITHIN) * within + _WITHIN * eye)
    outer = _SHARE * ((1 - _BETWEEN) * between + _BETWEEN * eye)
    total = inner + outer
    explained = np.linalg.solve(total, outer)
    matrix: Matrix = explained @ np.linalg.inv(total - outer @ explained)
    matrix *= len(matrix) / float(np.trace(matrix))
    return matrix


def _hubs(examples: Examples, pool: Pool, mapped: Vectors) -> NDArray[np.float64]:
    """The direction (dim,) whose inner product says how much of a hub a passage is.

    That is a passage's mean score over the questions nearest to it, without those it is right
    for: else whatever has been asked for would be pushed away.
    """
    count, dim = pool.vectors.shape
    sample = np.linspace(0, len(mapped) - 1, min(_ASKED, len(mapped))).astype(np.int64)
    mapped = mapped[sample]
    near = min(_NEIGHBOURS, len(mapped))
    level = np.empty(count)
    owned = [
        np.unique(pool.owners[np.concatenate([examples.right[place], examples.out[place]])])
        for place in sample
    ]
    for start in range(0, count, _BLOCK):
        scores = mapped @ pool.vectors[start : start + _BLOCK].T
        owners = pool.owners[start : start + _BLOCK]
        for row, own in enumerate(owned):
            scores[row, np.isin(owners, own)] = -np.inf
        best = np.partition(scores, len(mapped) - near, axis=0)[-near:]
        seen = np.isfinite(best)
        level[start : start + _BLOCK] = np.where(seen, best, 0).sum(0) / np.maximum(seen.sum(0), 1)
    centred = pool.vectors.astype(np.float64) - pool.vectors.mean(axis=0)
    hubs: NDArray[np.float64] = np.linalg.solve(
        centred.T @ centred + _RIDGE * np.eye(dim), centred.T @ (level - level.mean())
    )
    return hubs
