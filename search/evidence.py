"""How well a passage supports a question: what decides whether there is an answer at all."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

from indexer.records import StoredChunk
from indexer.store.analysis import tokens

# Two logistic regressions on 1,032 real questions, each asked with and without its answer in
# the index (StackFAQ, manual captions, bug reports): benchmarks/evidence.py fits them.
_COSINE, _SHARE, _BIAS = 9.84, 1.41, -6.83
_SHARE_ALONE, _BIAS_ALONE = 1.92, -1.16


def evidence(cosine: float | None, share: float) -> float:
    """Support in [0, 1], from the cosine of question and passage and the share of its words.

    `cosine` is None where no sentence encoder understands the question.
    """
    if cosine is None:
        return _logistic(_SHARE_ALONE * share + _BIAS_ALONE)
    return _logistic(_COSINE * cosine + _SHARE * share + _BIAS)


def coverage(rarity: Mapping[str, float], chunks: Iterable[StoredChunk]) -> float:
    """The share of the question's words that some chunk has, each counted by its rarity.

    `rarity` holds the question's distinct words, as analysed; an error code weighs more than
    "display" does.
    """
    total = sum(rarity.values())
    if not total:
        return 0.0
    present: set[str] = set()
    for chunk in chunks:
        parts = [chunk.title, *chunk.place.heading, chunk.text, chunk.context]
        parts += [line.text for line in chunk.lines]
        present.update(tokens("\n".join(parts)))
    return sum(weight for word, weight in rarity.items() if word in present) / total


def _logistic(z: float) -> float:
    return 1.0 / (1.0 + math.exp(-z))
