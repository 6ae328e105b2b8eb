"""A sentence as somebody types it who remembers what it said, not how it said it.

After the simulated known-item topics of Azzopardi, de Rijke and Balog, "Building Simulated
Queries for Known-Item Topics" (SIGIR 2007): some of the words of the item, with noise.
"""

from __future__ import annotations

import re
from random import Random

from indexer.store.analysis import tokens
from indexer.store.codes import is_code, plain
from indexer.store.han import HAN
from indexer.store.stems import STOP_WORDS

MOST_WORDS = 8
"""Words kept of a sentence, about as many as people type."""

_SMALL = STOP_WORDS | {
    *("i", "you", "we", "he", "she", "your", "my", "our", "its", "can", "may", "would", "should"),
    *("when", "where", "which", "who", "what", "how", "from", "than", "do", "does", "has", "have"),
    *("been", "also", "any", "all", "so", "were", "had", "us", "me", "them", "up", "out", "only"),
}
_EDGES = "\"'“”‘’()[]{}<>*`,;:.!?…|"
_CLAUSE = re.compile(r"[，、；：。！？,;]+")
_PARTICLES = re.compile("[的了吗呢吧啊]$")
_LIST_NUMBER = re.compile(r"(?<!\S)\d{1,2}\.(?=\s)")
_NEGATIONS = frozenset("不没无未别")
_LONG = 5
_HAN_LETTERS = 3
"""Letters of a Latin script that say as much as one Chinese character."""


def is_han(text: str) -> bool:
    """Whether more of a text is Chinese than not."""
    han = sum(map(len, HAN.findall(text)))
    letters = sum(letter.isalpha() for letter in text)
    return _HAN_LETTERS * han > letters - han


def paraphrase(text: str, random: Random) -> str:
    """Some of the words of `text` in another order, with one slip; codes stay as they are.

    Nothing from outside is used, so no word is replaced by another. Chinese keeps its words,
    as it has no gaps between them; its clauses change places.
    """
    text = _LIST_NUMBER.sub("", text)
    return _chinese(text, random) if is_han(text) else _spaced(text, random)


def content_words(text: str) -> list[str]:
    """The words of a text in a spaced script that are no small words, without punctuation."""
    words = (word.strip(_EDGES) for word in text.split())
    return [word for word in words if any(map(str.isalnum, word)) and word.lower() not in _SMALL]


def code(word: str) -> bool:
    """Whether a word names one thing: an error code, a part number, a file, a path."""
    lower = word.lower()
    return is_code(plain(lower)) or any(mark in word.strip(_EDGES) for mark in "._/\\=<>@")


def without(text: str, other: str) -> str:
    """The words of `text` that do not occur in `other`, by stem; Chinese is left alone."""
    known = set(tokens(other))
    kept = [word for word in text.split() if not (found := set(tokens(word))) or found - known]
    return text if is_han(text) else " ".join(kept)


def _spaced(text: str, random: Random) -> str:
    words = list(dict.fromkeys(content_words(text)))
    kept = [i for i, word in enumerate(words) if code(word)][:MOST_WORDS]
    others = [i for i in range(len(words)) if i not in kept]
    kept += random.sample(others, min(len(others), MOST_WORDS - len(kept)))
    chosen = [words[i] for i in sorted(kept)]
    turn = random.randint(1, max(1, len(chosen) - 1))
    return " ".join(_with_slip(chosen[turn:] + chosen[:turn], random))


def _with_slip(words: list[str], random: Random) -> list[str]:
    """Two letters swapped inside one long word that is no code and no name."""
    able = [i for i, word in enumerate(words) if len(word) >= _LONG and word[1:].islower()]
    able = [i for i in able if words[i].isalpha() and _unlike(words[i])]
    if not able:
        return words
    chosen = random.choice(able)
    word = words[chosen]
    at = random.choice(_unlike(word))
    swapped = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    return [*words[:chosen], swapped, *words[chosen + 1 :]]


def _unlike(word: str) -> list[int]:
    """Where two letters inside a word differ from one another."""
    return [at for at in range(1, len(word) - 2) if word[at] != word[at + 1]]


def _chinese(text: str, random: Random) -> str:
    """Clauses without their last particle, in another order; one character is missing.

    Never a negation or what follows it, which would say the opposite.
    """
    clauses = [_PARTICLES.sub("", part.strip()) for part in _CLAUSE.split(text) if part.strip()]
    turn = random.randint(1, max(1, len(clauses) - 1))
    turned = " ".join(clauses[turn:] + clauses[:turn])
    able = [
        place
        for run in HAN.finditer(turned)
        for place in range(run.start() + 1, run.end() - 1)
        if run.end() - run.start() >= _LONG and not set(turned[place - 1 : place + 1]) & _NEGATIONS
    ]
    if not able:
        return turned
    gone = random.choice(able)
    return turned[:gone] + turned[gone + 1 :]
