"""Text → the words that are indexed and searched. One analysis for both sides."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from functools import lru_cache

from indexer.language import detect_language
from indexer.store.codes import number, plain, spaced
from indexer.store.han import HAN, cut, simplified
from indexer.store.menus import STEP, steps
from indexer.store.stems import DEFAULT, stem

MAX_LENGTH = 64
"""Longer tokens are cut; they are encoded data, not words."""

_REMEMBERED = 1 << 16
"""Distinct words whose tokens are kept; text repeats its words."""

_SHORT = 160
"""Characters up to which the tokens of a whole text are kept."""

_REMEMBERED_SHORT = 1 << 14
"""Such texts that are kept: lines of screens, headings and sentences are compared with question
after question."""


def _mark_ranges() -> str:
    """Combining marks as a character class; Python's `\\w` leaves them out of words."""
    spans: list[list[int]] = []
    for code in (*range(0x300, 0x3000), *range(0xA000, 0xAC00), *range(0xFE20, 0xFE30)):
        if unicodedata.category(chr(code))[0] != "M":
            continue
        if spans and spans[-1][1] == code - 1:
            spans[-1][1] = code
        else:
            spans.append([code, code])
    return "".join(f"{chr(first)}-{chr(last)}" for first, last in spans)


_RUN = rf"[^\W_]+(?:[{_mark_ranges()}]+[^\W_]*)*"
_WORD = re.compile(rf"{_RUN}(?:[._'-]{_RUN})*(?:\+\+|#(?!\w))?")
_ASCII_RUN = "[^\\W_]+"
_ASCII_WORD = re.compile(rf"{_ASCII_RUN}(?:[._'-]{_ASCII_RUN})*(?:\+\+|#(?!\w))?", re.ASCII)
"""`_WORD`, of which it is much the faster, where there are no marks."""

_JOINT = re.compile(r"[._'#+-]+")
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z]{2})")


def tokens(text: str, language: str = DEFAULT) -> list[str]:
    """The words of `text`, repeats kept, in the order of its words.

    Compatibility forms are unified (NFKC) and letters lower-cased. Latin words lose English
    stop words and endings (Snowball); in another `language` (ISO 639-1) the stem of that
    language follows. Error codes, versions, part numbers and file names stay whole, in
    one spelling for all, and their parts follow: `wsl.exe` → `wsl.exe`, `wsl`, `exe`; `E-04`
    → `e04`, `e`, `04`; `GetFileName` → `getfilenam`, `get`, `file`, `name`. The steps of menu paths
    come last: `File > Save` → …, `file>save`. Chinese is cut by jieba's search mode, in
    simplified characters, and loses its particles. Other scripts are taken by runs of letters.
    """
    return _analysed(text, language, humps=True)


def question_tokens(text: str, languages: Collection[str]) -> list[str]:
    """The tokens of a question put to texts in `languages`, those of the index; none if alike.

    Its own language decides where it is long enough to be told; else it is read in each. A name
    in camel case stays whole: its parts are for those who do not know it, and make a question
    that does vaguer (measured on bug reports and captions).
    """
    if not languages:
        return _analysed(text, DEFAULT, humps=False)
    told = detect_language(text, default="")
    read = [told] if told else sorted(languages)
    words = (word for language in read for word in _analysed(text, language, humps=False))
    return list(dict.fromkeys(words))


def _analysed(text: str, language: str, humps: bool) -> list[str]:
    if len(text) <= _SHORT:
        return list(_short(text, language, humps))
    return _analyse(text, language, humps)


@lru_cache(_REMEMBERED_SHORT)
def _short(text: str, language: str, humps: bool) -> tuple[str, ...]:
    return tuple(_analyse(text, language, humps))


def _analyse(text: str, language: str, humps: bool) -> list[str]:
    text = unicodedata.normalize("NFKC", text).replace("’", "'")
    if not text.isascii() and HAN.search(text):
        text = simplified(text)
    found = _words(text, language, humps)
    found.extend(spaced(text))
    for before, after in steps(text):
        left, right = _words(before, DEFAULT, False), _words(after, DEFAULT, False)
        first = left[-1] if HAN.search(before) and left else (left or [before.lower()])[0]
        found.append(f"{first}{STEP}{(right or [after.lower()])[0]}"[:MAX_LENGTH])
    return found


def _words(text: str, language: str, humps: bool) -> list[str]:
    found: list[str] = []
    if text.isascii():
        for whole in _ASCII_WORD.findall(text):
            found.extend(_expand(whole, language, humps))
        return found
    for position, run in enumerate(HAN.split(text)):
        if position % 2:
            found.extend(word[:MAX_LENGTH] for word in cut(run))
        else:
            for whole in _WORD.findall(run):
                found.extend(_expand(whole, language, humps))
    return found


@lru_cache(_REMEMBERED)
def _expand(whole: str, language: str, humps: bool) -> tuple[str, ...]:
    """The tokens of one word in its own case: its stems, or itself and its parts."""
    lower = whole.lower()
    letters = lower.replace("'", "").isalpha()
    parts = [whole] if letters else [part for part in _JOINT.split(whole) if part]
    joined = plain(lower)[:MAX_LENGTH]
    found = list(stem(joined, language)) if joined.isalpha() or letters else [joined]
    if alone := number(joined):
        found.append(alone)
    for part in parts:
        if part != whole:
            found.extend(stem(part.lower()[:MAX_LENGTH], language))
        names = _HUMP.split(part) if humps else [part]
        for name in names if len(names) > 1 else ():
            found.extend(stem(name.lower()[:MAX_LENGTH], language) if len(name) > 1 else ())
    return tuple(word[:MAX_LENGTH] for word in found)
