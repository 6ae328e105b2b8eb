"""A word → its stems: one for all languages together, one more of the language it stands in."""

from __future__ import annotations

import re
from functools import cache
from types import MappingProxyType

import tantivy

STOP_WORDS = frozenset(
    {
        *("a", "an", "and", "are", "as", "at", "be", "but", "by", "for", "if", "in", "into", "is"),
        *("it", "no", "not", "of", "on", "or", "such", "that", "the", "their", "then", "there"),
        *("these", "they", "this", "to", "was", "will", "with"),
    }
)

DEFAULT = "en"

STEMMERS = MappingProxyType(
    {
        **{"ar": "arabic", "da": "danish", "de": "german", "el": "greek", "en": "english"},
        **{"es": "spanish", "fi": "finnish", "fr": "french", "hu": "hungarian", "it": "italian"},
        **{"nb": "norwegian", "nl": "dutch", "nn": "norwegian", "no": "norwegian"},
        **{"pt": "portuguese", "ro": "romanian", "ru": "russian", "sv": "swedish"},
        **{"ta": "tamil", "tr": "turkish"},
    }
)
"""ISO 639-1 → the Snowball stemmer of tantivy for it."""

_ENGLISH = re.compile(r"[a-z']+")


def stem(word: str, language: str = DEFAULT) -> tuple[str, ...]:
    """The stems of a lower-case word; none of an English stop word.

    The first is the same whatever the language: English endings are cut from words in the
    letters of English, others stay. It is what a question finds whose language nobody told.
    A second follows where `language` (ISO 639-1) has a stemmer that says otherwise.
    """
    if word in STOP_WORDS:
        return ()
    first = _cut(word, DEFAULT) if _ENGLISH.fullmatch(word) else word
    if language == DEFAULT or language not in STEMMERS:
        return (first,)
    second = _cut(word, language)
    return (first,) if second == first else (first, second)


def _cut(word: str, language: str) -> str:
    found = _stemmer(STEMMERS[language]).analyze(word)
    return found[0] if found else word


@cache
def _stemmer(name: str) -> tantivy.TextAnalyzer:
    builder = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace())
    return builder.filter(tantivy.Filter.stemmer(name)).build()
