"""Is the confidence of an answer right as often as it says, and does it know what is missing?

Every question is asked twice: of the whole index, and with its right documents left out (for a
screenshot the image itself is left out both times). The event: the document of the first
citation is right. A regression on the signals of search/evidence.py gives its constants.

    python -m benchmarks.evidence [--root IMAGES] INDEX QUERIES.jsonl [INDEX QUERIES.jsonl …]

A row for each set, fit and choice of signals: `lanes` are those that know each lane alone,
`ranked` those that know the fused scores. Fits: `pooled` on all sets, cross-validated over
documents; `left out` on the other matters alone; `own` on the set itself, cross-validated, as
`tune --confidence` does; `now` has the constants of the code, which knew these questions. Index
and query files that share their questions are one matter. Screenshots are fitted by themselves,
and judged manual by manual. Last, what the engine answers with its settings.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GroupKFold

from indexer.config import load_settings
from search.answer import Supported, answers
from search.calibration import expected_calibration_error, reliability
from search.engine import Engine
from search.evidence import coded
from search.qrels import JudgedQuery, read_queries
from search.regression import Numbers, Regression, fit

KEPT = 0.9
FOLDS = 5
_CHOICES: Mapping[str, tuple[str, ...]] = {
    "lanes": ("near", "rarest", "missing"),
    "ranked": ("lead", "ahead", "rarest"),
}
_SHOWN: Mapping[str, tuple[str, ...]] = {"screens": ("near", "seen", "rarest", "missing")}


@dataclass(frozen=True, slots=True)
class Asking:
    """A question asked once, and what is ranked first of what could be cited.

    `codes` are left to the constants that are chosen, not fitted; `now` is the confidence that
    the engine has, `found` whether it answers.
    """

    group: str
    answerable: bool
    signals: Mapping[str, float]
    codes: float
    right: bool
    now: float
    found: bool


@dataclass(frozen=True, slots=True, eq=False)
class Set:
    """All askings of one set, in arrays (n,)."""

    asked: Sequence[Asking]
    right: NDArray[np.bool_]
    answerable: NDArray[np.bool_]
    groups: NDArray[np.str_]
    codes: Numbers

    @classmethod
    def of(cls, asked: Sequence[Asking]) -> Set:
        return cls(
            asked,
            np.array([one.right for one in asked]),
            np.array([one.answerable for one in asked]),
            np.array([one.group for one in asked]),
            np.array([one.codes for one in asked]),
        )

    def rows(self, names: Sequence[str]) -> Numbers:
        return np.array([[one.signals[name] for name in names] for one in self.asked])

    def fit(self, names: Sequence[str]) -> Regression:
        return fit(self.rows(names), self.right, self.codes)

    def judge(self, made: Regression, names: Sequence[str]) -> Numbers:
        return made.chances(self.rows(names), self.codes)

    def held_out(self, names: Sequence[str]) -> Numbers:
        """Chances by a fit on other documents, (n,)."""
        chances = np.empty(len(self.asked))
        for train, test in GroupKFold(FOLDS).split(chances, groups=self.groups):
            made = Set.of([self.asked[i] for i in train]).fit(names)
            chances[test] = Set.of([self.asked[i] for i in test]).judge(made, names)
        return chances


def collect(index: Path, queries: Path, root: Path | None, every: int) -> dict[str, list[Asking]]:
    """What was asked, by set: the query file, or for screenshots the manual."""
    settings = load_settings()
    engine = Engine.open(index, settings)
    pages = _pages(queries)
    found: dict[str, list[Asking]] = {}
    for judged in read_queries(queries, root).queries[::every]:
        query = replace(judged.query(10), collapse="document")
        right = {*judged.relevant, pages[judged.id]} - {""}
        name = f"screens {judged.relevant[0].split('/')[0]}" if judged.image else index.name
        for answerable in (True, False):
            left_out = frozenset() if answerable else frozenset(right)
            asked = replace(query, exclude=query.exclude | left_out)
            rated = engine.supported(asked)
            if rated:
                one = _asking(rated, judged, right, answerable, settings.answer.evidence)
                one = replace(one, group=pages[judged.id] or one.group)
                found.setdefault(name, []).append(one)
    engine.close()
    return found


def _asking(
    rated: Sequence[Supported], judged: JudgedQuery, right: set[str], answerable: bool, least: float
) -> Asking:
    first = rated[0]
    signals, covered = first.signals, first.signals.covered
    document = first.group.chunks[0].document
    names = {document, document.partition("#")[2], *(chunk.asset for chunk in first.group.chunks)}
    return Asking(
        group=judged.relevant[0],
        answerable=answerable,
        signals={
            "near": signals.near or 0.0,
            "seen": signals.seen or 0.0,
            "lead": signals.lead or 0.0,
            "ahead": signals.ahead or 0.0,
            "rarest": covered.rarest,
            "missing": covered.missing,
        },
        codes=coded(signals),
        right=not right.isdisjoint(names),
        now=first.confidence,
        found=answers(rated, least),
    )


def _pages(queries: Path) -> dict[str, str]:
    """The page of each query, where its file names one beside a relevant image."""
    lines = [json.loads(line) for line in queries.read_text().splitlines() if line.strip()]
    return {str(line["id"]): line.get("page", "") for line in lines}


def report(name: str, fitted: str, choice: str, found: Set, chances: Numbers) -> None:
    """AUC of telling what can be answered, calibration, and the errors at KEPT."""
    error = expected_calibration_error(reliability(chances, found.right))
    kept = float(np.quantile(chances[found.answerable], 1 - KEPT))
    wrong = float((chances[~found.answerable] >= kept).mean())
    print(
        f"  {name:20} {fitted:9} {choice:8} AUC {roc_auc_score(found.answerable, chances):.3f}  "
        f"ECE {error:.3f}  wrongly answered {wrong:.3f} at {kept:.3f}, keeping {KEPT}",
        flush=True,
    )


def judge(sets: Mapping[str, Set], choices: Mapping[str, Sequence[str]]) -> None:
    """Fit and judge sets that have the same signals."""
    everything = Set.of([one for found in sets.values() for one in found.asked])
    starts = np.cumsum([0, *(len(found.asked) for found in sets.values())])
    for choice, names in choices.items():
        pooled = everything.held_out(names)
        report("all", "pooled", choice, everything, pooled)
        for start, (name, found) in zip(starts, sets.items(), strict=False):
            report(name, "pooled", choice, found, pooled[start : start + len(found.asked)])
            others = [
                one
                for other in sets.values()
                if set(other.groups).isdisjoint(found.groups)
                for one in other.asked
            ]
            if others:
                chances = found.judge(Set.of(others).fit(names), names)
                report(name, "left out", choice, found, chances)
            report(name, "own", choice, found, found.held_out(names))
        made = everything.fit(names)
        weights = ", ".join(f"{n}={w:.2f}" for n, w in zip(names, made.weights, strict=True))
        print(f"constants of {choice}: bias={made.bias:.2f}, {weights}")
    for name, found in sets.items():
        report(name, "now", "", found, np.array([one.now for one in found.asked]))
        answered = np.array([one.found for one in found.asked])
        print(
            f"  {name:20} as set: {answered[found.answerable].mean():.3f} of the answerable and "
            f"{answered[~found.answerable].mean():.3f} of the others answered"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=Path, help="folder of the queries' images")
    parser.add_argument("--every", type=int, default=1, help="ask every n-th question only")
    parser.add_argument("pairs", type=Path, nargs="+", metavar="INDEX QUERIES")
    given = parser.parse_args()
    sets: dict[str, Set] = {}
    for index, queries in zip(given.pairs[::2], given.pairs[1::2], strict=True):
        found = collect(index, queries, given.root, given.every)
        sets |= {name: Set.of(asked) for name, asked in found.items()}
        print(f"{index.name}: {sum(map(len, found.values()))} asked", flush=True)
    shown = {name: asked for name, asked in sets.items() if name.startswith("screens")}
    typed = {name: asked for name, asked in sets.items() if name not in shown}
    for some, choices in ((typed, _CHOICES), (shown, _SHOWN)):
        if some:
            judge(some, choices)


if __name__ == "__main__":
    main()
