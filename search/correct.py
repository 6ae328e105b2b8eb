"""What a mistyped question was meant to say, in words that the index has."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from indexer.records import StoredChunk
from indexer.store.analysis import tokens
from indexer.store.codes import is_code
from indexer.store.typos import distance

_WORD = re.compile(r"[^\W\d_]+")
_CODE = re.compile(r"([a-z]+)(\d+)")
_MOST = 3


def corrected(meant: Mapping[str, Sequence[str]], chunks: Iterable[StoredChunk]) -> dict[str, str]:
    """Mistyped word, in lower case → the word of `chunks` that it stands for; E7 → E07.

    `meant` has the likeliest words for each, as analysed (`Store.corrections`). Of the words of
    one stem the nearest to what was typed is taken: the index keeps stems alone. A word that
    the chunks do not have changed nothing of what was found, and is left out; so is a stem one of
    whose words the typed word goes on from, or is the beginning of.
    """
    if not meant:
        return {}
    texts = [part for chunk in chunks for part in (chunk.title, *chunk.place.heading, chunk.text)]
    forms: dict[str, set[str]] = {}
    for word in set(_WORD.findall("\n".join(texts).lower())):
        for form in tokens(word):
            forms.setdefault(form, set()).add(word)
    found: dict[str, str] = {}
    for typed, stems in meant.items():
        if is_code(typed):  # whoever leaves its zero out means it, whatever was found
            found[typed] = stems[0].upper()
            continue
        words = next((forms[stem] for stem in stems if stem in forms), set())
        if words and not any(_extended(typed, word) for word in words):
            found[typed] = min(words, key=lambda word: (distance(word, typed, _MOST), word))
    return found


def _extended(typed: str, word: str) -> bool:
    """Whether one goes on where the other ends: "brewer" is not "brew" mistyped."""
    return typed.startswith(word) or word.startswith(typed)


def rewritten(text: str, corrections: Mapping[str, str]) -> str:
    """`text` with its mistyped words put right, codes however written; all else as it was."""
    for typed, code in corrections.items():
        if parts := _CODE.fullmatch(typed):
            text = re.sub(rf"(?i)\b{parts[1]}[-_ ]?{parts[2]}\b", code, text)
    return _WORD.sub(lambda word: corrections.get(word[0].lower(), word[0]), text)
