"""How long does a question take on an open index?

Asks every question of a query file once, after a warm-up, and prints p50, p90 and p99 of the
whole search and of its stages.

    python -m benchmarks.latency INDEX QUERIES.jsonl [--root FOLDER]
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from pathlib import Path
from time import perf_counter

import numpy as np

from indexer.config import load_settings
from search.engine import Engine
from search.qrels import read_queries


def measure(index: Path, queries: Path, root: Path | None) -> dict[str, list[float]]:
    """Milliseconds by stage, one number per question; `total` is the wall time of the search."""
    started = perf_counter()
    engine = Engine.open(index, load_settings())
    engine.warm_up()
    took: dict[str, list[float]] = defaultdict(list)
    took["open and warm up"].append((perf_counter() - started) * 1000)
    asked = [judged.query(10) for judged in read_queries(queries, root).queries]
    for query in asked[:20]:
        engine.search(query)
    for query in asked:
        started = perf_counter()
        result = engine.search(query)
        took["total"].append((perf_counter() - started) * 1000)
        for stage, ms in result.took_ms.items():
            took[stage].append(ms)
    engine.close()
    return took


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("index", type=Path)
    parser.add_argument("queries", type=Path)
    parser.add_argument("--root", type=Path)
    options = parser.parse_args()
    for stage, values in measure(options.index, options.queries, options.root).items():
        p50, p90, p99 = np.percentile(values, [50, 90, 99])
        print(f"{stage:18} p50 {p50:8.1f}  p90 {p90:8.1f}  p99 {p99:8.1f} ms  (n = {len(values)})")


if __name__ == "__main__":
    main()
