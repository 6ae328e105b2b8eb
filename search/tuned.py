"""Confidence as judged questions taught it, kept beside the adapters of an index."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import JsonValue

from indexer.adapter import CONFIDENCE_FILE
from indexer.encoders.base import Space
from indexer.lanes import TEXT
from search.evidence import Signals, log_odds, logistic
from search.fitted import Facts, FittedFile

SHIPPED = "shipped"
"""The log odds of the confidence that everybody has; a regression on it alone is Platt's."""

SIGNALS = ("cosine", "head", "fused", "lead", "ahead", "share", "had", "rarest")
"""Names of `Signals` and `Coverage` (search/evidence.py)."""

_FILE = FittedFile(CONFIDENCE_FILE, "--confidence", format=2)
"""Format 1 was learnt on another shipped confidence."""


@dataclass(frozen=True, slots=True, eq=False)
class Tuned:
    """A logistic regression on SHIPPED, alone or with SIGNALS, for typed questions.

    From `threshold` on a question is answered. `fingerprint` is that of the text space that it
    was learnt on; `figures` says what was measured then. Source: Platt, "Probabilistic Outputs
    for Support Vector Machines", 1999.
    """

    weights: Mapping[str, float]
    bias: float
    threshold: float
    fingerprint: str
    figures: Mapping[str, JsonValue] = field(default_factory=dict)

    def takes(self, signals: Signals) -> bool:
        """Whether everything that it weighs is known of a question."""
        return not signals.shown and self.weights.keys() <= features(signals).keys()

    def __call__(self, signals: Signals) -> float:
        """The probability in [0, 1] that the document is the right one."""
        known = features(signals)
        return logistic(self.bias + sum(w * known[name] for name, w in self.weights.items()))


def features(signals: Signals) -> dict[str, float]:
    """What is known of a document by name, SIGNALS and SHIPPED; none without an encoder.

    A document without a head counts by its passage alone, as in fusion.
    """
    if signals.cosine is None:
        return {}
    known = {SHIPPED: log_odds(signals), "cosine": signals.cosine}
    known["head"] = signals.cosine if signals.head is None else signals.head
    for name in ("fused", "lead", "ahead"):
        value = getattr(signals, name)
        if value is not None:
            known[name] = value
    covered = signals.covered
    return known | {"share": covered.share, "had": covered.had, "rarest": covered.rarest}


def tuned_for(root: Path, spaces: Mapping[str, Space]) -> Tuned | None:
    """What is installed, unless it was learnt on other vectors. Raises IndexDamaged."""
    found, space = read_tuned(root), spaces.get(TEXT)
    return found if found and space and found.fingerprint == space.fingerprint else None


def write_tuned(root: Path, tuned: Tuned) -> None:
    """Install it in the index at `root`, in place of what was before. Raises OSError."""
    facts: dict[str, JsonValue] = {
        "fingerprint": tuned.fingerprint,
        "weights": dict(tuned.weights),
        "bias": tuned.bias,
        "threshold": tuned.threshold,
        "figures": dict(tuned.figures),
    }
    _FILE.write(root, facts)


def read_tuned(root: Path) -> Tuned | None:
    """What is installed, None where nothing is. Raises IndexDamaged."""
    return _FILE.read(root, _parse)


def remove_tuned(root: Path) -> bool:
    """Take it away; whether there was anything. Raises OSError."""
    return _FILE.remove(root)


def _parse(facts: Facts) -> Tuned:
    weights = {str(name): float(weight) for name, weight in facts["weights"].items()}
    bias, threshold = float(facts["bias"]), float(facts["threshold"])
    if not all(map(math.isfinite, (*weights.values(), bias, threshold))):
        raise ValueError("a weight is not a finite number")
    return Tuned(weights, bias, threshold, str(facts["fingerprint"]), dict(facts["figures"]))
