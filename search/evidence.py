"""How well a document supports a question, and how likely it is the right one.

The first decides whether there is an answer at all, the second says how far to trust it. Both are
logistic regressions on few signals (Platt, "Probabilistic Outputs for Support Vector Machines",
1999); benchmarks/evidence.py fits the second and judges it on questions asked with and without
their documents in the index. search/tuned.py refits it to the questions of one company.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from indexer.records import StoredChunk
from indexer.store.analysis import tokens
from indexer.store.codes import is_code


@dataclass(frozen=True, slots=True)
class Weights:
    """What each signal counts for in the confidence, in logits."""

    bias: float
    near: float = 0.0
    seen: float = 0.0
    lead: float = 0.0
    ahead: float = 0.0
    rarest: float = 0.0
    missing: float = 0.0


RANKED = Weights(bias=-7.08, lead=8.11, ahead=9.44, rarest=0.18)
"""For a typed question whose fused scores say something; the others know the lanes alone."""

TYPED = Weights(bias=-5.80, near=11.68, rarest=0.53, missing=-1.61)
SHOWN = Weights(bias=-6.65, near=2.24, seen=2.19, rarest=0.66, missing=-0.59)

_NEXT = 10
FEWEST = 2 * (_NEXT + 1)
"""Candidates from which on the next ten are other ones than the lower half."""

# Two logistic regressions on 1,032 real questions, each asked with and without its answer in
# the index (StackFAQ, manual captions, bug reports).
_COSINE, _SHARE, _BIAS = 9.84, 1.41, -6.83
_SHARE_ALONE, _BIAS_ALONE = 1.92, -1.16

# Chosen, not fitted: too few of those questions name a code. They lift a passage that has the
# code and little else in common over the threshold, and sink one that is like the question
# but for its code.
_HAD, _MISSED = 3.0, 2.0

LONG = 32
"""Distinct words from which on a text was not typed as a question: a ticket, a log."""

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
    codes, -1 when they have none, and 0 when it names none. `rarest` is the rarity of the most
    telling word that they have, above 0, or 0; `missing` in [0, 1] that of the most telling one
    that they lack, as a share of the most telling of all. `words` counts those of the question.
    """

    share: float
    codes: float = 0.0
    rarest: float = 0.0
    missing: float = 1.0
    words: int = 0


@dataclass(frozen=True, slots=True)
class Signals:
    """What speaks for a document.

    `cosine` in [-1, 1] is that of question and passage, `near` by how much it exceeds that of what
    only comes near (`above`); both None where no sentence encoder understands the question.
    `seen` is the same in the shared space, None for a question without an image. `fused` is the
    score of all lanes together, `lead` by how much it exceeds that of what only comes near
    (`above`), `ahead` by how much that of the ten next best candidates; all None where fewer than
    FEWEST candidates or a fusion without a common scale give them no meaning. `head` is the cosine
    of question and title with headings, None where the document has none.
    """

    covered: Coverage
    cosine: float | None = None
    near: float | None = None
    seen: float | None = None
    fused: float | None = None
    lead: float | None = None
    ahead: float | None = None
    head: float | None = None


def evidence(signals: Signals) -> float:
    """Support in [0, 1], from the cosine of question and passage and the question's words."""
    covered = signals.covered
    if signals.cosine is None:
        return _logistic(_SHARE_ALONE * covered.share + _named(covered) + _BIAS_ALONE)
    logit = _COSINE * signals.cosine + _SHARE * covered.share + _BIAS
    return _logistic(logit + _named(covered))


def confidence(signals: Signals) -> float:
    """The probability in [0, 1] that the document is the right one.

    Without a sentence encoder it is the support, on no questions shown to be a probability.
    """
    return evidence(signals) if signals.near is None else _logistic(log_odds(signals))


def log_odds(signals: Signals) -> float:
    """What `confidence` is the logistic function of, where there is a sentence encoder."""
    weights = RANKED if signals.lead is not None else TYPED
    if signals.seen is not None:
        weights = SHOWN
    covered = signals.covered
    return (
        weights.bias
        + weights.near * (signals.near or 0.0)
        + weights.seen * (signals.seen or 0.0)
        + weights.lead * (signals.lead or 0.0)
        + weights.ahead * (signals.ahead or 0.0)
        + weights.rarest * covered.rarest
        + weights.missing * covered.missing
        + coded(signals)
    )


def coded(signals: Signals) -> float:
    """What the codes of a question, had or missed, count for in its log odds.

    Nothing in a ticket, which names versions and addresses that its answer has not.
    """
    ticket = signals.seen is None and signals.covered.words >= LONG
    return 0.0 if ticket else _named(signals.covered)


def above(own: float, scores: Sequence[float]) -> float:
    """By how much a score exceeds the mean of the lower half of a lane's ranking, best first.

    A level that the question sets itself, as cosines of one index or manner of asking are higher
    than those of another. Documents that say the same do not lower it, as the half is far down.
    """
    lower = scores[len(scores) // 2 :]
    return own - sum(lower) / len(lower) if lower else own


def ahead(place: int, scores: Sequence[float]) -> float:
    """By how much the score at `place` exceeds the mean of the best ten others, best first.

    A question that several documents answer about as well has no clear answer, or an index that
    lacks it.
    """
    others = [*scores[:place], *scores[place + 1 :]][:_NEXT]
    return scores[place] - sum(others) / len(others) if others else scores[place]


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
    had = [weight for word, weight in words.items() if word in present]
    lacked = [weight for word, weight in words.items() if word not in present]
    codes = {word: weight for word, weight in words.items() if weight >= _TELLING and is_code(word)}
    named = sum(weight if word in present else -weight for word, weight in codes.items())
    return Coverage(
        share=sum(had) / total,
        codes=named / sum(codes.values()) if codes else 0.0,
        rarest=max(had, default=0.0),
        missing=max(lacked, default=0.0) / max(words.values()),
        words=len(rarity),
    )


def _named(covered: Coverage) -> float:
    return covered.codes * (_HAD if covered.codes > 0 else _MISSED)


def _logistic(z: float) -> float:
    return 1.0 / (1.0 + math.exp(-z)) if z > 0 else math.exp(z) / (1.0 + math.exp(z))
