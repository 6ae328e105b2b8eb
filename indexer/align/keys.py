"""The memory of an adapter: one key and one direction for each known answer."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from indexer.adapter import Memory
from indexer.align.examples import Examples
from indexer.align.metric import spread
from indexer.align.pool import Pool
from indexer.records import Vectors
from indexer.store.centres import unit

_TEMPERATURE = 0.05
_NOISE = 0.5
_STEPS, _BATCH, _RATE = 80, 512, 0.01
_SHRINK = 0.1


def learn_memory(examples: Examples, pool: Pool) -> Memory:
    """Keys and values of the answers in `examples`; floor and strength are yet to be chosen.

    Keys start as the mean questions of their answers and are trained to tell these apart
    (InfoNCE over all answers, as Tip-Adapter-F trains its cache, arXiv 2207.09519), with noise
    on the questions. A value is the mean passage of an answer, whitened by the passages of
    the index, so that it points to these passages and to few others.
    """
    known, labels = np.unique(examples.answers, return_inverse=True)
    keys = _trained(examples.queries, labels.astype(np.int64), len(known))
    values = answer_values(examples, pool, labels.astype(np.int64), len(known))
    return Memory(keys, values, _TEMPERATURE, 1.0, 0.0)


def answer_values(
    examples: Examples,
    pool: Pool,
    labels: NDArray[np.int64],
    count: int,
    shrink: float = _SHRINK,
) -> Vectors:
    """Of answers 0 to `count`, numbered for each question by `labels` (n,): float32 (count, dim).

    The covariance that whitens is shrunk by `shrink` (0 to 1) towards the identity.
    """
    centre = pool.vectors.mean(axis=0)
    eye = np.eye(len(centre))
    whiten = np.linalg.inv((1 - shrink) * spread(pool.vectors - centre) + shrink * eye)
    rows: list[list[NDArray[np.int64]]] = [[] for _ in range(count)]
    for label, right in zip(labels, examples.right, strict=True):
        rows[label].append(right)
    means = np.stack([pool.vectors[np.unique(np.concatenate(own))].mean(axis=0) for own in rows])
    apart = means - centre
    values = apart @ whiten
    reach = np.einsum("nd,nd->n", values, apart)
    scaled: Vectors = (values / np.maximum(reach, 1e-9)[:, None]).astype(np.float32)
    return scaled


def _trained(queries: Vectors, labels: NDArray[np.int64], count: int) -> Vectors:
    """Cosine softmax by Adam with the gradient written out, float32 (count, dim), unit rows."""
    dim = queries.shape[1]
    sums = np.zeros((count, dim), np.float32)
    np.add.at(sums, labels, queries)
    sizes = np.bincount(labels, minlength=count)[:, None]
    means: Vectors = (sums / sizes).astype(np.float32)
    keys = unit(means - means.mean(axis=0) if count > 1 else means)
    rng = np.random.default_rng(0)
    first, second = np.zeros_like(keys), np.zeros_like(keys)
    for step in range(1, _STEPS + 1):
        chosen = rng.permutation(len(queries))[:_BATCH]
        noise = rng.standard_normal((len(chosen), dim), np.float32) * (_NOISE / np.sqrt(dim))
        slope = key_gradient(keys, unit(queries[chosen] + noise), labels[chosen])
        first = 0.9 * first + 0.1 * slope
        second = 0.999 * second + 0.001 * slope**2
        rate = _RATE * np.sqrt(1 - 0.999**step) / (1 - 0.9**step)
        keys = (keys - rate * first / (np.sqrt(second) + 1e-8)).astype(np.float32)
    return unit(keys)


def key_gradient(keys: Vectors, queries: Vectors, labels: NDArray[np.int64]) -> Vectors:
    """Of the mean cross-entropy of softmax(queries · unit(keys) / temperature) at `labels`.

    `keys` (c, dim), `queries` (n, dim) unit, `labels` (n,) → float32 (c, dim).
    """
    lengths = np.maximum(np.linalg.norm(keys, axis=1, keepdims=True), 1e-12)
    ways = keys / lengths
    logits = queries @ ways.T / _TEMPERATURE
    chances = np.exp(logits - logits.max(axis=1, keepdims=True))
    chances /= chances.sum(axis=1, keepdims=True)
    chances[np.arange(len(labels)), labels] -= 1.0
    slope = chances.T @ queries / (len(labels) * _TEMPERATURE)
    along = (slope * ways).sum(axis=1, keepdims=True)
    gradient: Vectors = ((slope - along * ways) / lengths).astype(np.float32)
    return gradient
