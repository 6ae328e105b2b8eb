"""How well a passage supports a question: what decides whether there is an answer at all."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from indexer.records import StoredChunk
from indexer.store.analysis import tokens
from indexer.store.codes import is_code

# Two logistic regressions on 1,032 real questions, each asked with and without its answer in
# the index (StackFAQ, manual captions, bug reports): benchmarks/evidence.py fits them.
_COSINE, _SHARE, _BIAS = 9.84, 1.41, -6.83
_SHARE_ALONE, _BIAS_ALONE = 1.92, -1.16

# Chosen, not fitted: too few of those questions name a code. They lift a passage that has the
# code and little else in common over the threshold, and sink one that is like the question
# but for its code.
_HAD, _MISSED = 3.0, 2.0

_TELLING = 2.0
"""Rarity from which on a code tells chunks apart: about one chunk in eight has it, or fewer."""

_ASKING = frozenset(
    {
        *("how", "what", "when", "where", "which", "who", "whose", "why"),
        *("i", "me", "my", "we", "us", "our", "you", "your", "he", "she", "him", "her"),
        *("am", "been", "were", "do", "doe", "did", "done", "have", "has", "had"),
        *("can", "could", "may", "might", "must", "shall", "should", "would", "pleas"),
    }
)
"""English question words, pronouns and auxiliaries, as analysed. Manuals rarely have them."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """What of a question some chunks have.

    `share` in [0, 1] is that of its words; `codes` in [-1, 1] is 1 when they have all its
    codes, -1 when they have none, and 0 when it names none.
    """

    share: float
    codes: float = 0.0


def evidence(cosine: float | None, covered: Coverage) -> float:
    """Support in [0, 1], from the cosine of question and passage and the question's words.

    `cosine` is None where no sentence encoder understands the question.
    """
    named = covered.codes * (_HAD if covered.codes > 0 else _MISSED)
    if cosine is None:
        return _logistic(_SHARE_ALONE * covered.share + named + _BIAS_ALONE)
    return _logistic(_COSINE * cosine + _SHARE * covered.share + named + _BIAS)


def telling(rarity: Mapping[str, float]) -> dict[str, float]:
    """The words of a question that say what it is about, with their rarity.

    The parts of a code count with the code. Words that only make a question of it are left
    out, unless there are no others.
    """
    codes = [word for word in rarity if is_code(word)]
    whole = {
        word: weight
        for word, weight in rarity.items()
        if not any(word != code and word in code for code in codes)
    }
    return {word: weight for word, weight in whole.items() if word not in _ASKING} or whole


def coverage(rarity: Mapping[str, float], chunks: Iterable[StoredChunk]) -> Coverage:
    """What the chunks together have of the question's words, each counted by its rarity.

    `rarity` holds the distinct words, as analysed; an error code weighs more than "display"
    does, and is evidence of its own where few chunks of the index have it.
    """
    words = telling(rarity)
    total = sum(words.values())
    if not total:
        return Coverage(0.0)
    present: set[str] = set()
    for chunk in chunks:
        parts = [chunk.title, *chunk.place.heading, chunk.text, chunk.context]
        parts += [line.text for line in chunk.lines]
        present.update(tokens("\n".join(parts)))
    share = sum(weight for word, weight in words.items() if word in present) / total
    codes = {word: weight for word, weight in words.items() if weight >= _TELLING and is_code(word)}
    named = sum(weight if word in present else -weight for word, weight in codes.items())
    return Coverage(share, named / sum(codes.values()) if codes else 0.0)


def _logistic(z: float) -> float:
    return 1.0 / (1.0 + math.exp(-z))
