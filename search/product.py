"""Which product a question is about."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from indexer.records import StoredChunk
from indexer.store.analysis import tokens
from indexer.store.codes import is_code, plain

_DIGIT = re.compile(r"\d")
_LETTER = re.compile(r"[^\W\d_]")


def about(chunk: StoredChunk, named: frozenset[str]) -> bool:
    """Whether a chunk may be about a product that is `named` (see `naming`).

    A page of another product is about it too where it has that word.
    """
    parts = (chunk.product, chunk.title, *chunk.place.heading, chunk.text)
    return not named or not chunk.product or not named.isdisjoint(tokens("\n".join(parts)))


def naming(products: Iterable[str], asked: Iterable[str]) -> frozenset[str]:
    """The words of a question, `asked`, that name one of the products alone, such as its model.

    All words are as analysed.
    """
    words = {product: set(tokens(product)) for product in products}
    named: set[str] = set()
    for product, own in words.items():
        others = (other for name, other in words.items() if name != product)
        named |= {word for word in own.difference(*others) if not word.isdigit()}
    return frozenset(named.intersection(asked))


def other_model(products: Sequence[str], question: str) -> bool:
    """Whether a question names a model of a product line that is none of the `products`.

    "Brewline 500" is one where there is a Brewline 300: the same name, and a number of that form.
    """
    models: dict[str, set[str]] = {}
    for product in products:
        name, _, model = product.casefold().rpartition(" ")
        if name and _DIGIT.search(model):
            models.setdefault(name, set()).add(model)
    for name, known in models.items():
        for found in re.findall(rf"\b{re.escape(name)}\s+([\w-]+)(?![.\d])", question.casefold()):
            if found not in known and _form(found) in map(_form, known):
                return True
    return False


def unnamed(text: str, products: Iterable[str]) -> str:
    """`text` without the names of the products, and without the models they are named after.

    Other words of a name stay: "camera" says what a question is about.
    """
    for product in dict.fromkeys(products):
        words = product.split()
        models = [word for word in words if is_code(plain(word.lower()))]
        for name in filter(None, [r"[\s-]*".join(map(re.escape, words)), *map(re.escape, models)]):
            text = re.sub(rf"(?i)(?<![a-z\d]){name}(?![a-z\d])", " ", text)
    return " ".join(text.split())


def _form(model: str) -> str:
    return _LETTER.sub("a", _DIGIT.sub("0", model))
