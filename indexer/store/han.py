"""Chinese text → words, the same for simplified and traditional characters."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable
from functools import cache

HAN = re.compile(r"([々〇\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+)")

STOP_WORDS = frozenset(
    {
        *("的", "了", "是", "在", "和", "与", "或", "也", "都", "就", "而", "及", "被", "把", "给"),
        *("吗", "呢", "吧", "啊", "我", "你", "您", "他", "她", "它", "我们", "这", "那", "这个"),
        *("那个", "一个", "有", "会", "要", "请", "怎么", "怎样", "如何", "什么", "为什么", "哪里"),
        *("怎么办", "怎么样", "多少", "多久", "多长时间", "意思"),
        *("请问", "为何", "哪个", "哪些", "谁"),
    }
)
"""Particles, pronouns and question words. Negations stay: 没有水 is not 水."""


_PAIR = 2
"""Characters up to which a word has no parts."""


def simplified(text: str) -> str:
    """`text` in simplified characters, and in the words of the mainland where it was not.

    OpenCC's tables: 印表機 and 打印機 become 打印机, 軟體 becomes 软件. What is simplified
    already stays as it is, because some words mean other things on either side (文件, 程序).
    """
    characters, words = _converters()
    plain = characters(text)
    return plain if plain == text else words(text)


def cut(run: str) -> list[str]:
    """The words of a run of simplified characters, by jieba's search mode, without particles.

    Nor the parts of one: 多长时间 asks how long, and is not about 时间.
    """
    words, parts = _cutters()
    kept = (word for word in words(run) if word not in STOP_WORDS)
    found = (part for word in kept for part in (parts(word) if len(word) > _PAIR else [word]))
    return [part for part in found if part not in STOP_WORDS]


@cache
def _converters() -> tuple[Callable[[str], str], Callable[[str], str]]:
    """Loading takes .1 s, so only Chinese text pays."""
    from opencc import OpenCC

    return OpenCC("t2s").convert, OpenCC("tw2sp").convert


@cache
def _cutters() -> tuple[Callable[[str], Iterable[str]], Callable[[str], Iterable[str]]]:
    """Its dictionary takes a second to load, so only Chinese text pays."""
    import jieba

    jieba.setLogLevel(logging.ERROR)
    tokenizer = jieba.Tokenizer()
    tokenizer.initialize()
    return tokenizer.cut, tokenizer.cut_for_search
