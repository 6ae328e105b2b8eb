"""How likely a document is the right one for a question.

Logistic regressions on few signals (Platt, "Probabilistic Outputs for Support Vector Machines",
1999), one for each way of asking. benchmarks/evidence.py fits them and judges them on questions
asked with and without their documents in the index; search/tuned.py refits them to the questions
of one company.
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
    """What each signal counts for in the confidence, in logits.

    `missed` is that of the codes of the question that are lacking, `named` that of those had.
    """

    bias: float
    lead: float = 0.0
    cosine: float = 0.0
    share: float = 0.0
    had: float = 0.0
    rarest: float = 0.0
    missed: float = 0.0
    named: float = 0.0
    ahead: float = 0.0
    line: float = 0.0
    same: float = 0.0
    made: float = 0.0


_NAMED = 2.0
"""Chosen, not fitted: few questions are hardly more than a code, and many pages have each."""

_MISSED = -1.25
"""Chosen, not fitted, for what no sentence encoder understands: as for English where documents
are few. Few of its questions name a code that no document has."""

_MADE = 2.0
"""Chosen, not fitted: few of the questions ask how to do what a section is named after."""

TYPED = Weights(bias=-8.89, lead=15.75, had=0.106, missed=-0.34, named=_NAMED, made=_MADE)
"""For a typed question, by how far the score of all lanes together exceeds the level."""

APART = Weights(bias=-8.92, cosine=12.67, had=0.125, missed=-1.25, named=_NAMED, made=_MADE)
"""The same where few documents or a fusion without a common scale give no level."""

PASTED = Weights(bias=-6.26, cosine=7.14)
"""For a text of LONG words or more: a ticket, a log."""

FOREIGN = Weights(bias=-6.67, lead=6.71, had=0.123, missed=_MISSED, named=_NAMED, made=_MADE)
"""For a typed question that no sentence encoder understands."""

WORDS = Weights(bias=-2.84, share=3.9, missed=_MISSED, named=_NAMED, made=_MADE)
"""The same where there is no level."""

SHOWN = Weights(bias=-4.66, lead=-1.75, ahead=6.29, line=2.47, same=2.57)
"""For a question with an image."""

PICTURED = Weights(bias=-4.07, rarest=0.13, line=2.47, same=3.56)
"""The same where there is no level."""

FEWEST = 20
"""Documents found from which on the lower half of them is a level."""

CERTAIN = 4.6
"""Log odds, of .99, beyond which nothing is held for surer when two are pooled."""

_OTHERS = 10

LONG = 32
"""Distinct words from which on a text was not typed as a question: a ticket, a log."""

_MOST = 20.0
"""Sum of rarities beyond which a text is long rather than telling: a ticket typed as a question."""

_TELLING = 2.0
"""Rarity from which on a code tells chunks apart: about one chunk in eight has it, or fewer."""

_ASKING = frozenset(
    {
        *("how", "what", "when", "where", "which", "who", "whose", "why"),
        *("i", "me", "my", "we", "us", "our", "you", "your", "he", "she", "him", "her"),
        *("am", "been", "were", "do", "doe", "did", "done", "have", "has", "had"),
        *("can", "could", "may", "might", "must", "shall", "should", "would", "pleas"),
        *("可以", "能", "能不能", "可不可以", "应该", "需要", "想", "一下"),
    }
)
"""Question words, pronouns and auxiliaries, as analysed. Manuals rarely have them; Chinese
question words are none that are searched for (indexer/store/han.py)."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """What of a question some chunks have.

    `share` in [0, 1] is that of its words, counted by their rarity, and `had` the sum of the
    rarities of those that they have, 20 at most. `codes` in [-1, 1] is 1 when they have all its
    codes, -1 when they have none, and 0 when it names none. `rarest` is the rarity of the most
    telling word that they have, above 0, or 0. `words` counts those of the question.
    """

    share: float
    codes: float = 0.0
    rarest: float = 0.0
    words: int = 0
    had: float = 0.0

    @property
    def named(self) -> float:
        """In [0, 1], what it has of the codes of a question."""
        return max(self.codes, 0.0)

    @property
    def missed(self) -> float:
        """In [0, 1], what it lacks of the codes of a question."""
        return max(-self.codes, 0.0)


@dataclass(frozen=True, slots=True)
class Signals:
    """What speaks for a document.

    `cosine` in [-1, 1] is that of question and passage, None where no sentence encoder understands
    the question. `fused` is the score of all lanes together, `lead` by how much it exceeds that of
    what only comes near (`above`), and `ahead` that of the ten best others; all None where fewer
    than FEWEST documents or a fusion without a common scale give them no meaning. `head` is the
    cosine of question and title with headings, None where the document has none. `made` is whether
    it has a place made for the question: a row of a table for the codes named, or the steps of
    what is asked how to do. For a question with an image, `shown`, `line` is the rarity of the
    rarest line that both show, as the lane of lines has it, and `same` whether the document has
    the very image. `unnamed` are the log odds of the document when the product's name is left out
    of the question, None where it names none.
    """

    covered: Coverage
    cosine: float | None = None
    fused: float | None = None
    lead: float | None = None
    ahead: float | None = None
    head: float | None = None
    made: bool = False
    shown: bool = False
    line: float = 0.0
    same: bool = False
    unnamed: float | None = None


def confidence(signals: Signals) -> float:
    """The probability in [0, 1] that the document is the right one."""
    return logistic(log_odds(signals))


def log_odds(signals: Signals) -> float:
    """What `confidence` is the logistic function of.

    The name of a product says which documents may answer, and nothing about whether they do, but
    all of them have it. So the log odds with and without it are pooled by their mean (Genest and
    Zidek, "Combining Probability Distributions", 1986).
    """
    own = _weighed(signals)
    if signals.unnamed is None:
        return own
    return (_held(own) + _held(signals.unnamed)) / 2


def _held(odds: float) -> float:
    return min(max(odds, -CERTAIN), CERTAIN)


def _weighed(signals: Signals) -> float:
    weights, covered = weights_for(signals), signals.covered
    return (
        weights.bias
        + weights.lead * (signals.lead or 0.0)
        + weights.cosine * (signals.cosine or 0.0)
        + weights.ahead * (signals.ahead or 0.0)
        + weights.line * signals.line
        + weights.same * signals.same
        + weights.made * signals.made
        + weights.share * covered.share
        + weights.had * covered.had
        + weights.rarest * covered.rarest
        + weights.missed * covered.missed
        + weights.named * covered.named
    )


def weights_for(signals: Signals) -> Weights:
    """Those for the way in which the question was asked, by what is known of it."""
    if signals.shown:
        return PICTURED if signals.lead is None else SHOWN
    if signals.cosine is None:
        return WORDS if signals.lead is None else FOREIGN
    if signals.covered.words >= LONG:
        return PASTED
    return APART if signals.lead is None else TYPED


def above(own: float, scores: Sequence[float]) -> float:
    """By how much a score exceeds the mean of the lower half of a lane's ranking, best first.

    A level that the question sets itself, as cosines of one index or manner of asking are higher
    than those of another. Documents that say the same do not lower it, as the half is far down.
    """
    lower = scores[len(scores) // 2 :]
    return own - sum(lower) / len(lower) if lower else own


def ahead(place: int, scores: Sequence[float]) -> float:
    """By how much the score at `place` exceeds the mean of the best ten others, best first.

    What several documents answer about as well may have no clear answer, or several that say the
    same: which of them, an index's own questions have to teach.
    """
    others = [*scores[:place], *scores[place + 1 :]][:_OTHERS]
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
    codes = {word: weight for word, weight in words.items() if weight >= _TELLING and is_code(word)}
    named = sum(weight if word in present else -weight for word, weight in codes.items())
    return Coverage(
        share=sum(had) / total,
        codes=named / sum(codes.values()) if codes else 0.0,
        rarest=max(had, default=0.0),
        words=len(rarity),
        had=min(sum(had), _MOST),
    )


def logistic(z: float) -> float:
    """1 / (1 + e^-z), for any z."""
    return 1.0 / (1.0 + math.exp(-z)) if z > 0 else math.exp(z) / (1.0 + math.exp(z))
