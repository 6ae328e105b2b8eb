"""Menu paths: File > Preferences > Audio, 设置 → 网络."""

from __future__ import annotations

import re

STEP = ">"
"""Joins the two words of a step in its token. No other token holds it."""

_RUN = r"\w(?:[\w.'-]*\w)?"
_CLOSING = r"[\])}\"”'*_`」』】…:.]*"
_OPENING = r"[\[({\"“‘'*_`「『【]*"
_ARROW = r"(?:[^\S\n]*[→⇒⟶➔➜▸►▶›»‣][^\S\n]*|[^\S\n]+(?:>|->|=>|-->)[^\S\n]+)"
_PAIR = re.compile(rf"({_RUN}){_CLOSING}{_ARROW}{_OPENING}(?=({_RUN}))")
_MARKS = re.compile(r"[>→⇒⟶➔➜▸►▶›»‣]")


def steps(text: str) -> list[tuple[str, str]]:
    """What stands beside each arrow: the last word before it and the first behind it.

    A path is found by its steps in order, and needs no guess where in a sentence it ends:
    "Go to File > Save As > PNG and" → ("File", "Save"), ("As", "PNG").
    """
    return _PAIR.findall(text) if _MARKS.search(text) else []
