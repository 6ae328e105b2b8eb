"""What does a typo cost a question, and how much of it does the words lane give back?

In each question one word that the index has is misspelt: two letters change places, one is left
out or comes twice. The words lane is asked the question as it was, with the typo, and with the
word left out, which is what the typo would come to without corrections.

    python -m benchmarks.typos INDEX QUERIES.jsonl
"""

from __future__ import annotations

import sys
from pathlib import Path
from random import Random
from time import perf_counter

import numpy as np

from indexer.store.index import Index
from search.qrels import JudgedQuery, read_queries

DEPTH = 200
FIRST = 5
_SHORTEST = 6


def misspell(word: str, random: Random) -> str:
    """The word with one typo behind its first letter."""
    at = random.randrange(1, len(word) - 1)
    return random.choice(
        [
            word[:at] + word[at + 1] + word[at] + word[at + 2 :],
            word[:at] + word[at + 1 :],
            word[:at] + word[at] + word[at:],
        ]
    )


def three_ways(index: Index, text: str, random: Random) -> tuple[str, str, str] | None:
    """`text`, with a typo, and without that word; None where no word can have one."""
    words = [word for word in text.split() if word.isalpha() and len(word) >= _SHORTEST]
    random.shuffle(words)
    for word in words:
        if index.words(word, 1, None):
            return text, text.replace(word, misspell(word, random), 1), text.replace(word, "", 1)
    return None


def ask(index: Index, text: str, query: JudgedQuery) -> tuple[float, float]:
    """1 if a right document is among the first of the words lane, else 0; and milliseconds."""
    selection = index.select((), query.exclude)
    start = perf_counter()
    hits = index.words(text, DEPTH, selection)
    took = perf_counter() - start
    chunks = index.get([hit.id for hit in hits])
    documents = dict.fromkeys(
        (chunk.document, chunk.document.partition("#")[2]) for chunk in chunks
    )
    right = any(not set(query.relevant).isdisjoint(names) for names in [*documents][:FIRST])
    return float(right), took * 1000


def main(arguments: list[str]) -> None:
    random = Random(1)
    rows: list[list[tuple[float, float]]] = []
    with Index.open(Path(arguments[0])) as index:
        for query in read_queries(Path(arguments[1]), None):
            texts = three_ways(index, query.text, random)
            if texts:
                rows.append([ask(index, text, query) for text in texts])
    figures = np.array(rows)  # (questions, ways, 2)
    print(f"{len(rows)} questions, a right document among the first {FIRST} of the words lane")
    for way, name in enumerate(("as asked", "with a typo", "without the word")):
        right, took = figures[:, way, 0].mean(), figures[:, way, 1]
        print(
            f"  {name:17} {right:.3f}   p50 {np.median(took):.2f} ms, slowest {took.max():.1f} ms"
        )


if __name__ == "__main__":
    main(sys.argv[1:])
