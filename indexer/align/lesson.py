"""The pairs of a file beside the index that they are about."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from indexer.align.examples import Examples
from indexer.align.pairs import Pair, check_names, listed, read_pairs
from indexer.align.pool import Pool, load_passages, pool_of
from indexer.encoders.base import Space
from indexer.errors import BadQuery, IndexMismatch
from indexer.lanes import TEXT, passage
from indexer.language import understood
from indexer.records import Chunk, Picture, StoredChunk
from indexer.store.index import Index


@dataclass(frozen=True, slots=True, eq=False)
class Lesson:
    """`pairs`, all of whose names the index has, and its text `space`.

    Row i of `pool` holds the vector of `chunks[i]`.
    """

    pairs: Sequence[Pair]
    space: Space
    chunks: Sequence[StoredChunk]
    pool: Pool

    def understood(self, languages: Collection[str]) -> list[Pair]:
        """The pairs that an encoder of these languages reads."""
        return [pair for pair in self.pairs if understood(pair.text, languages)]

    def passages(self) -> list[str]:
        """What the encoder saw of each chunk, in the order of rows."""
        return [passage(chunk.title, _unstored(chunk)) for chunk in self.chunks]


def read_lesson(root: Path, file: Path) -> Lesson:
    """Read the pairs in `file` and the index at `root`.

    Raises BadQuery for pairs that cannot be used or name what the index does not have,
    IndexMismatch for an index without a text space, and what opening an index raises.
    """
    pairs = read_pairs(file)
    with Index.open(root) as index:
        space = index.spaces.get(TEXT)
        if space is None:
            raise IndexMismatch(f"{root}: the index has no text space, which tuning is for")
        chunks, vectors = load_passages(index, TEXT)
    pool = pool_of(chunks, vectors)
    check_names(file, pairs, pool.named)
    return Lesson(pairs, space, chunks, pool)


def check_right(file: Path, pairs: Sequence[Pair], examples: Examples) -> None:
    """Raise BadQuery naming the pairs of which nothing relevant is left."""
    faults = [
        f"line {pair.line}"
        for pair, right in zip(pairs, examples.right, strict=True)
        if not len(right)
    ]
    if faults:
        raise BadQuery(f"{file}: 'exclude' takes away all that is relevant: {listed(faults)}")


def _unstored(chunk: StoredChunk) -> Chunk:
    """The chunk as it was when it was encoded, without the bytes of its picture."""
    picture = None if chunk.asset is None else Picture(chunk.asset, b"")
    return Chunk(chunk.modality, chunk.place, chunk.text, chunk.context, chunk.lines, picture)
