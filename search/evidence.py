"""How well a passage supports a question: what decides whether there is an answer at all."""

from __future__ import annotations

import math
from collections.abc import Collection

from indexer.records import StoredChunk
from indexer.store.analysis import tokens

# Logistic regression fitted by benchmarks/evidence.py on questions with and without their
# answer in the index; the figures are in that file.
_COSINE, _COVERAGE, _BIAS = 9.0, 2.5, -5.5
_NO_COSINE = 0.42  # stands in where the text lane was off: the mean of answerable questions


def evidence(cosine: float | None, coverage: float) -> float:
    """Support in [0, 1], from the cosine of question and passage and the share of its words.

    `cosine` is None where no sentence encoder understands the question.
    """
    z = _COSINE * (_NO_COSINE if cosine is None else cosine) + _COVERAGE * coverage + _BIAS
    return 1.0 / (1.0 + math.exp(-z))


def coverage(words: Collection[str], chunk: StoredChunk) -> float:
    """The share of the question's distinct words, as analysed, that the chunk has anywhere."""
    wanted = set(words)
    if not wanted:
        return 0.0
    parts = [chunk.title, *chunk.place.heading, chunk.text, chunk.context]
    parts += [line.text for line in chunk.lines]
    return len(wanted & set(tokens("\n".join(parts)))) / len(wanted)
