"""Do queries made from an index rank settings as the questions of people do?

Runs the kinds of a set made by `triptych bench synthesize`, and files of real queries, under
eight rankings that differ in their lanes and weights. Prints MRR@10 of each, then for every
kind against every real file: Kendall's tau-b of the eight figures, and what one loses in real
MRR@10 by taking the ranking that the kind finds best. Intervals are 95 %, both sets of queries
resampled 1,000 times. Figures of shipped settings come with recall@1, @5 and @10.

    python -m benchmarks.synthetic INDEX SYNTHETIC.jsonl REAL.jsonl… [--root FOLDER]
        [--kinds NAME…] [--every N] [--json FILE]

Images of real queries are relative to FOLDER; N takes every Nth real query.

Queries in words of what they look for rank settings against people's: they favour the words
lane, which the paraphrases of StackFAQ and SeaMonkey's duplicates do not (tau below 0). They
tell whether an index is whole and whether a change of it loses something, and no more.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from pathlib import Path
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from indexer.config import Ranking, Settings, Weights, load_settings
from search.engine import Engine
from search.evaluate import judge
from search.qrels import JudgedQuery, read_queries

SHIPPED = "shipped"
RESAMPLES = 1000
NEVER = 10**6
"""The rank of what was not found."""


def _same(clip: float, text: float, words: float, k: float = 5.0) -> Ranking:
    """The same weights for questions and for screenshots, these lanes alone, fused by rank."""
    weights = Weights(clip=clip, passages=clip, text=text, words=words)
    return Ranking(fusion="rrf", regions=False, rrf_k=k, question=weights, screenshot=weights)


RANKINGS: Mapping[str, Ranking] = {
    "words": _same(0, 0, 1),
    "text": _same(0, 1, 0),
    "1:1": _same(0, 1, 1),
    "text 2": _same(0, 2, 1),
    "words 2": _same(0, 1, 2),
    "k 60": _same(0, 1, 1, 60.0),
    "clip 1": _same(1, 1, 1),
    SHIPPED: Ranking(),
}

Table = NDArray[np.float64]
"""Reciprocal ranks, 0 beyond ten: float64 (queries, rankings)."""


def ranks(
    index: Path, settings: Settings, sets: Mapping[str, Sequence[JudgedQuery]]
) -> dict[str, NDArray[np.int64]]:
    """Rank of the first right hit of every query under every ranking: int64 (queries, rankings)."""
    found = {name: np.full((len(part), len(RANKINGS)), NEVER) for name, part in sets.items()}
    for column, (name, ranking) in enumerate(RANKINGS.items()):
        start = perf_counter()
        engine = Engine.open(index, settings.model_copy(update={"ranking": ranking}))
        for part, queries in sets.items():
            for row, query in enumerate(queries):
                found[part][row, column] = first_rank(engine, query)
        engine.close()
        print(f"# {name}: {perf_counter() - start:.0f} s", flush=True)
    return found


def first_rank(engine: Engine, query: JudgedQuery) -> int:
    groups = engine.candidates(query.query(1))
    right = (i for i, group in enumerate(groups, start=1) if judge(group, query.relevant))
    return next(right, NEVER)


def reciprocal(table: NDArray[np.int64]) -> Table:
    return np.where(table <= 10, 1.0 / table, 0.0)


def tau(one: Sequence[float], other: Sequence[float]) -> float:
    """Kendall's tau-b: agreeing less disagreeing pairs, by what is not tied; 0 if all is tied."""
    pairs = list(combinations(range(len(one)), 2))
    first = np.array([np.sign(one[i] - one[j]) for i, j in pairs])
    second = np.array([np.sign(other[i] - other[j]) for i, j in pairs])
    untied = float(np.sqrt((first**2).sum() * (second**2).sum()))
    return float((first * second).sum()) / untied if untied else 0.0


def regret(one: Sequence[float], real: Sequence[float]) -> float:
    """What is lost in `real` where the best of `one` is taken; the worst case of ties."""
    best = max(one)
    taken = min(value for value, found in zip(real, one, strict=True) if found == best)
    return max(real) - taken


def compare(made: Table, real: Table) -> dict[str, float]:
    """Tau and loss, and the interval of tau."""
    rng = np.random.default_rng(0)
    taus = []
    for _ in range(RESAMPLES):
        drawn = [one[rng.integers(0, len(one), len(one))].mean(axis=0) for one in (made, real)]
        taus.append(tau(*(means.tolist() for means in drawn)))
    low, high = np.percentile(taus, [2.5, 97.5])
    means = [one.mean(axis=0).tolist() for one in (made, real)]
    return {
        "tau": tau(*means),
        "low": float(low),
        "high": float(high),
        "loss": regret(*means),
    }


def by_kind(queries: Iterable[JudgedQuery], wanted: Sequence[str]) -> dict[str, list[JudgedQuery]]:
    found: dict[str, list[JudgedQuery]] = {}
    for query in queries:
        if not wanted or query.kind in wanted:
            found.setdefault(query.kind or "(none)", []).append(query)
    return found


def report(found: Mapping[str, NDArray[np.int64]], real: Sequence[str]) -> dict[str, object]:
    """Print all tables; what is in them."""
    names = list(RANKINGS)
    print(f"{'MRR@10':20} {'n':>4}  " + "  ".join(f"{name:>7}" for name in names))
    tables = {name: reciprocal(ranked) for name, ranked in found.items()}
    for name, table in tables.items():
        means = "  ".join(f"{value:7.3f}" for value in table.mean(axis=0))
        print(f"{name:20} {len(table):4}  {means}")
    print(f"\n{SHIPPED:20}       recall@1 / @5 / @10 (the first right hit)")
    column = names.index(SHIPPED)
    for name, ranked in found.items():
        shares = "  ".join(f"{(ranked[:, column] <= k).mean():.3f}" for k in (1, 5, 10))
        print(f"{name:20} {len(ranked):4}  {shares}")
    agreement: dict[str, dict[str, dict[str, float]]] = {}
    for name in real:
        print(f"\nagainst {name:24} tau                    loss of MRR@10")
        for kind in (kind for kind in tables if kind not in real):
            one = compare(tables[kind], tables[name])
            agreement.setdefault(name, {})[kind] = one
            tau_ = f"{one['tau']:+.2f} [{one['low']:+.2f}, {one['high']:+.2f}]"
            print(f"  {kind:28} {tau_:24} {one['loss']:.3f}")
    return {
        "rankings": names,
        "mrr@10": {name: table.mean(axis=0).tolist() for name, table in tables.items()},
        "agreement": agreement,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("index", type=Path)
    parser.add_argument("synthetic", type=Path)
    parser.add_argument("real", type=Path, nargs="+")
    parser.add_argument("--root", type=Path)
    parser.add_argument("--kinds", nargs="*", default=[], help="these kinds alone")
    parser.add_argument("--every", type=int, default=1, help="take every Nth real query")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    options = parser.parse_args()
    sets = by_kind(read_queries(options.synthetic, None), options.kinds)
    real = {
        path.stem: list(read_queries(path, options.root))[:: options.every] for path in options.real
    }
    found = ranks(options.index, load_settings(), {**sets, **real})
    figures = report(found, list(real))
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2), encoding="utf-8")


if __name__ == "__main__":
    main()
