"""Questions of one matter: found by meaning or by words, and named."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from indexer.encoders.base import Encoder
from indexer.language import understood
from indexer.records import Vectors
from indexer.store.analysis import tokens
from search.cluster import average_link, central
from search.naming import Naming

CHARACTERS = 2_000
"""Of a long question so much is read; logs and traces follow the problem."""

# Where clusters agree best with the intents of Banking77: benchmarks/clusters.py.
_MEANING_CUT = 0.5
_WORDS_CUT = 0.1
_VOCABULARY = 4_096
_AT_ONCE = 64


@dataclass(frozen=True, slots=True)
class Question:
    """A question, or a ticket that stands for one. `title` is its first line."""

    id: str
    text: str

    @property
    def title(self) -> str:
        return self.text.strip().partition("\n")[0].strip()


@dataclass(frozen=True, slots=True)
class Matter:
    """Rows of a list of questions that belong together: the words that name them, the most
    typical of them, and all, ascending."""

    words: tuple[str, ...]
    central: int
    rows: tuple[int, ...]


def matters(
    questions: Sequence[Question], encoder: Encoder, others: Sequence[str] = ()
) -> list[Matter]:
    """Every question in one matter, the largest first.

    By meaning where the encoder knows the language, by words elsewhere. `others` are texts
    that belong to none; a word that is common in them names nothing.
    """
    texts = [question.text for question in questions]
    found = sorted(_clusters(texts, encoder), key=lambda cluster: -len(cluster[0]))
    naming = Naming([*([texts[row] for row in rows] for rows, _ in found), others])
    return [
        Matter(naming.words(place), typical, tuple(rows))
        for place, (rows, typical) in enumerate(found)
    ]


def word_vectors(texts: Sequence[str]) -> Vectors:
    """The words of texts as vectors: float32 (n, at most 4,096), unit length or 0.

    A word that a text has counts log(n / texts that have it), repeats aside. Words that one
    text alone has are left out, as they are in none of the others.
    """
    found = [set(tokens(text)) for text in texts]
    counts = Counter(word for words in found for word in words)
    common = [word for word, count in counts.most_common(_VOCABULARY) if count > 1]
    column: Mapping[str, int] = {word: place for place, word in enumerate(common)}
    table = np.zeros((len(texts), max(1, len(common))), np.float32)
    for row, words in enumerate(found):
        for word in words & column.keys():
            table[row, column[word]] = np.log(len(texts) / counts[word])
    lengths = np.linalg.norm(table, axis=1, keepdims=True)
    return np.asarray(table / np.maximum(lengths, 1e-12), np.float32)


def _clusters(texts: Sequence[str], encoder: Encoder) -> Iterator[tuple[list[int], int]]:
    """Rows that belong together, and the most central of them."""
    known = [understood(text, encoder.languages) for text in texts]
    for meaning in (True, False):
        rows = [row for row, knows in enumerate(known) if knows is meaning]
        if not rows:
            continue
        chosen = [texts[row][:CHARACTERS] for row in rows]
        vectors = _encoded(chosen, encoder) if meaning else word_vectors(chosen)
        for members in average_link(vectors, _MEANING_CUT if meaning else _WORDS_CUT):
            yield [rows[member] for member in members], rows[central(vectors, members)]


def _encoded(texts: Sequence[str], encoder: Encoder) -> Vectors:
    parts = [texts[start : start + _AT_ONCE] for start in range(0, len(texts), _AT_ONCE)]
    return np.concatenate([encoder.encode_texts(part) for part in parts])
