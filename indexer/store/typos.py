"""Words that an index does not have → those it has that were meant.

Damerau, "A technique for computer detection and correction of spelling errors" (CACM 7(3), 1964):
most typos are one letter too many, missing or wrong, or two that changed places.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from string import punctuation

import numpy as np
from numpy.typing import NDArray

from indexer.store.han import HAN
from indexer.store.stems import stem

_SHORTEST = 5
"""Letters below which too many words are one edit from another."""

_LONG = 8
"""From here on two edits are allowed."""

_MOST = 2
_BITS = 64


def typed(text: str) -> list[str]:
    """The distinct words of `text` that can be typos, in lower case: letters alone, not few.

    Codes and Chinese are never among them.
    """
    words = (word.strip(punctuation) for word in text.lower().split())
    return [word for word in dict.fromkeys(words) if _can_be_wrong(word)]


@dataclass(frozen=True, slots=True)
class Shelf:
    """The words of an index that begin with one letter.

    `counts` has the chunks that have each; `sets` uint64 (n,) which letters, as bits; `lengths`
    int16 (n,) how many; `alphabet` all letters of the words.
    """

    counts: Mapping[str, int]
    words: Sequence[str]
    sets: NDArray[np.uint64]
    lengths: NDArray[np.int16]
    alphabet: str

    @classmethod
    def of(cls, counts: Mapping[str, int]) -> Shelf:
        """The words that stand in two chunks at least: one alone may be a typo itself."""
        kept = {word: n for word, n in counts.items() if n > 1 and len(word) > 2 and word.isalpha()}
        return cls(
            kept,
            list(kept),
            np.array([_letters(word) for word in kept], np.uint64),
            np.array([len(word) for word in kept], np.int16),
            "".join(sorted(set("".join(kept)))),
        )

    def near(self, word: str, most: int) -> Iterator[str]:
        """Those at most `most` edits away."""
        # An edit changes two letters of the set at most, and the length by one.
        different = np.bitwise_count(self.sets ^ np.uint64(_letters(word)))
        shifted = np.abs(self.lengths - len(word))
        for place in np.flatnonzero((different <= 2 * most) & (shifted <= most)).tolist():
            if distance(word, self.words[place], most) <= most:
                yield self.words[place]


def corrections(word: str, shelf: Callable[[str], Shelf]) -> tuple[str, ...]:
    """The words of the index that a `word` it lacks was meant to be, at most two, best first.

    `word` is in lower case with its ending; `shelf` gives the words that begin with a letter,
    as analysed. One edit away, from eight letters on two where nothing is one away;
    neighbours that changed places are one edit. The first letter is right or changed places
    with the second. The most frequent come first.
    """
    found: dict[str, int] = {}
    for other in _edited(word, shelf(word[0]).alphabet):
        for form in stem(other)[:1]:  # its ending may be what was misspelt
            if count := shelf(form[0]).counts.get(form):
                found[form] = count
    if not found and len(word) >= _LONG:
        for form in {word, *stem(word)}:
            here = shelf(form[0])
            found.update((other, here.counts[other]) for other in here.near(form, 2))
    return tuple(sorted(found, key=lambda other: (-found[other], other))[:_MOST])


def _edited(word: str, alphabet: str) -> Iterator[str]:
    """Everything that is one edit from `word`; its first letter changes places at most."""
    for i in range(len(word)):
        before, rest = word[:i], word[i:]
        if len(rest) > 1:
            yield before + rest[1] + rest[0] + rest[2:]
        if i:
            yield before + rest[1:]
            yield from (before + letter + rest[1:] for letter in alphabet)
            yield from (before + letter + rest for letter in alphabet)
    yield from (word + letter for letter in alphabet)


def distance(one: str, other: str, most: int) -> int:
    """Edits between two words (optimal string alignment), or `most` + 1 for any number beyond."""
    before: list[int] = []
    last = list(range(len(other) + 1))
    for i, letter in enumerate(one, start=1):
        row = [i]
        for j, against in enumerate(other, start=1):
            cost = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (letter != against))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == against:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        if min(row) > most and min(last) > most:  # a swap reaches two rows back
            return most + 1
        before, last = last, row
    return min(last[-1], most + 1)


def _can_be_wrong(word: str) -> bool:
    return len(word) >= _SHORTEST and word.isalpha() and not HAN.search(word)


def _letters(word: str) -> int:
    bits = 0
    for letter in word:
        bits |= 1 << ord(letter) % _BITS
    return bits
