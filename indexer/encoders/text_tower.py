"""The text half of a model, which several encoders may share."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from pathlib import Path
from threading import Lock
from typing import Final, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from indexer.encoders.facts import TOKENIZER_NAME, ModelFacts
from indexer.encoders.session import Session
from indexer.encoders.tokens import Tokens
from indexer.records import Vectors

BATCH: Final = 16

_EVEN = 0.7
"""Share of the longest text of a batch that its shortest has."""

REMEMBERED: Final = 2048
"""Texts whose vectors are kept, 3 MB at 384 dimensions: a question is asked of every space that
the tower serves, and answers to questions about one thing compare the same sentences."""

FEW: Final = 64
"""Texts of one call from which on none is kept: documents are encoded once."""

_BLOCK = 1 << 20


class TextTower:
    """Texts → vectors as the graph makes them. Safe to call from several threads at once."""

    def __init__(self, folder: Path, graph: str, facts: ModelFacts, threads: int = 0) -> None:
        """`graph` is the name of the file in `folder`, where an export put it; see `Session`."""
        self._files = (folder / TOKENIZER_NAME, folder / graph)
        self._made_with = (facts.tokens, facts.dim, threads)
        self._dim = facts.dim
        self._tokens = Tokens(folder, facts.tokens)
        self._session = Session(folder / graph, threads)
        self._known: OrderedDict[str, NDArray[np.float32]] = OrderedDict()
        self._lock = Lock()

    def encode(self, texts: Sequence[str]) -> Vectors:
        """float32 (n, dim). Text beyond the model's limit is cut. Raises MissingModel."""
        if len(texts) > FEW:
            return self.run(texts)
        found = self._remembered(texts)
        missing = [text for text in dict.fromkeys(texts) if text not in found]
        if missing:
            fresh = dict(zip(missing, self.run(missing), strict=True))
            self._remember(fresh)
            found |= fresh
        return np.stack([found[text] for text in texts]) if texts else self.run(texts)

    def same(self, other: TextTower) -> bool:
        """Whether both make the same vectors: their files are equal, byte for byte."""
        if self is other:
            return True
        pairs = zip(self._files, other._files, strict=True)
        return self._made_with == other._made_with and all(_equal(one, two) for one, two in pairs)

    def run(self, texts: Sequence[str]) -> Vectors:
        """As `encode`, but nothing is remembered."""
        vectors = np.empty((len(texts), self._dim), dtype=np.float32)
        rows = self._tokens.ids(texts)
        for positions, feeds in self._tokens.batches(rows, BATCH, _EVEN):
            vectors[positions] = self._session.run(feeds)
        return vectors

    def _remembered(self, texts: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        with self._lock:
            found = {text: self._known[text] for text in texts if text in self._known}
            for text in found:
                self._known.move_to_end(text)
        return found

    def _remember(self, vectors: dict[str, NDArray[np.float32]]) -> None:
        with self._lock:
            for text, vector in vectors.items():
                self._known[text] = vector.copy()  # a row would keep its batch
            while len(self._known) > REMEMBERED:
                self._known.popitem(last=False)


def _equal(one: Path, other: Path) -> bool:
    """Whether two files have the same bytes: .05 s for 90 MB, less than a second session takes."""
    if one.stat().st_size != other.stat().st_size:
        return False
    with one.open("rb") as ours, other.open("rb") as theirs:
        while block := ours.read(_BLOCK):
            if block != theirs.read(_BLOCK):
                return False
    return True


@runtime_checkable
class Texted(Protocol):
    """An encoder whose texts go through a tower."""

    tower: TextTower


def share_towers(encoders: Iterable[object]) -> None:
    """Give encoders whose towers make the same vectors that of the first of them.

    A space of images that was trained beside a locked sentence encoder has its very text half.
    """
    towers: list[TextTower] = []
    for encoder in encoders:
        if not isinstance(encoder, Texted):
            continue
        own = encoder.tower
        same = next((tower for tower in towers if tower.same(own)), None)
        if same is None:
            towers.append(own)
        else:
            encoder.tower = same
