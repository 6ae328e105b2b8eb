"""Candidates that are images, scored by how well the question describes them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

import numpy as np
from PIL import Image

from indexer.encoders.exported import exported
from indexer.encoders.facts import ImageFacts
from indexer.encoders.session import Session
from indexer.encoders.tokens import Tokens
from indexer.errors import MissingModel
from indexer.records import Modality
from indexer.rerankers.graph import GRAPH_NAME
from indexer.rerankers.pixels import Pixels, framed
from indexer.rerankers.source import reranker_source
from search.recall import Group
from search.rerank.base import Asked, Scores


class ImageTextReranker:
    """Reads what was typed together with the preview of an image; one image at a time.

    `model` is `local-dir:PATH` or a name on the model hub. `threads` is the number of
    processors one call uses; 0 means all of this process. Raises MissingModel or BadConfig
    where the model cannot be had.
    """

    name: ClassVar[str]
    batch = 1

    def __init__(self, model: str, cache: Path, threads: int = 0) -> None:
        folder, facts = exported(self.name, model, reranker_source(self.name, model), cache)
        if facts.image is None:
            raise MissingModel(f"{folder}: the export knows no image; delete it to export again")
        self._image: ImageFacts = facts.image
        self._tokens = Tokens(folder, facts.tokens)
        self._session = Session(folder / GRAPH_NAME, threads)

    def warm_up(self) -> None:
        self._score("warm up", Image.new("RGB", (64, 64)))

    def takes(self, asked: Asked, candidate: Group) -> bool:
        """Where something was typed and the candidate's best chunk is an image with a preview."""
        best = candidate.chunks[0]
        shown = best.modality is Modality.IMAGE and best.thumb and asked.thumb(best.thumb)
        return bool(shown and asked.text.strip())

    def score(self, asked: Asked, candidates: Sequence[Group]) -> Scores:
        """NaN for a preview that went away or cannot be read."""
        scores = np.full(len(candidates), np.nan, dtype=np.float32)
        for i, candidate in enumerate(candidates):
            path = asked.thumb(candidate.chunks[0].thumb)
            try:
                image = Image.open(path).convert("RGB") if path else None
            except OSError:
                continue
            if image is not None:
                scores[i] = self._score(asked.text, image)
        return scores

    def _score(self, text: str, image: Image.Image) -> float:
        ids = np.asarray(self._tokens.ids([text]), dtype=np.int64)
        pixels = self._pixels(image, self._image)
        return float(self._session.run({"input_ids": ids, "pixel_values": pixels})[0])

    def _pixels(self, image: Image.Image, facts: ImageFacts) -> Pixels:
        return framed(image, facts)
