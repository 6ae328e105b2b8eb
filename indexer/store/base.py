"""The store contract: what a search asks of an index, embedded or distributed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from indexer.encoders.base import Space
from indexer.records import Filter, Modality, Scored, StoredChunk


@dataclass(frozen=True, slots=True)
class Selection:
    """The chunks a search may return: per segment, a mask over its rows (bool, shape (rows,))."""

    masks: tuple[NDArray[np.bool_], ...]

    @property
    def count(self) -> int:
        return sum(int(mask.sum()) for mask in self.masks)


class Store(Protocol):
    """An open, immutable generation of an index."""

    generation: int
    spaces: Mapping[str, Space]

    def select(self, filters: Sequence[Filter], exclude: frozenset[str]) -> Selection | None:
        """Live chunks that pass the filters and belong to nothing excluded; None when all do.

        `exclude` holds document paths, asset paths and record ids (the part after `#`).
        """

    def nearest(
        self, space: str, vector: NDArray[np.float32], k: int, selection: Selection | None
    ) -> list[Scored]:
        """The k chunks of the highest inner product with `vector` (dim,), best first."""

    def means(self, space: str) -> Mapping[Modality, NDArray[np.float32]]:
        """The mean vector (dim,) of each modality that has vectors in a space."""

    def across(
        self, space: str, vector: NDArray[np.float32], k: int, selection: Selection | None
    ) -> list[Scored]:
        """The k chunks whose directions from the mean of their modality come nearest, best first.

        `vector` (dim,) is of unit length, the mean of its own modality taken away. The score is
        the cosine, on a scale of the chunk's modality so that those of all compare: 0 is its mean
        there, and 1 what a hundredth reaches. Approximate: the k best are chosen from twice
        as many by inner product.
        """

    def words(self, text: str, k: int, selection: Selection | None) -> list[Scored]:
        """The k chunks of the highest BM25 score for the words of `text`, best first."""

    def rarity(self, words: Iterable[str]) -> dict[str, float]:
        """How telling each word, as analysed, is: BM25's inverse document frequency, above 0."""

    def get(self, ids: Sequence[int]) -> list[StoredChunk]:
        """Chunks by id, in the order of `ids`."""

    def document(self, id: int) -> list[StoredChunk]:
        """All chunks of the document that chunk `id` belongs to, in reading order."""

    def thumb(self, name: str) -> Path | None:
        """The preview image of that name, None where there is none."""
