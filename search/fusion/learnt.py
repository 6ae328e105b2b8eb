"""Fusion as judged questions taught it, kept beside the adapters of an index."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import JsonValue

from indexer.adapter import FUSION_FILE
from indexer.config import Ranking
from indexer.encoders.base import Space
from indexer.lanes import CLIP, TEXT, WORDS
from search.fitted import Facts, FittedFile
from search.fuse import Key, Ranked, distinct, second
from search.fusion.base import FUSIONS, Fusion, Signals
from search.fusion.confidence import calibrated
from search.fusion.methods import Convex

FEATURES = ("fused", "text", "text_second", "words", "words_second", "clip")
"""The convex combination; the calibrated score of a key in a ranking; what its second chunk
scores there, as a document that says a thing twice is about it."""

_FILE = FittedFile(FUSION_FILE, "--fusion", format=1)

Features = NDArray[np.float64]
"""One row per key, one column per name of FEATURES; (n, 6)."""


@dataclass(frozen=True, slots=True, eq=False)
class Learnt:
    """A weighted sum of FEATURES for typed questions; `convex` for all else.

    `weights` is float64 (6,); `fingerprint` is that of the text space that they were learnt on;
    `figures` says what was measured then. Source: Cao et al., "Learning to Rank: From Pairwise
    Approach to Listwise Approach", ICML 2007 (see learn.py).
    """

    weights: NDArray[np.float64]
    fingerprint: str
    convex: Fusion
    figures: Mapping[str, JsonValue] = field(default_factory=dict)

    def __call__(
        self, rankings: Mapping[str, Ranked[Key]], signals: Signals
    ) -> list[tuple[Key, float]]:
        fused = self.convex(rankings, signals)
        if not teaches(rankings, signals):
            return fused
        rows = features(fused, rankings, signals) @ self.weights
        order = np.argsort(-rows, kind="stable")
        return [(fused[i][0], float(rows[i])) for i in order]


def teaches(rankings: Mapping[str, Ranked[Key]], signals: Signals) -> bool:
    """Whether a question is of the kind that weights are learnt from: typed, in the text lane."""
    return not signals.image and bool(rankings.get(TEXT))


def features(
    fused: Sequence[tuple[Key, float]], rankings: Mapping[str, Ranked[Key]], signals: Signals
) -> Features:
    """FEATURES of all keys of one question, in the order of `fused`.

    Where a ranking does not have a key, or not twice, it has the lowest score that the ranking
    gave to any, for words 0. Words are shares of the best score.
    """
    best = calibrated(rankings)
    columns: list[list[float]] = [[score for _, score in fused]]
    for name, names in ((TEXT, 2), (WORDS, 2), (CLIP, 1)):
        found, ranking = best.get(name, {}), rankings.get(name, ())
        least = min(found.values(), default=0.0)
        columns.append([found.get(key, least) for key, _ in fused])
        if names == 2:
            scale = max(distinct(ranking).values(), default=0.0) if name == WORDS else 1.0
            twice = {key: score / (scale or 1.0) for key, score in second(ranking).items()}
            columns.append([twice.get(key, least) for key, _ in fused])
    return np.array(columns, dtype=np.float64).T


def fusion_for(root: Path, spaces: Mapping[str, Space], ranking: Ranking) -> Fusion:
    """What the settings ask for; instead of `convex` what was learnt for this very index.

    Raises IndexDamaged.
    """
    plain = FUSIONS.get(ranking.fusion)(ranking)
    found = read_learnt(root, Convex(ranking)) if ranking.fusion == "convex" else None
    space = spaces.get(TEXT)
    if found is None or space is None or found.fingerprint != space.fingerprint:
        return plain
    return found


def write_learnt(root: Path, learnt: Learnt) -> None:
    """Install weights in the index at `root`, in place of those before. Raises OSError."""
    facts: dict[str, JsonValue] = {
        "fingerprint": learnt.fingerprint,
        "weights": dict(zip(FEATURES, learnt.weights.tolist(), strict=True)),
        "figures": dict(learnt.figures),
    }
    _FILE.write(root, facts)


def read_learnt(root: Path, convex: Fusion) -> Learnt | None:
    """The weights installed, None where there are none. Raises IndexDamaged."""

    def parse(facts: Facts) -> Learnt:
        weights = np.array([float(facts["weights"][name]) for name in FEATURES])
        if not np.isfinite(weights).all():
            raise ValueError("a weight is not a finite number")
        return Learnt(weights, str(facts["fingerprint"]), convex, dict(facts["figures"]))

    return _FILE.read(root, parse)


def remove_learnt(root: Path) -> bool:
    """Take the weights away; whether there were any. Raises OSError."""
    return _FILE.remove(root)
