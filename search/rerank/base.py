"""The plug-in point of reranking: the protocol and the registry of its implementations."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from indexer.config import Settings
from indexer.registry import Registry
from search.recall import Group

Scores = NDArray[np.float32]
"""One number per candidate, larger is better; float32 (n,)."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a reranker sees of a question.

    `text` is what was typed; `words` is that with the text read in the question's image;
    `thumb` gives the file of a preview by its name, None where there is none.
    """

    text: str
    words: str
    thumb: Callable[[str], Path | None]


class Reranker(Protocol):
    """Scores candidates against a question. Safe to call from several threads at once."""

    @property
    def batch(self) -> int:
        """How many candidates one call of `score` is given at most."""
        ...

    def warm_up(self) -> None:
        """Load what the first question would wait for."""
        ...

    def takes(self, asked: Asked, candidate: Group) -> bool:
        """Whether it can judge this candidate; one that it cannot keeps its place."""
        ...

    def score(self, asked: Asked, candidates: Sequence[Group]) -> Scores:
        """(question, candidates) → scores, float32 (n,); NaN counts as the worst."""
        ...


RerankerMaker = Callable[[str, Path, int], Reranker]
"""(model reference, cache, threads) → reranker. Raises MissingModel or BadConfig."""

RERANKERS: Registry[RerankerMaker] = Registry("reranker")
RERANKERS.register("cross-encoder", "search.rerank.cross_encoder:CrossEncoderReranker")
RERANKERS.register("blip-itm", "search.rerank.blip_itm:BlipReranker")
RERANKERS.register("flava-itm", "search.rerank.flava_itm:FlavaReranker")
RERANKERS.register("vilt", "search.rerank.vilt:ViltReranker")


def reranker_of(settings: Settings) -> Reranker | None:
    """The reranker that the settings name as `NAME:MODEL`, None where they name none.

    Raises UnknownName, MissingModel or BadConfig.
    """
    if not settings.rerank.model:
        return None
    name, _, model = settings.rerank.model.partition(":")
    if settings.offline:
        os.environ["HF_HUB_OFFLINE"] = "1"  # the hub library's own switch; exports inherit it
    return RERANKERS.get(name)(model, settings.cache, settings.threads)
