"""At which cut do clusters of questions agree best with what the questions are about?

Questions of known intent are clustered by meaning and by words (search/matters.py); the adjusted
Rand index and the V-measure compare the clusters with the intents.

    python -m benchmarks.clusters banking77/test.csv [QUESTIONS]
"""

from __future__ import annotations

import csv
import sys
from itertools import islice
from pathlib import Path

import numpy as np
from sklearn.metrics import adjusted_rand_score, v_measure_score

from indexer.config import load_settings
from indexer.encoders.choose import text_encoder
from indexer.records import Vectors
from search.cluster import average_link
from search.matters import word_vectors

CUTS = (0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.45, 0.5, 0.55, 0.6, 0.7)


def report(name: str, vectors: Vectors, intents: list[str]) -> None:
    for cut in CUTS:
        clusters = average_link(vectors, cut)
        labels = np.zeros(len(intents), np.int64)
        for number, rows in enumerate(clusters):
            labels[rows] = number
        index = adjusted_rand_score(intents, labels)
        measure = v_measure_score(intents, labels)
        print(f"{name} {cut:.2f}: {len(clusters):>4} clusters, ARI {index:.3f}, V {measure:.3f}")


def main(arguments: list[str]) -> None:
    most = int(arguments[1]) if len(arguments) > 1 else None
    with Path(arguments[0]).open(encoding="utf-8", newline="") as file:
        rows = list(islice(csv.DictReader(file), most))
    texts, intents = [row["text"] for row in rows], [row["category"] for row in rows]
    encoder = text_encoder(load_settings())
    parts = [encoder.encode_texts(texts[start : start + 64]) for start in range(0, len(texts), 64)]
    report("meaning", np.concatenate(parts), intents)
    report("words", word_vectors(texts), intents)


if __name__ == "__main__":
    main(sys.argv[1:])
