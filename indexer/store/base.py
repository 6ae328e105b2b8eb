"""The store contract: what a search asks of an index, embedded or distributed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from indexer.encoders.base import Space
from indexer.records import Filter, Modality, Scored, StoredChunk
from indexer.regions.features import Features
from indexer.store.regions import Seen


@dataclass(frozen=True, slots=True)
class Selection:
    """The chunks a search may return: per segment, a mask over its rows (bool, shape (rows,))."""

    masks: tuple[NDArray[np.bool_], ...]

    @property
    def count(self) -> int:
        return sum(int(mask.sum()) for mask in self.masks)


@dataclass(frozen=True, slots=True)
class Shown:
    """Where all words of a line stand.

    `images` counts those in which all were read, up to 128. `chunks` holds the ids of chunks
    that have all, none where there are too many to tell anything. `rarity` is how telling the
    line is, from 0 to the 1 of a line that a single document has.
    """

    images: int
    chunks: tuple[int, ...] = ()
    rarity: float = 0.0


Parts = Mapping[str, float]
"""Parts of a text and what their words count for."""


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

    def heads(self, vector: NDArray[np.float32], ids: Iterable[int]) -> list[Scored]:
        """The chunks `ids` by the cosine of a question (dim,) with their heads, best first.

        A head is the title with the headings above the chunk, in the text space; a chunk without
        one is left out.
        """

    def words(
        self,
        text: str,
        k: int,
        selection: Selection | None,
        parts: Parts = MappingProxyType({}),
        lines: float = 1.0,
    ) -> list[Scored]:
        """The k chunks of the highest BM25 score for the words of `text`, best first.

        A word of several `parts` counts the most of them, a word of none 1. `lines` is what the
        score of text read in images counts for.
        """

    def shown(self, lines: Sequence[str], selection: Selection | None) -> list[Shown]:
        """Where each line stands: counted over the whole index, `chunks` of the selection."""

    def regions(self, asked: Features, k: int, selection: Selection | None) -> list[Seen]:
        """The k images that have most local features of a query, rare ones counting most."""

    def rarity(self, words: Iterable[str]) -> dict[str, float]:
        """How telling each word, as analysed, is: BM25's inverse document frequency, above 0."""

    def corrections(self, text: str) -> Mapping[str, Sequence[str]]:
        """The mistyped words of `text`, in lower case, with the likeliest meant, as analysed."""

    def get(self, ids: Sequence[int]) -> list[StoredChunk]:
        """Chunks by id, in the order of `ids`."""

    def document(self, id: int) -> list[StoredChunk]:
        """All chunks of the document that chunk `id` belongs to, in reading order."""

    def thumb(self, name: str) -> Path | None:
        """The preview image of that name, None where there is none."""
