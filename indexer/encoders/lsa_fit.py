"""Fitting latent semantic analysis to texts. Slow to import, so only building imports it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from sklearn.utils.extmath import randomized_svd

from indexer.encoders.lsa import Fit, local_weights, terms

DIM = 300
"""Of 100, 200 and 300 the best on captions and bug reports: benchmarks/lsa.py."""

MOST_TEXTS = 20_000
"""More texts are represented by so many, evenly spread: a fit of these takes a minute."""

MOST_WORDS = 50_000
"""The words that most texts have; so many directions take 60 MB of memory."""

_ITERATIONS = 4
_SEED = 0


def fit(texts: Sequence[str], dim: int = DIM) -> Fit:
    """Where each word of `texts` points, in at most `dim` dimensions.

    A text is weighted (1 + log count) · log((1 + texts) / texts with the word) and brought to
    unit length. Randomised decomposition (Halko, Martinsson and Tropp, SIAM Review 53(2), 2011),
    from a fixed seed. Words of no text of the sample are not learnt.
    """
    step = max(1, -(-len(texts) // MOST_TEXTS))
    counts = [Counter(terms(text)) for text in texts[::step]]
    spread = Counter(word for found in counts for word in found)
    words = sorted(sorted(spread), key=lambda word: -spread[word])[:MOST_WORDS]
    if not words:
        return Fit((), np.zeros((0, 1), np.float32), len(texts))
    shares = np.array([spread[word] for word in words], np.float32)
    weights: NDArray[np.float32] = np.log((1 + len(counts)) / shares)
    table = _table(counts, {word: place for place, word in enumerate(words)}, weights)
    rank = min(dim, *table.shape)
    _, _, axes = randomized_svd(table, rank, n_iter=_ITERATIONS, random_state=_SEED)
    directions = np.asarray(axes.T * weights[:, None], np.float32)
    return Fit(tuple(words), directions, len(texts))


def _table(
    counts: Sequence[Mapping[str, int]], column: Mapping[str, int], weights: NDArray[np.float32]
) -> csr_array:
    """Weighted texts as rows of unit length, or of zeros: float32 (texts, words), sparse."""
    starts, columns, values = [0], list[int](), list[NDArray[np.float32]]()
    for found in counts:
        known = {column[word]: count for word, count in found.items() if word in column}
        row = local_weights(list(known.values())) * weights[list(known)]
        values.append(row / max(float(np.linalg.norm(row)), 1e-12))
        columns += known
        starts.append(len(columns))
    data = np.concatenate(values).astype(np.float32)
    return csr_array((data, columns, starts), shape=(len(counts), len(column)))
