"""How much of a gain from weights of the lanes is left on a manual they were not chosen on?

Screenshots with a page each. Weights of words, lines, features and the shared space beside 1 of
the text lane are chosen on all manuals but one (the first folder of what is right), by the sum of
recall@1, 5 and 10, and judged on that one. Prints recall@1, 5 and 10 and MRR@10 over all of
these, for the weights of the settings, which no manual was spared, and with each weight at 0.

    python -m benchmarks.lane_weights [--root FOLDER] INDEX QUERIES.jsonl
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np

from benchmarks.fusion import Asked, Table, ask
from indexer.config import load_settings
from indexer.lanes import CLIP, FEATURES, LINES, TEXT, WORDS
from search.fusion.base import Fusion
from search.fusion.methods import Convex
from search.qrels import read_queries

CHOICES = {
    WORDS: (0.5, 1.0, 1.5, 2.0),
    LINES: (0.5, 1.0, 1.5),
    FEATURES: (0.0, 0.5, 1.0, 1.5),
    CLIP: (0.0, 0.5, 1.0),
}


def table(asked: Sequence[Asked], fusion: Fusion, weights: Mapping[str, float]) -> Table:
    """Measures of every query (n, 4) under these weights."""
    return np.array(
        [one.measure(fusion(one.rankings, replace(one.signals, weights=weights))) for one in asked]
    )


def spared(asked: Sequence[Asked], fusion: Fusion) -> Table:
    """Measures of every query (n, 4) under the weights chosen on the other manuals."""
    manuals = np.array([one.query.relevant[0].partition("/")[0] for one in asked])
    grid = [dict(zip(CHOICES, values, strict=True)) for values in product(*CHOICES.values())]
    none = {"passages": 0.0, TEXT: 1.0}
    tables = [table(asked, fusion, none | weights) for weights in grid]
    found = np.empty_like(tables[0])
    for manual in np.unique(manuals):
        own = manuals == manual
        sums = [float(one[~own, :3].sum()) for one in tables]
        best = int(np.argmax(sums))
        found[own] = tables[best][own]
        show(f"{manual}, {grid[best]}", found[own])
    return found


def show(title: str, measures: Table) -> None:
    print(" ".join(f"{value:.3f}" for value in measures.mean(axis=0)), title, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=Path)
    parser.add_argument("index", type=Path)
    parser.add_argument("queries", type=Path)
    options = parser.parse_args()
    ranking = load_settings().ranking
    fusion = Convex(ranking)
    asked = list(ask(options.index, read_queries(options.queries, options.root)))
    shipped = ranking.weights(False, True)
    show("settings", table(asked, fusion, shipped))
    for lane in (TEXT, *CHOICES):
        show(f"settings without {lane}", table(asked, fusion, shipped | {lane: 0.0}))
    show("all, each by the weights of the others", spared(asked, fusion))


if __name__ == "__main__":
    main()
