"""Questions and candidates to rerank, made by hand."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from indexer.records import Kind, LaneRank, Modality, Place, StoredChunk
from search.recall import Group
from search.rerank.base import Asked, Scores


def asked(words: str, folder: Path | None = None) -> Asked:
    """A typed question; previews lie in `folder` under their names."""
    return Asked(words, words, lambda name: folder / name if folder else None)


def candidate(
    number: int,
    text: str = "",
    score: float = 0.0,
    title: str = "",
    heading: tuple[str, ...] = (),
    thumb: str = "",
) -> Group:
    """A group of one chunk with the id `number`; an image where it has a preview."""
    chunk = StoredChunk(
        id=number,
        document=f"d{number}",
        source="/source",
        title=title,
        kind=Kind.MANUAL,
        language="en",
        product="",
        date=None,
        metadata={},
        modality=Modality.IMAGE if thumb else Modality.TEXT,
        place=Place(heading=heading),
        text=text,
        context="",
        lines=(),
        asset=None,
        thumb=thumb,
    )
    return Group(score, (chunk,), {"text": LaneRank(number + 1, score)})


class Backwards:
    """Turns the order of the candidates round."""

    batch = 50

    def __init__(self, model: str, cache: Path, threads: int) -> None:
        self.warm = False

    def warm_up(self) -> None:
        self.warm = True

    def takes(self, asked: Asked, candidate: Group) -> bool:
        return True

    def score(self, asked: Asked, candidates: Sequence[Group]) -> Scores:
        return np.arange(len(candidates), dtype=np.float32)
