"""Lines of one paragraph as flowing text: hyphens at line ends undone, Chinese unspaced."""

from __future__ import annotations

import re
from collections.abc import Iterable

from indexer.loaders.pdf_runs import HYPHEN, is_cjk

_HEAD = re.compile(rf"([^\W_]+)[-{HYPHEN}]$")
_TAIL = re.compile(r"[^\W_]+")
_BETWEEN = ("and", "or", "to", "und", "oder")
_COMPOUND = re.compile(r"[^\W\d_]+-[^\W\d_]+")


def compounds(texts: Iterable[str]) -> frozenset[str]:
    """Words written with a hyphen inside a line, so that hyphen is their own; lower case."""
    return frozenset(
        word.casefold() for text in texts for word in _COMPOUND.findall(text.strip()[:-1])
    )


def flow(lines: Iterable[str], known: frozenset[str]) -> str:
    """Join lines. `known` holds the words that keep their hyphen; see `compounds`."""
    text = ""
    for line in lines:
        text = _append(text, line.strip(), known)
    text = re.sub(rf"{HYPHEN}(?=\s|$)", "-", text)
    return re.sub(r"\s+", " ", text.replace(HYPHEN, "")).strip()


def _append(text: str, line: str, known: frozenset[str]) -> str:
    if not text or not line:
        return text or line
    head, tail = _HEAD.search(text), _TAIL.match(line)
    if head and tail:
        compound = f"{head[1]}-{tail[0]}".casefold()
        if tail[0] in _BETWEEN:  # "pre- and post-processing"
            return f"{text[:-1]}- {line}"
        if tail[0][0].islower() and head[1].isalpha() and compound not in known:
            return text[:-1] + line
        return f"{text[:-1]}-{line}"
    if text.endswith(HYPHEN):
        return f"{text[:-1]}-{line}"
    return text + ("" if is_cjk(text[-1]) and is_cjk(line[0]) else " ") + line
