"""Is the confidence of an answer right as often as it says, and does it know what is missing?

Every question is asked twice: of the whole index, and with its right documents left out; one that
nothing is relevant to, once. A screenshot is left out of the index itself both times, and then
asked as a changed copy of what the index has (benchmarks/screenshots.py). The event: what is
ranked first of what can be quoted is right. Where a line has `expected` phrases
(benchmarks/answers.jsonl), the section quoted has to have one of them. Regressions on the signals
of search/evidence.py give its constants, one for each way of asking.

    python -m benchmarks.evidence [--root IMAGES] INDEX QUERIES.jsonl [INDEX QUERIES.jsonl …]

A row for each set and fit: `pooled` on all sets, cross-validated over documents; `left out` on
the other matters alone; `own` on the set itself, cross-validated, as `tune --confidence` does;
`now` has the constants of the code, which knew these questions. Index and query files that share
their questions are one matter. Screenshots are judged manual by manual. Last, what is answered
with the settings.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path

import numpy as np
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GroupKFold

from benchmarks.screenshots import change
from indexer.config import load_settings
from search.asking import KEPT, Asking, answerables, ask, calibration_error, rights, threshold_of
from search.engine import Engine
from search.evidence import (
    APART,
    FOREIGN,
    PASTED,
    PICTURED,
    SHOWN,
    TYPED,
    WORDS,
    Signals,
    Weights,
    weights_for,
)
from search.qrels import JudgedQuery, read_queries
from search.regression import Numbers, Regression, fit
from search.supported import Supported

FOLDS = 5
_WAYS = {
    "typed": TYPED,
    "apart": APART,
    "pasted": PASTED,
    "foreign": FOREIGN,
    "words": WORDS,
    "shown": SHOWN,
    "pictured": PICTURED,
}

Sets = Mapping[str, Sequence[Asking]]


@dataclass(frozen=True, slots=True)
class Curve:
    """A regression on the signals that one way of asking weighs."""

    names: tuple[str, ...]

    @classmethod
    def like(cls, weights: Weights) -> Curve:
        chosen = {"bias", "named", "made"}  # the last two by hand: too few questions have them
        names = [field.name for field in fields(weights) if field.name not in chosen]
        return cls(tuple(name for name in names if getattr(weights, name)))

    def rows(self, asked: Sequence[Asking]) -> Numbers:
        """float64 (n, d)."""
        return np.array([[_signal(one.signals, name) for name in self.names] for one in asked])

    def fit(self, asked: Sequence[Asking]) -> Regression:
        return fit(self.rows(asked), rights(asked))

    def held_out(self, asked: Sequence[Asking]) -> Numbers:
        """Chances by a fit on other documents, (n,)."""
        chances = np.empty(len(asked))
        groups = [one.group for one in asked]
        for train, test in GroupKFold(FOLDS).split(chances, groups=groups):
            made = self.fit([asked[i] for i in train])
            chances[test] = made.chances(self.rows([asked[i] for i in test]))
        return chances


def _signal(signals: Signals, name: str) -> float:
    held = signals if hasattr(signals, name) else signals.covered
    return float(getattr(held, name) or 0.0)


def collect(index: Path, queries: Path, root: Path | None, every: int) -> dict[str, list[Asking]]:
    """What was asked, by set: the index, or for screenshots the manual."""
    engine = Engine.open(index, load_settings())
    lines = [json.loads(line) for line in queries.read_text().splitlines() if line.strip()]
    facts = {str(line["id"]): line for line in lines}
    found: dict[str, list[Asking]] = {}
    for number, judged in enumerate(read_queries(queries, root, unanswerable=True)[::every]):
        line = facts[judged.id]
        page = line.get("page", "")
        documents = {*judged.relevant, page} - {""}
        group = page or next(iter(judged.relevant), judged.id)
        query = replace(judged.query(10), collapse="document")  # as an answer is asked for
        asked = ask(engine, query, group, documents, _judge(documents, line))
        found.setdefault(_set(index, judged), []).extend(asked)
        if query.image is not None and query.exclude:
            copy = replace(query, image=change(query.image, number % 3 == 0), exclude=frozenset())
            asked = ask(engine, copy, group, documents, _judge(documents, line))
            found.setdefault(f"{_set(index, judged)} copies", []).extend(asked)
    engine.close()
    return found


def _set(index: Path, judged: JudgedQuery) -> str:
    manual = judged.relevant[0].split("/")[0] if judged.image and judged.relevant else ""
    return f"{index.name} {manual}".strip()


def _judge(documents: set[str], line: Mapping[str, Sequence[str]]) -> Callable[[Supported], bool]:
    """Says whether what is quoted is of one of the documents and has what is expected of it."""
    phrases = [_flat(phrase) for phrase in line.get("expected", ())]

    def right(one: Supported) -> bool:
        names = {one.said.document, one.said.document.partition("#")[2]}
        names.update(chunk.asset or "" for chunk in one.group.chunks)
        heading = one.said.place.heading
        section = [chunk for chunk in one.group.chunks if chunk.place.heading == heading]
        said = _flat(" ".join(chunk.text + " " + chunk.context for chunk in (one.said, *section)))
        has = not phrases or any(phrase in said for phrase in phrases)
        return has and not documents.isdisjoint(names)

    return right


def _flat(text: str) -> str:
    return " ".join(text.split()).casefold()


def report(name: str, fitted: str, asked: Sequence[Asking], chances: Numbers) -> None:
    """AUC of telling what can be answered, calibration, and the errors at KEPT."""
    answerable = answerables(asked)
    kept = threshold_of(chances, answerable)
    wrong = float((chances[~answerable] >= kept).mean())
    print(
        f"  {name:22} {fitted:9} AUC {roc_auc_score(answerable, chances):.3f}  "
        f"ECE {calibration_error(chances, rights(asked)):.3f}  "
        f"wrongly answered {wrong:.3f} at {kept:.3f}, keeping {KEPT}",
        flush=True,
    )


def judge(way: str, sets: Sets) -> None:
    """Fit and judge sets that were asked in one way."""
    curve = Curve.like(_WAYS[way])
    everything = [one for asked in sets.values() for one in asked]
    pooled = curve.held_out(everything)
    report("all", "pooled", everything, pooled)
    start = 0
    for name, asked in sets.items():
        report(name, "pooled", asked, pooled[start : start + len(asked)])
        start += len(asked)
        groups = {one.group for one in asked}
        others = [
            one
            for other in sets.values()
            if groups.isdisjoint(one.group for one in other)
            for one in other
        ]
        if others:
            report(name, "left out", asked, curve.fit(others).chances(curve.rows(asked)))
        report(name, "own", asked, curve.held_out(asked))
        report(name, "now", asked, np.array([one.shipped for one in asked]))
    made = curve.fit(everything)
    weights = ", ".join(f"{n}={w:.2f}" for n, w in zip(curve.names, made.weights, strict=True))
    print(f"constants of {way}: bias={made.bias:.2f}, {weights}")


def as_set(name: str, asked: Sequence[Asking], least: float) -> None:
    """What of a set is answered with the settings, and how often rightly."""
    found = np.array([one.shipped >= least for one in asked])
    answerable, right = answerables(asked), rights(asked)
    print(
        f"  {name:22} as set: {found[answerable].mean():.3f} of the answerable and "
        f"{found[~answerable].mean():.3f} of the others answered, "
        f"{right[found & answerable].mean():.3f} of the former rightly"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--root", type=Path, help="folder of the queries' images")
    parser.add_argument("--every", type=int, default=1, help="ask every n-th question only")
    parser.add_argument("pairs", type=Path, nargs="+", metavar="INDEX QUERIES")
    given = parser.parse_args()
    sets: dict[str, list[Asking]] = {}
    for index, queries in zip(given.pairs[::2], given.pairs[1::2], strict=True):
        found = collect(index, queries, given.root, given.every)
        sets |= found
        print(f"{index.name}: {sum(map(len, found.values()))} asked", flush=True)
    judge_all(sets)


def judge_all(sets: Sets) -> None:
    """Every way of asking by itself, then all by the threshold of the settings."""
    for way, weights in _WAYS.items():
        chosen = {
            name: [one for one in asked if weights_for(one.signals) is weights]
            for name, asked in sets.items()
        }
        some = {name: asked for name, asked in chosen.items() if _enough(asked)}
        if some:
            print(f"{way}:")
            judge(way, some)
    for name, asked in sets.items():
        as_set(name, asked, load_settings().answer.evidence)


def _enough(asked: Sequence[Asking]) -> bool:
    """Whether a way of asking is frequent enough in a set to be judged."""
    groups = {one.group for one in asked if one.answerable}
    return len(groups) >= 2 * FOLDS and len(set(rights(asked).tolist())) > 1


if __name__ == "__main__":
    main()
