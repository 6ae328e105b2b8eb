"""Names in a question that are no words: sites, files, identifiers and codes of what went wrong."""

from __future__ import annotations

import re
from collections.abc import Iterator

from indexer.records import Scored
from indexer.store.base import Selection, Store
from search.evidence import LONG

_MOST = 16
"""Names of one question that are looked for, the first ones: each is a search of its own."""

_DOTTED = re.compile(r"(?<![\w.-])(?:[a-z0-9][\w-]*\.)+[a-z]{2,4}(?![\w-])", re.IGNORECASE)

_IDENTIFIER = re.compile(
    r"(?<!\w)(?:[A-Za-z]+[a-z][A-Z]\w*|[A-Z]{2,}[a-z]+[A-Z]\w*|[A-Za-z]\w*_\w+|\w+(?:::\w+)+)(?!\w)"
)
"""camelCase, snake_case and scoped::names."""

_CODE = re.compile(r"(?<![\w.-])[A-Za-z]{1,4}-?\d{1,6}(?![\w-]|\.\w)")
"""Of an error or a part. A ticket or a log has many, and is about none of them."""

_FILES = frozenset(
    {"cpp", "css", "dll", "dmg", "exe", "gif", "htm", "html", "jpg", "js", "json", "jsm", "log"}
    | {"pdf", "php", "png", "sys", "txt", "xml", "xpi", "xul", "zip"}
)
"""Endings of file names, among those that could be top-level domains."""

_SECOND = frozenset({"ac", "co", "com", "edu", "gov", "net", "org"})
"""Labels below which, in some countries, names are registered: bbc.co.uk."""


def names(text: str) -> list[str]:
    """The distinct names in a text, in their order, at most 16: `leo` for https://dict.leo.org/.

    Of a site the label that was registered: the same site is written with and without the rest.
    """
    found = [(match.start(), name) for match, name in _matches(text)]
    return list(dict.fromkeys(name for _, name in sorted(found)))[:_MOST]


def ranked_names(text: str, store: Store, selection: Selection | None, k: int) -> list[Scored]:
    """The k chunks with the rarest name of a text, best first; scores in (0, 1].

    The score is how telling that name is, 1 where a single document has it. BM25 adds up all
    words of a ticket, and its template and log outweigh the one site or error that it is about.
    """
    best: dict[int, float] = {}
    for shown in store.shown(names(text), selection):
        for id in shown.chunks:
            best[id] = max(shown.rarity, best.get(id, 0.0))
    scored = [Scored(id, rarity) for id, rarity in best.items()]
    return sorted(scored, key=lambda one: (-one.score, one.id))[:k]


def _matches(text: str) -> Iterator[tuple[re.Match[str], str]]:
    for match in _DOTTED.finditer(text):
        labels = match[0].lower().split(".")
        if labels[-1] in _FILES:
            yield match, match[0]
        else:
            place = -3 if len(labels) > 2 and labels[-2] in _SECOND else -2
            yield match, labels[place]
    short = len(text.split()) < LONG
    for pattern in (_IDENTIFIER, _CODE) if short else (_IDENTIFIER,):
        for match in pattern.finditer(text):
            yield match, match[0]
