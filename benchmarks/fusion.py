"""Which fusion of the lanes ranks best, on every set and in one run?

Prints recall@1, 5 and 10 and MRR@10 of every ranking alone, of reciprocal ranks (with the
weights that were best for them), log odds, and the default, and of fusion learnt from the
set's own questions, five folds, questions with a right document in common kept together. Of
the default also what it is without heads and names, and with the weights of both that are best
on the other folds, by the sum of recall@1, recall@10 and MRR@10 ("weights (CV)"). The
change in recall@1 and in MRR@10 is against the best single ranking of the set (the highest
MRR@10 of those that the settings give a weight), with its 95 % interval (paired
bootstrap over matters).

    python -m benchmarks.fusion [--root FOLDER] INDEX QUERIES.jsonl [INDEX QUERIES.jsonl …]
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from indexer.align.trial import FOLDS, folds
from indexer.config import Ranking, Weights, load_settings
from search.engine import Engine
from search.evaluate import judge
from search.fuse import Ranked, distinct
from search.fusion.base import FUSIONS, Fusion, Signals
from search.fusion.learn import Example, fit
from search.fusion.learnt import features, teaches
from search.qrels import JudgedQuery, read_queries
from search.recall import GroupKey, group, key_of, rankings_of

RRF = Ranking(
    fusion="rrf",
    question=Weights(clip=0.25, passages=0.25, text=2.0, words=1.0, lines=0.0),
    screenshot=Weights(clip=1.0, passages=0.0, text=1.0, words=2.0, lines=1.0),
)
CUTOFFS = (1, 5, 10)
MEASURES = (*(f"recall@{k}" for k in CUTOFFS), "mrr@10")
DRAWS = 2000
HEADS_TRIED = (0.0, 0.2, 0.4, 0.6, 0.8)
NAMES_TRIED = (0.0, 0.1, 0.2, 0.3, 0.4)
SHOWN = 100
"""Queries after which it is said how far it is."""

Order = Sequence[tuple[GroupKey, float]]
Table = NDArray[np.float64]
"""One row per query, one column per name of MEASURES."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A judged query as the lanes answered it; `names` says which groups are right for it."""

    query: JudgedQuery
    rankings: Mapping[str, Ranked[GroupKey]]
    signals: Signals
    names: Mapping[GroupKey, str]

    def measure(self, order: Order) -> list[float]:
        ranked = list(dict.fromkeys(self.names.get(key, "") or str(key) for key, _ in order))
        wanted = set(self.query.relevant)
        found = [len(wanted & set(ranked[:k])) / len(wanted) for k in CUTOFFS]
        first = next((r for r, name in enumerate(ranked[:10], 1) if name in wanted), 0)
        return [*found, 1 / first if first else 0.0]


def ask(folder: Path, queries: Sequence[JudgedQuery]) -> Iterator[Asked]:
    settings = load_settings()
    convex = FUSIONS.get("convex")(settings.ranking)
    engine = Engine.open(folder, settings)
    for number, judged in enumerate(queries, 1):
        query = judged.query(1)
        found = engine.recalled(query)
        groups = group(found.lanes, found.chunks, query.collapse, convex, found.signals)
        names = {key_of(one, query.collapse): judge(one, judged.relevant) for one in groups}
        rankings = rankings_of(found.lanes, found.chunks, query.collapse)
        known = {key: name for key, name in names.items() if key is not None}
        if number % SHOWN == 0:
            print(f"{folder.name}: {number:,} of {len(queries):,}", file=sys.stderr, flush=True)
        yield Asked(judged, rankings, found.signals, known)
    engine.close()


def with_weights(one: Asked, ranking: Ranking) -> Signals:
    weights = ranking.weights(one.query.text.strip() != "", one.query.image is not None)
    return replace(one.signals, weights=weights)


def matters(asked: Sequence[Asked]) -> NDArray[np.int64]:
    """Numbers of groups of queries that share a right document, themselves included."""
    parent: dict[str, str] = {}

    def top(name: str) -> str:
        while parent.setdefault(name, name) != name:
            name = parent[name]
        return name

    for one in asked:
        for name in (*one.query.relevant, *one.query.exclude):
            parent[top(name)] = top(one.query.relevant[0])
    tops = [top(one.query.relevant[0]) for one in asked]
    numbers = {name: number for number, name in enumerate(dict.fromkeys(tops))}
    return np.array([numbers[name] for name in tops], np.int64)


def learnt(asked: Sequence[Asked], orders: Sequence[Order], groups: NDArray[np.int64]) -> Table:
    """Measures of each query by weights learnt without its matter."""
    examples = [
        Example(
            features(order, one.rankings, one.signals),
            np.array([bool(one.names.get(key)) for key, _ in order]),
        )
        for one, order in zip(asked, orders, strict=True)
    ]
    fold = folds(groups)
    weights = [fit([examples[i] for i in np.flatnonzero(fold != k).tolist()]) for k in range(FOLDS)]
    rows = []
    for one, order, example, own in zip(asked, orders, examples, fold, strict=True):
        if teaches(one.rankings, one.signals):
            best = np.argsort(-(example.features @ weights[own]), kind="stable")
            rows.append(one.measure([order[i] for i in best.tolist()]))
        else:
            rows.append(one.measure(order))
    return np.array(rows)


def weighed(asked: Sequence[Asked], heads: float, names: float) -> Table:
    """Measures of each query by the default fusion with these weights."""
    ranking = load_settings().ranking.model_copy(update={"heads": heads, "names": names})
    fuse: Fusion = FUSIONS.get("convex")(ranking)
    orders = [fuse(one.rankings, with_weights(one, ranking)) for one in asked]
    return np.array([one.measure(order) for one, order in zip(asked, orders, strict=True)])


def chosen(asked: Sequence[Asked], groups: NDArray[np.int64]) -> Table:
    """Measures of each query by the weights of heads and names chosen without its matter."""
    tried = [weighed(asked, h, n) for h in HEADS_TRIED for n in NAMES_TRIED]
    worth = np.stack([table[:, [0, 2, 3]].sum(axis=1) for table in tried])
    fold = folds(groups)
    found = np.empty_like(tried[0])
    for number in range(FOLDS):
        inside = fold == number
        found[inside] = tried[int(worth[:, ~inside].mean(axis=1).argmax())][inside]
    return found


def interval(gains: NDArray[np.float64], groups: NDArray[np.int64]) -> str:
    total, sizes = np.bincount(groups, weights=gains), np.bincount(groups)
    drawn = np.random.default_rng(0).integers(0, len(sizes), (DRAWS, len(sizes)))
    means = total[drawn].sum(axis=1) / sizes[drawn].sum(axis=1)
    low, high = np.percentile(means, [2.5, 97.5])
    return f"{gains.mean():+.3f} [{low:+.3f}, {high:+.3f}]"


def compare(name: str, asked: Sequence[Asked]) -> None:
    lanes = dict.fromkeys(lane for one in asked for lane in one.rankings)
    tables: dict[str, Table] = {
        lane: np.array(
            [one.measure(list(distinct(one.rankings.get(lane, ())).items())) for one in asked]
        )
        for lane in lanes
    }
    shipped = load_settings().ranking
    counted = with_weights(asked[0], shipped).weights
    bases = [lane for lane in tables if counted.get(lane, 1.0) > 0]
    base = max(bases, key=lambda lane: float(tables[lane][:, -1].mean()))
    orders: list[Order] = []
    for fusion, ranking in (("rrf", RRF), ("log-odds", shipped), ("convex", shipped)):
        fuse: Fusion = FUSIONS.get(fusion)(ranking)
        orders = [fuse(one.rankings, with_weights(one, ranking)) for one in asked]
        rows = [one.measure(order) for one, order in zip(asked, orders, strict=True)]
        tables[fusion] = np.array(rows)
    groups = matters(asked)
    for title, heads, names in (
        ("no heads", 0.0, shipped.names), ("no names", shipped.heads, 0.0), ("neither", 0.0, 0.0)
    ):  # fmt: skip
        tables[title] = weighed(asked, heads, names)
    tables["weights (CV)"] = chosen(asked, groups)
    if all(one.query.text.strip() and one.query.image is None for one in asked):
        tables["learnt (CV)"] = learnt(asked, orders, groups)
    print(f"{name}: {len(asked)} queries, {', '.join(MEASURES)}; against {base}")
    for title, table in tables.items():
        figures = " ".join(f"{value:.3f}" for value in table.mean(axis=0))
        changes = [interval(table[:, i] - tables[base][:, i], groups) for i in (0, -1)]
        print(f"  {title:12} {figures}   {'   '.join(changes)}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=Path)
    parser.add_argument("pairs", type=Path, nargs="+", metavar="INDEX QUERIES")
    options = parser.parse_args()
    for index, queries in zip(options.pairs[::2], options.pairs[1::2], strict=True):
        judged = read_queries(queries, options.root)
        compare(f"{index.name}, {queries.name}", list(ask(index, judged)))


if __name__ == "__main__":
    main()
