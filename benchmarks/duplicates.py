"""How well does the likeness of two tickets tell duplicates from other near tickets?

Every judged ticket is asked for its ten nearest. What is a duplicate of a duplicate counts as
one too. Logistic regressions on the cosine and the shared words of the titles, cross-validated
over matters, give the constants of search/similar.py.

    python -m benchmarks.duplicates INDEX DUPLICATES.jsonl
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold, cross_val_predict

from indexer.config import load_settings
from indexer.records import Filter
from indexer.store.index import Index
from search.engine import Engine
from search.matters import CHARACTERS
from search.qrels import JudgedQuery, read_queries
from search.query import Query
from search.similar import cosine_of, overlap

NEAREST = 10

Table = NDArray[np.float64]


def matters(queries: tuple[JudgedQuery, ...]) -> dict[str, str]:
    """The matter of every ticket, named by one of its tickets: duplicates share theirs."""
    parent: dict[str, str] = {}

    def top(id: str) -> str:
        while parent.setdefault(id, id) != id:
            id = parent[id]
        return id

    for query in queries:
        for other in query.relevant:
            parent[top(other)] = top(_ticket(query))
    return {id: top(id) for id in list(parent)}


def collect(folder: Path, queries: tuple[JudgedQuery, ...]) -> tuple[Table, NDArray[np.int64]]:
    """(cosine, share of title words, number of the matter) of each pair, and 1 for duplicates."""
    known = matters(queries)
    numbers = {matter: number for number, matter in enumerate(dict.fromkeys(known.values()))}
    rows: list[tuple[float, float, int]] = []
    labels: list[int] = []
    engine = Engine.open(folder, load_settings())
    with Index.open(folder) as store:
        for query in queries:
            matter = known[_ticket(query)]
            tickets = (Filter("kind", "=", "ticket"),)
            text = query.text[:CHARACTERS]
            result = engine.search(Query(text, None, tickets, query.exclude, NEAREST))
            for hit in result.hits:
                share = overlap(store, text.partition("\n")[0], hit.title)
                rows.append((cosine_of(result, hit) or 0.0, share, numbers[matter]))
                labels.append(known.get(hit.document.rpartition("#")[2]) == matter)
    engine.close()
    return np.array(rows), np.array(labels, np.int64)


def _ticket(query: JudgedQuery) -> str:
    return query.id.removeprefix("t")


def main(arguments: list[str]) -> None:
    queries = read_queries(Path(arguments[1]), None)
    rows, labels = collect(Path(arguments[0]), queries)
    print(f"{len(queries)} tickets, {labels.sum()} duplicates among {len(labels)} near tickets")
    model = LogisticRegression(C=100.0)
    for name, columns in (("cosine and title", [0, 1]), ("title alone", [1])):
        features = rows[:, columns]
        chance = cross_val_predict(
            model, features, labels, groups=rows[:, 2], cv=GroupKFold(5), method="predict_proba"
        )[:, 1]
        model.fit(features, labels)
        print(f"{name}: constants {model.coef_[0].round(2)}, bias {model.intercept_[0]:.2f}")
        for threshold in (0.3, 0.4, 0.5, 0.6):
            marked = labels[chance >= threshold]
            right, all_right = marked.mean(), marked.sum() / labels.sum()
            print(f"  at {threshold}: precision {right:.2f}, recall {all_right:.2f}")


if __name__ == "__main__":
    main(sys.argv[1:])
