"""Whether two sentences say the same, or the same but for a figure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from indexer.store.analysis import tokens
from search.amounts import Amount, Sort, amounts

_REPEATS = 0.8
"""Words that two sentences share, of those that either has, from which they say the same."""
_COSINE = 0.92
"""Their cosine from which they do."""
_ALIKE = 0.75
"""As `_REPEATS`, from which two sentences that differ in a figure are about one thing."""
_FEWEST = 4
_MOST_DIFFERENCES = 1

_NEGATION = re.compile(
    r"\b(?:not|no|never|without|cannot|neither|nor|unless|only)\b|n't\b|[不没无勿未别]",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Claim:
    """A sentence, taken apart to be compared: its words, as analysed, and its figures."""

    text: str
    words: frozenset[str]
    amounts: tuple[Amount, ...]
    negations: int

    def overlap(self, other: Claim) -> float:
        """Words that both have, as a share of those that either has."""
        return len(self.words & other.words) / max(1, len(self.words | other.words))


def claim(text: str) -> Claim:
    found, rest = amounts(text)
    return Claim(text, frozenset(tokens(rest)), tuple(found), len(_NEGATION.findall(text)))


def repeats(one: Claim, other: Claim, cosine: float | None) -> bool:
    """Whether `other` says what `one` says: alike in words or meaning, and in every figure.

    `cosine` is that of the two sentences, None where it is not known.
    """
    if one.text == other.text:
        return True
    figures = [(amount.value, amount.unit) for amount in one.amounts]
    if figures != [(a.value, a.unit) for a in other.amounts] or one.negations != other.negations:
        return False
    enough = min(len(one.words), len(other.words)) >= _FEWEST
    return enough and (one.overlap(other) >= _REPEATS or (cosine is not None and cosine >= _COSINE))


def difference(one: Claim, other: Claim, strict: bool = False) -> tuple[Amount, Amount] | None:
    """The one figure in which two otherwise alike sentences differ, None where they do not so.

    Both must state as many figures, the differing two of one sort and unit and behind the
    first words of their sentences, which say what it is about. `strict` asks for nearly the
    same words.
    """
    if len(one.amounts) != len(other.amounts) or one.negations != other.negations:
        return None
    least = _REPEATS + 0.1 if strict else _ALIKE
    if len(one.words & other.words) < _FEWEST or one.overlap(other) < least:
        return None
    pairs = [(a, b) for a, b in zip(one.amounts, other.amounts, strict=True) if not a.same(b)]
    if not pairs or len(pairs) > _MOST_DIFFERENCES:
        return None
    first, second = pairs[0]
    if first.sort is not second.sort or first.unit != second.unit:
        return None
    if first.sort is Sort.CODE and min(first.at, second.at) == 0:
        return None
    return first, second
