"""Texts of an index as the words that would be said."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

OPENINGS = (
    "how do i", "how can i", "how to", "how does it", "how long does it take", "how much",
    "how many", "how often should i", "what is the", "what does it mean", "what should i do",
    "what do i do when", "what happens if i", "why is the", "why does my", "why does the",
    "why is my", "why can't i", "where is the", "where can i find", "where do i",
    "when should i", "which", "who", "can i", "can you", "could i", "could you",
    "is there a way to", "is there any", "is there a", "is it possible to", "is the",
    "does it", "does the", "do i need to", "are there any", "should i", "i can't", "i cannot",
    "i want to", "i'd like to", "i would like to", "i need to", "i have a", "i'm trying to",
    "i get an error", "my", "is not working", "it does not", "it doesn't", "it says",
    "it won't", "does not work", "doesn't work", "there is no", "after i", "since i",
    "when i", "please help me", "tell me how to", "what's the difference between",
)  # fmt: skip
"""What questions begin with, and manuals seldom say."""

_SENTENCE = re.compile(r"(?<=[.?!:;])\s+|\n+")
_WORD = re.compile(r"[a-z0-9]+(?:[-'.][a-z0-9]+)*", re.ASCII)
_BETWEEN = re.compile(r"[-.]")

_LONGEST_WORD, _LONGEST_CODE = 20, 10
"""Signs; nobody says what is longer."""


def phrases(text: str, known: Collection[str]) -> Iterator[list[str]]:
    """The sentences of a text, each as words in lower case that are `known` or can be said.

    Codes such as `e-04` stay whole; what else is joined by hyphens or dots is taken apart.
    """
    for sentence in _SENTENCE.split(text.lower().replace("’", "'")):
        words = [word for found in _WORD.findall(sentence) for word in _sayable(found, known)]
        if words:
            yield words


def _sayable(word: str, known: Collection[str]) -> list[str]:
    if word in known or (len(word) <= _LONGEST_CODE and any(sign.isdigit() for sign in word)):
        return [word]
    return [part for part in _BETWEEN.split(word) if part and len(part) <= _LONGEST_WORD]
