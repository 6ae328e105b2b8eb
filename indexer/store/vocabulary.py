"""The words that an index has: how many chunks have each, and which a question means."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from heapq import nsmallest

import tantivy

from indexer.store.analysis import question_tokens
from indexer.store.codes import padded
from indexer.store.stems import DEFAULT, STEMMERS
from indexer.store.typos import Shelf, corrections, typed
from indexer.store.word_files import FIELDS

_SPOKEN = 0.05
"""Share of all documents from which on a language is one of the index, not a slip of detection."""


class Vocabulary:
    """The terms of an open tantivy index. Used from any number of threads."""

    def __init__(self, searcher: tantivy.Searcher, languages: Mapping[str, int]) -> None:
        """`languages` counts the documents of each, by ISO 639-1."""
        self._searcher = searcher
        least = _SPOKEN * sum(languages.values())
        self._languages = {name for name, count in languages.items() if count >= least}
        if self._languages.isdisjoint(STEMMERS.keys() - {DEFAULT}):
            self._languages.clear()  # one analysis for all
        self._shelves: dict[str, Shelf] = {}

    def asked(self, text: str) -> list[str]:
        """The distinct tokens of a question, read in the languages of the index."""
        return list(dict.fromkeys(question_tokens(text, self._languages)))

    def weights(self, parts: Mapping[str, float]) -> dict[str, float]:
        """What each word of some texts counts for: the most that a text with it does."""
        found: dict[str, float] = {}
        for text, weight in parts.items():
            for word in self.asked(text):
                found[word] = max(weight, found.get(word, 0.0))
        return found

    def count(self, word: str) -> int:
        """In how many chunks a word, as analysed, stands in the field that has it most."""
        return max(self._searcher.doc_freq(name, word) for name in FIELDS)

    def rarest(self, words: Iterable[str], most: int) -> list[str]:
        """The words that occur, at most `most` of them, fewest documents first."""
        frequency: dict[str, int] = {}
        for word in words:
            count = sum(self._searcher.doc_freq(name, word) for name in FIELDS)
            if count:
                frequency[word] = count
        return nsmallest(most, frequency, key=lambda word: (frequency[word], word))

    def corrections(self, text: str, missing: Collection[str]) -> dict[str, tuple[str, ...]]:
        """The words of `text` that were misspelt, with the likeliest meant, as analysed.

        `missing` holds the tokens of `text` that no chunk has. A code among them, as analysed
        too, is meant with other zeros before its number.
        """
        found: dict[str, tuple[str, ...]] = {}
        for code in missing:
            found[code] = tuple(other for other in padded(code) if self.count(other))
        for word in typed(text):
            forms = self.asked(word)
            if forms and all(form in missing for form in forms):
                found[word] = corrections(word, self._shelf)
        return {word: meant for word, meant in found.items() if meant}

    def _shelf(self, letter: str) -> Shelf:
        """The words that begin with `letter`, read once."""
        found = self._shelves.get(letter)
        if found is None:
            counts: dict[str, int] = {}
            for name in FIELDS:
                for word, count in self._searcher.terms_with_prefix(name, letter):
                    counts[word] = max(count, counts.get(word, 0))
            found = self._shelves[letter] = Shelf.of(counts)
        return found
