"""How long does a question take on an open index, and where does the time go?

Asks every question of a query file once, after a warm-up with others, and prints p50, p90 and p99
of the whole search and of its stages. The means of the stages add up to that of the whole;
"unnamed" is what they leave. With `--answers` each search is followed by an answer, a stage of its
own. A question that is in the file twice is asked once: what a model made of it is remembered.

    python -m benchmarks.latency INDEX QUERIES.jsonl [--root FOLDER] [--every N] [--answers]
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from time import perf_counter

import numpy as np

from indexer.config import load_settings
from search.engine import Engine
from search.qrels import read_queries
from search.query import Query

_WARM = 20
"""Questions asked before the others, whose time is not counted."""


def distinct(queries: Sequence[Query]) -> list[Query]:
    """Those whose words or image come for the first time."""
    found: dict[tuple[str, bytes | None], Query] = {}
    for query in queries:
        found.setdefault((query.text.strip(), query.image), query)
    return list(found.values())


def stages(took_ms: Mapping[str, float], total: float, rest: str) -> dict[str, float]:
    """The named stages, the `rest` of the `total` and the total, in milliseconds."""
    return {**took_ms, rest: total - sum(took_ms.values()), "total": total}


def measure(engine: Engine, asked: Sequence[Query], answers: bool) -> dict[str, list[float]]:
    """Milliseconds by stage, one number per question; a stage that a question skips is 0."""
    each: list[dict[str, float]] = []
    for query in asked:
        started = perf_counter()
        result = engine.answer(query).search if answers else engine.search(query)
        total = (perf_counter() - started) * 1000
        each.append(stages(result.took_ms, total, "answer" if answers else "unnamed"))
    took: dict[str, list[float]] = defaultdict(list)
    for name in dict.fromkeys(name for one in each for name in one):
        took[name] = [one.get(name, 0.0) for one in each]
    return took


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("index", type=Path)
    parser.add_argument("queries", type=Path)
    parser.add_argument("--root", type=Path)
    parser.add_argument("--every", type=int, default=1, help="ask every Nth question")
    parser.add_argument("--answers", action="store_true", help="answer each question too")
    options = parser.parse_args()
    judged = read_queries(options.queries, options.root)[:: options.every]
    asked = distinct([one.query(10) for one in judged])
    started = perf_counter()
    engine = Engine.open(options.index, load_settings())
    engine.warm_up()
    print(f"open and warm up {(perf_counter() - started) * 1000:.0f} ms")
    warm = min(_WARM, len(asked) // 3)
    measure(engine, asked[:warm], options.answers)
    for stage, values in measure(engine, asked[warm:], options.answers).items():
        p50, p90, p99 = np.percentile(values, [50, 90, 99])
        print(
            f"{stage:10} p50 {p50:7.1f}  p90 {p90:7.1f}  p99 {p99:7.1f}  "
            f"mean {np.mean(values):7.1f} ms  (n = {len(values)})"
        )
    engine.close()


if __name__ == "__main__":
    main()
