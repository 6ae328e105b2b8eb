"""Is the confidence of an answer right as often as it says, and what does abstaining cost?

Every question is asked twice: of the whole index, and with its right documents left out (for a
screenshot the image itself is left out both times). The event: the document of the first
citation is right. A logistic regression on the signals of search/evidence.py gives its constants.
Sets are judged by models fitted on the other matters alone, and all together by
cross-validation over documents.

    python -m benchmarks.evidence [--root IMAGES] INDEX QUERIES.jsonl [INDEX QUERIES.jsonl …]

Index and query files that share their questions are one matter: neither is judged by the other.
Screenshots are fitted by themselves, and judged manual by manual.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GroupKFold

from indexer.config import load_settings
from search.answer import Supported
from search.calibration import expected_calibration_error, reliability
from search.engine import Engine
from search.qrels import JudgedQuery, read_queries

KEPT = 0.9
_TYPED = ("near", "rarest", "missing")
_SHOWN = ("near", "seen", "rarest", "missing")
_SIMULATED = 100

Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Asking:
    """A question asked once, and what is ranked first of what could be cited.

    `signals` are in the order of the names above; `now` is the confidence that the engine has and
    `support` what it decides by. The codes are left to the constants that are chosen, not fitted.
    """

    group: str
    answerable: bool
    signals: tuple[float, ...]
    right: bool
    now: float
    support: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """Probabilities float64 (n,) of the first citations, whether right, whether answerable."""

    chances: Numbers
    right: NDArray[np.bool_]
    answerable: NDArray[np.bool_]


class Model:
    """A logistic regression on the signals."""

    def __init__(self, asked: Sequence[Asking]) -> None:
        rows = np.array([one.signals for one in asked])
        spread = rows.std(axis=0) + 1e-9
        fitted = LogisticRegression(C=1.0).fit(rows / spread, [one.right for one in asked])
        self.weights: Numbers = fitted.coef_[0] / spread
        self.bias = float(fitted.intercept_[0])

    def judge(self, asked: Sequence[Asking]) -> Outcome:
        logits = np.array([one.signals for one in asked]) @ self.weights + self.bias
        return _outcome(asked, 1 / (1 + np.exp(-logits)))


def collect(index: Path, queries: Path, root: Path | None, every: int) -> dict[str, list[Asking]]:
    """What was asked, by set: the query file, or for screenshots the manual."""
    engine = Engine.open(index, load_settings())
    pages = _pages(queries)
    found: dict[str, list[Asking]] = {}
    for judged in read_queries(queries, root).queries[::every]:
        query = replace(judged.query(10), collapse="document")
        right = {*judged.relevant, pages[judged.id]} - {""}
        first = judged.relevant[0]
        name = f"screens {first.split('/')[0]}" if judged.image else f"{index.name}"
        for answerable in (True, False):
            left_out = frozenset() if answerable else frozenset(right)
            rated = engine.supported(replace(query, exclude=query.exclude | left_out))
            if rated:
                found.setdefault(name, []).append(_asking(judged, rated, right, answerable))
    engine.close()
    return found


def _asking(
    judged: JudgedQuery, rated: Sequence[Supported], right: set[str], answerable: bool
) -> Asking:
    first = rated[0]
    seen = [first.signals.seen or 0.0] if judged.image else []
    covered = first.signals.covered
    document = first.group.chunks[0].document
    names = {document, document.partition("#")[2], *(chunk.asset for chunk in first.group.chunks)}
    return Asking(
        group=judged.relevant[0],
        answerable=answerable,
        signals=(first.signals.near or 0.0, *seen, covered.rarest, covered.missing),
        right=not right.isdisjoint(names),
        now=first.confidence,
        support=max(one.support for one in rated),
    )


def _pages(queries: Path) -> dict[str, str]:
    """The page of each query, where its file names one beside a relevant image."""
    lines = [json.loads(line) for line in queries.read_text().splitlines() if line.strip()]
    return {str(line["id"]): line.get("page", "") for line in lines}


def _outcome(asked: Sequence[Asking], chances: Numbers) -> Outcome:
    right = np.array([one.right for one in asked])
    return Outcome(chances, right, np.array([one.answerable for one in asked]))


def report(name: str, found: Outcome) -> None:
    chances, right, answerable = found.chances, found.right, found.answerable
    error = expected_calibration_error(reliability(chances, right))
    random = np.random.default_rng(0)
    drawn = [random.random(len(chances)) < chances for _ in range(_SIMULATED)]
    least = np.mean([expected_calibration_error(reliability(chances, one)) for one in drawn])
    kept = np.quantile(chances[answerable], 1 - KEPT)
    kept_right = np.quantile(chances[right], 1 - KEPT)
    print(
        f"  {name:22} {len(chances):5} asked, first right {right[answerable].mean():.3f}, "
        f"said {chances.mean():.3f} was {right.mean():.3f}, ECE {error:.3f} (chance alone "
        f"{least:.3f}), AUC {roc_auc_score(right, chances):.3f}; without its document answered "
        f"{(chances[~answerable] >= kept).mean():.3f} at {kept:.3f}, keeping {KEPT} of all; "
        f"{(chances[~answerable] >= kept_right).mean():.3f} at {kept_right:.3f}, of the right"
    )


def decided(asked: Sequence[Asking]) -> None:
    """What support, by which the engine decides, answers of questions with and without answers."""
    kept = np.array([one.support for one in asked if one.answerable])
    wrong = np.array([one.support for one in asked if not one.answerable])
    default = load_settings().answer.evidence
    for threshold in (default, float(np.quantile(kept, 1 - KEPT))):
        print(
            f"support of {threshold:.3f}: {(kept >= threshold).mean():.3f} of the answerable and "
            f"{(wrong >= threshold).mean():.3f} of the others answered"
        )


def judge(sets: dict[str, list[Asking]], signals: Sequence[str]) -> None:
    """Fit and judge sets that have the same signals."""
    questions = {name: {one.group for one in asked} for name, asked in sets.items()}
    print("fitted on the other matters")
    for name, asked in sets.items():
        others = [
            one
            for other, more in sets.items()
            if questions[other].isdisjoint(questions[name])
            for one in more
        ]
        if others:
            report(name, Model(others).judge(asked))
    everything = [one for asked in sets.values() for one in asked]
    groups = [one.group for one in everything]
    parts: list[Outcome] = []
    for train, test in GroupKFold(5).split(everything, groups=groups):
        model = Model([everything[i] for i in train])
        parts.append(model.judge([everything[i] for i in test]))
    pooled = Outcome(
        np.concatenate([part.chances for part in parts]),
        np.concatenate([part.right for part in parts]),
        np.concatenate([part.answerable for part in parts]),
    )
    print("cross-validated over documents")
    report("all", pooled)
    print("as the engine has it now (fitted on these questions, if the constants are the same)")
    for name, asked in sets.items():
        report(name, _outcome(asked, np.array([one.now for one in asked])))
    decided(everything)
    model = Model(everything)
    fitted = ", ".join(f"{n}={w:.2f}" for n, w in zip(signals, model.weights, strict=True))
    print(f"constants: bias={model.bias:.2f}, {fitted}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=Path, help="folder of the queries' images")
    parser.add_argument("--every", type=int, default=1, help="ask every n-th question only")
    parser.add_argument("pairs", type=Path, nargs="+", metavar="INDEX QUERIES")
    given = parser.parse_args()
    sets: dict[str, list[Asking]] = {}
    for index, queries in zip(given.pairs[::2], given.pairs[1::2], strict=True):
        found = collect(index, queries, given.root, given.every)
        sets |= found
        print(f"{index.name}: {sum(map(len, found.values()))} asked", flush=True)
    shown = {name: asked for name, asked in sets.items() if name.startswith("screens")}
    typed = {name: asked for name, asked in sets.items() if name not in shown}
    for some, signals in ((typed, _TYPED), (shown, _SHOWN)):
        if some:
            judge(some, signals)


if __name__ == "__main__":
    main()
