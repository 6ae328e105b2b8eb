"""Can the evidence tell a question that the index answers from one that it does not?

Every question is asked twice: of the whole index, and with its right documents left out. The
best supported passage gives a cosine, a share of the question's words and whether it has the
codes; a logistic regression on them, cross-validated over questions, gives the constants of
search/evidence.py, but for that of the codes.

    python -m benchmarks.evidence INDEX QUERIES.jsonl [INDEX QUERIES.jsonl …]
"""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GroupKFold, cross_val_predict

from indexer.config import load_settings
from search.engine import Engine
from search.evidence import Coverage
from search.qrels import read_queries

Features = NDArray[np.float64]


def collect(index: Path, queries: Path) -> tuple[Features, NDArray[np.int64]]:
    """(cosine, share, codes) of the best supported passage, and 1 where its answer was indexed."""
    engine = Engine.open(index, load_settings())
    rows: list[tuple[float, float, float]] = []
    labels: list[int] = []
    pages = _pages(queries)
    for judged in read_queries(queries, None).queries:
        query = replace(judged.query(10), collapse="document")
        right = {*judged.relevant, pages[judged.id]}
        without = replace(query, exclude=query.exclude | right)
        for label, asked in ((1, query), (0, without)):
            rated = engine.supported(asked)
            best = max(rated, key=lambda one: one.support, default=None)
            covered = best.covered if best else Coverage(0.0)
            cosine = best.cosine if best else None
            rows.append((cosine or 0.0, covered.share, covered.codes))
            labels.append(label)
    engine.close()
    return np.array(rows), np.array(labels)


def _pages(queries: Path) -> dict[str, str]:
    """The page of each query, where its file names one beside a relevant image."""
    lines = [json.loads(line) for line in queries.read_text().splitlines() if line.strip()]
    return {str(line["id"]): line.get("page", "") for line in lines}


def main(arguments: list[str]) -> None:
    pairs = list(zip(map(Path, arguments[::2]), map(Path, arguments[1::2]), strict=True))
    found = [collect(index, queries) for index, queries in pairs]
    features = np.concatenate([rows for rows, _ in found])
    labels = np.concatenate([marks for _, marks in found])
    model = LogisticRegression(C=100.0)
    folds = GroupKFold(5)
    groups = np.arange(len(labels)) // 2  # a question's two askings stay together
    chance = cross_val_predict(
        model, features, labels, groups=groups, cv=folds, method="predict_proba"
    )[:, 1]
    model.fit(features, labels)
    (cosine, share, codes), bias = model.coef_[0], model.intercept_[0]
    print(f"constants: cosine {cosine:.2f}, share {share:.2f}, codes {codes:.2f}, bias {bias:.2f}")
    alone = LogisticRegression(C=100.0).fit(features[:, 1:], labels)
    print(f"without a cosine: share {alone.coef_[0][0]:.2f}, bias {alone.intercept_[0]:.2f}")
    start = 0
    for (_, queries), (_, marks) in zip(pairs, found, strict=True):
        part = chance[start : start + len(marks)]
        start += len(marks)
        print(f"{queries.name}: {len(marks) // 2} questions, AUC {roc_auc_score(marks, part):.3f}")
        for threshold in (0.3, 0.4, 0.5, 0.6):
            kept = (part[marks == 1] >= threshold).mean()
            wrong = (part[marks == 0] >= threshold).mean()
            print(
                f"  at {threshold}: answerable kept {kept:.3f}, unanswerable answered {wrong:.3f}"
            )


if __name__ == "__main__":
    main(sys.argv[1:])
