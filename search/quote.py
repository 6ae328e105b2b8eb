"""The part of a passage that answers: whole sentences or whole steps, never cut inside."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[\"'“‘(\[]?[A-Z\u4e00-\u9fff])|(?<=[。！？])")
_STEP = re.compile(r"^\s*(?:\d{1,3}[.)、]|[-*•]|[（(]?[一二三四五六七八九十\d]+[）)、])\s*")
_NUMBERED = re.compile(r"^\s*(\d{1,3})[.)、]")
_GAP = 2
_MOST = 5
_KEEP = 0.6
_SHORT = 500  # characters


def units(text: str) -> list[str]:
    """Sentences of running text; list items, table rows and code lines as they stand."""
    found: list[str] = []
    for line in text.splitlines():
        if _STEP.match(line):
            found.append(line.strip())
        else:
            found += [part.strip() for part in _SENTENCE.split(line) if part.strip()]
    return found


def quote(sentences: Sequence[str], scores: NDArray[np.float32]) -> str:
    """The run of units around the best scored one, at most 5; a list is quoted whole.

    `scores` has shape (len(sentences),), larger is better. A neighbour joins while its score
    is at least 0.6 of the best. Steps keep a line each. A short passage is quoted whole.
    """
    if len(sentences) <= _MOST and sum(map(len, sentences)) <= _SHORT:
        return _join(sentences)
    best = int(np.argmax(scores))
    start, end = best, best + 1
    floor = _KEEP * float(scores[best])
    while end - start < _MOST:
        after = float(scores[end]) if end < len(sentences) else -1.0
        before = float(scores[start - 1]) if start > 0 else -1.0
        if max(after, before) < floor:
            break
        if after >= before:
            end += 1
        else:
            start -= 1
    start, end = _whole_list(sentences, start, end)
    return _join(sentences[start:end])


def _whole_list(sentences: Sequence[str], start: int, end: int) -> tuple[int, int]:
    """Widen a run that touches steps to all of them, and to the sentence that introduces them."""
    if not any(_STEP.match(sentence) for sentence in sentences[start:end]):
        introduces = sentences[end - 1].rstrip().endswith((":", "："))
        if not introduces or end == len(sentences) or not _STEP.match(sentences[end]):
            return start, end
        end += 1
    while (after := _next_step(sentences, end)) > end:
        end = after
    first = next(i for i in range(start, end) if _STEP.match(sentences[i]))
    while first > 0 and _STEP.match(sentences[first - 1]):
        first -= 1
    if first > 0 and sentences[first - 1].rstrip().endswith((":", "：")):
        first -= 1
    return min(start, first), end


def _next_step(sentences: Sequence[str], end: int) -> int:
    """Where a list that reaches `end` ends after one more step; `end` where it has no more.

    A figure's caption may stand between two numbered steps: the count goes on behind it.
    """
    for after in range(end, min(end + 1 + _GAP, len(sentences))):
        if not _STEP.match(sentences[after]):
            continue
        last = next((n for s in reversed(sentences[:end]) if (n := _number(s))), 0)
        if after == end or (last and _number(sentences[after]) == last + 1):
            return after + 1
        return end
    return end


def _number(step: str) -> int:
    """The number of a step, 0 for any other line."""
    found = _NUMBERED.match(step)
    return int(found[1]) if found else 0


def _join(sentences: Sequence[str]) -> str:
    text = ""
    for sentence in sentences:
        if not text:
            text = sentence
        elif (
            _STEP.match(sentence) or text.endswith((":", "：")) or _STEP.match(text.split("\n")[-1])
        ):
            text += "\n" + sentence
        else:
            text += ("" if text[-1] in "。！？" else " ") + sentence
    return text
