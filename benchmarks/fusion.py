"""Which constant and which weights of reciprocal-rank fusion rank best?

Runs the same judged queries under every combination and prints the fused figures side by
side. More than one pair of index and queries may be given; a setting should be good on all.

    python -m benchmarks.fusion [--root FOLDER] INDEX QUERIES.jsonl [INDEX QUERIES.jsonl …]
"""

from __future__ import annotations

import argparse
from itertools import product
from pathlib import Path

from indexer.config import Ranking, Settings, Weights, load_settings
from search.engine import Engine
from search.evaluate import FUSED, evaluate
from search.qrels import read_queries

CONSTANTS = (5.0, 10.0, 20.0, 60.0)
WEIGHTS = ((1.0, 1.0), (1.0, 2.0), (2.0, 1.0), (3.0, 1.0))


def with_fusion(settings: Settings, k: float, text: float, words: float) -> Settings:
    """`settings` with the same weights for questions and for screenshots."""
    weights = Weights(text=text, words=words)
    ranking = Ranking(rrf_k=k, question=weights, screenshot=weights)
    return settings.model_copy(update={"ranking": ranking})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=Path)
    parser.add_argument("pairs", type=Path, nargs="+", metavar="INDEX QUERIES")
    options = parser.parse_args()
    settings = load_settings()
    for index, queries in zip(options.pairs[::2], options.pairs[1::2], strict=True):
        judged = read_queries(queries, options.root).queries
        print(f"{queries.name}, {len(judged)} queries")
        for k, (text, words) in product(CONSTANTS, WEIGHTS):
            engine = Engine.open(index, with_fusion(settings, k, text, words))
            fused = evaluate(engine, judged, (1, 5, 10), lambda: None).figures[FUSED]
            engine.close()
            figures = "  ".join(f"{name} {one.value:.3f}" for name, one in fused.items())
            print(f"  k {k:4.0f}  text {text:.0f} words {words:.0f}   {figures}", flush=True)


if __name__ == "__main__":
    main()
