"""Text → the words that are indexed and searched. One function for both sides."""

from __future__ import annotations

import logging
import re
import unicodedata
from collections.abc import Callable, Iterable
from functools import cache, lru_cache

import tantivy

MAX_LENGTH = 64
"""Longer tokens are cut; they are encoded data, not words."""

STOP_WORDS = frozenset(
    {
        *("a", "an", "and", "are", "as", "at", "be", "but", "by", "for", "if", "in", "into", "is"),
        *("it", "no", "not", "of", "on", "or", "such", "that", "the", "their", "then", "there"),
        *("these", "they", "this", "to", "was", "will", "with"),
    }
)

HAN_STOP_WORDS = frozenset(
    {
        *("的", "了", "是", "在", "和", "与", "或", "也", "都", "就", "而", "及", "被", "把", "给"),
        *("吗", "呢", "吧", "啊", "我", "你", "您", "他", "她", "它", "我们", "这", "那", "这个"),
        *("那个", "一个", "有", "会", "要", "请", "怎么", "怎样", "如何", "什么", "为什么", "哪里"),
    }
)
"""Particles, pronouns and question words. Negations stay: 没有水 is not 水."""

_REMEMBERED = 1 << 16
"""Distinct words whose tokens are kept; text repeats its words."""


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
_JOINT = re.compile(r"[._'#+-]+")
_HAN = re.compile(r"([々〇\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+)")
_VERSION = re.compile(r"v(\d+(?:\.\d+)+)")
_ENGLISH = re.compile(r"[a-z']+")


def tokens(text: str) -> list[str]:
    """The words of `text`, in order, repeats kept.

    Compatibility forms are unified (NFKC) and letters lower-cased. Latin words lose English
    stop words and endings (Snowball). Error codes, versions, part numbers and file names stay
    whole, and their parts follow: `wsl.exe` → `wsl.exe`, `wsl`, `exe`. Chinese is cut by
    jieba's search mode and loses its particles. Other scripts are taken by runs of letters.
    """
    text = unicodedata.normalize("NFKC", text).lower().replace("’", "'")
    found: list[str] = []
    for position, run in enumerate(_HAN.split(text)):
        if position % 2:
            words = (word for word in _han_cutter()(run) if word not in HAN_STOP_WORDS)
            found.extend(word[:MAX_LENGTH] for word in words)
        else:
            for whole in _WORD.findall(run):
                found.extend(_expand(whole))
    return found


@lru_cache(_REMEMBERED)
def _expand(whole: str) -> tuple[str, ...]:
    """The tokens of one word: its stem, or itself and its parts; none of a stop word."""
    if _ENGLISH.fullmatch(whole):
        return _stem(whole)
    version = _VERSION.fullmatch(whole)
    parts = [part for part in _JOINT.split(whole) if part]
    found = [whole[:MAX_LENGTH]]
    if version:
        found.append(version[1][:MAX_LENGTH])
    if parts != [whole]:
        for part in parts:
            found.extend(_stem(part))
    return tuple(found)


def _stem(word: str) -> tuple[str, ...]:
    if word in STOP_WORDS:
        return ()
    if not _ENGLISH.fullmatch(word):
        return (word[:MAX_LENGTH],)
    return tuple(_stemmer().analyze(word[:MAX_LENGTH]))


@cache
def _stemmer() -> tantivy.TextAnalyzer:
    builder = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace())
    return builder.filter(tantivy.Filter.stemmer("english")).build()


@cache
def _han_cutter() -> Callable[[str], Iterable[str]]:
    """jieba's search mode. Its dictionary takes a second to load, so only Chinese text pays."""
    import jieba

    jieba.setLogLevel(logging.ERROR)
    tokenizer = jieba.Tokenizer()
    tokenizer.initialize()
    cut: Callable[[str], Iterable[str]] = tokenizer.cut_for_search
    return cut
