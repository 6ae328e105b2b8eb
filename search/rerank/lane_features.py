"""What the lanes say of a candidate, weighed as judged questions taught."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from indexer.errors import BadConfig, MissingModel
from indexer.lanes import TEXT, WORDS
from search.recall import Group
from search.rerank.base import Asked, Scores

FEATURES = ("fused", "text_rank", "text_score", "words_rank", "words_score")
"""Fused score as a share of the best; reciprocal rank in a lane; cosine; BM25 as a share."""

RANK_CONSTANT = 5.0

Features = NDArray[np.float64]
"""One row per candidate, one column per name of FEATURES; (n, 5)."""


class LaneFeaturesReranker:
    """A weighted sum of FEATURES: how far to trust each lane, learnt for one index.

    `model` is a file of weights as `python -m benchmarks.rerank --write` makes it. None come
    with the package, because what is learnt on one company's questions does not carry over to
    another's. No model is run; all candidates are seen at once, as scores are relative.
    Raises BadConfig or MissingModel.
    """

    name = "lane-features"
    batch = sys.maxsize

    def __init__(self, model: str, cache: Path, threads: int = 0) -> None:
        if not model:
            raise BadConfig(f"reranker '{self.name}' needs its weights: write {self.name}:FILE")
        self._weights = read_weights(Path(model).expanduser())

    def warm_up(self) -> None:
        """Nothing is loaded later."""

    def takes(self, asked: Asked, candidate: Group) -> bool:
        """Where something was typed: weights are learnt from questions in words."""
        return bool(asked.text.strip())

    def score(self, asked: Asked, candidates: Sequence[Group]) -> Scores:
        return np.asarray(features(candidates) @ self._weights, dtype=np.float32)


def features(candidates: Sequence[Group]) -> Features:
    """FEATURES of all candidates of one question, best fused first.

    Where a lane does not have a candidate, its reciprocal rank is 0 and its score is the
    lowest that the lane gave to another.
    """
    best = max((candidate.score for candidate in candidates), default=0.0) or 1.0
    fused = [candidate.score / best for candidate in candidates]
    (text_ranks, cosines), (words_ranks, scores) = (_lane(candidates, x) for x in (TEXT, WORDS))
    most = max(scores, default=0.0)
    shares = [score / most if most > 0 else 0.0 for score in scores]
    return np.array([fused, text_ranks, cosines, words_ranks, shares], dtype=np.float64).T


def _lane(candidates: Sequence[Group], lane: str) -> tuple[list[float], list[float]]:
    """(reciprocal ranks, scores) in one lane."""
    found = [candidate.lanes.get(lane) for candidate in candidates]
    least = min((one.score for one in found if one), default=0.0)
    return (
        [1 / (RANK_CONSTANT + one.rank) if one else 0.0 for one in found],
        [one.score if one else least for one in found],
    )


def write_weights(path: Path, weights: NDArray[np.float64]) -> None:
    """Save weights (5,) by the names of their features."""
    named = dict(zip(FEATURES, (round(float(weight), 4) for weight in weights), strict=True))
    path.write_text(json.dumps(named, indent=1) + "\n", encoding="utf-8")


def read_weights(path: Path) -> NDArray[np.float64]:
    """Weights (5,) in the order of FEATURES. Raises MissingModel or BadConfig."""
    try:
        named = json.loads(path.read_text(encoding="utf-8"))
        weights = np.array([float(named[name]) for name in FEATURES])
    except OSError as error:
        raise MissingModel(
            f"{path}: cannot be read ({error.strerror}); learn the weights with: "
            f"python -m benchmarks.rerank INDEX QUERIES.jsonl --write {path}"
        ) from error
    except (ValueError, KeyError, TypeError) as error:
        raise BadConfig(f"{path}: not weights of {', '.join(FEATURES)} ({error!r})") from error
    if not np.isfinite(weights).all():
        raise BadConfig(f"{path}: a weight is not a finite number; learn them again")
    return weights
