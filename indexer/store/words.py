"""The words of one segment: a tantivy index ranked by BM25."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from heapq import nsmallest
from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import tantivy
from numpy.typing import NDArray
from tantivy import Occur, Query

from indexer.store.analysis import tokens

Ranking = list[tuple[int, float]]
"""(chunk row, score), best first; equal scores by row."""

MOST_TERMS = 256
"""A longer query keeps its rarest words: text read from a screen can have thousands."""

_HEAP_BYTES = 128_000_000


@dataclass(frozen=True, slots=True)
class WordFields:
    """The texts of a chunk that the words lane searches."""

    title: str
    heading: str
    body: str
    lines: str


@dataclass(frozen=True, slots=True)
class Boosts:
    """What the BM25 score of a word counts for in each field."""

    title: float
    heading: float
    body: float
    lines: float


WORD_BOOSTS = Boosts(title=1.0, heading=1.0, body=1.0, lines=1.0)


class WordsWriter:
    """Adds chunks to a new tantivy index, in the order of their rows."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self._folder = folder
        index = tantivy.Index(_schema(), str(folder))
        # One thread: document order is row order, so equal scores rank by row.
        self._writer = index.writer(heap_size=_HEAP_BYTES, num_threads=1)
        self._open = True

    def add(self, row: int, fields: WordFields) -> None:
        document = tantivy.Document()
        for name in Boosts.__slots__:
            document.add_text(name, " ".join(tokens(getattr(fields, name))))
        document.add_unsigned("row", row)
        self._writer.add_document(document)

    def close(self) -> None:
        """Write everything out and leave only the files that a reader needs."""
        self._writer.commit()
        self._end()
        for lock in self._folder.glob(".tantivy-*.lock"):
            lock.unlink()

    def abandon(self) -> None:
        """Stop writing. Does nothing after `close`."""
        if self._open:
            self._writer.rollback()
            self._end()

    def _end(self) -> None:
        self._open = False
        self._writer.wait_merging_threads()


class Words:
    """The words of a sealed segment. Searched from any number of threads."""

    def __init__(self, folder: Path) -> None:
        """Raises ValueError when `folder` holds no tantivy index."""
        # tantivy makes a lock file where it opens. Links keep the sealed folder as it is, and
        # an index on a read-only disk readable; once the files are mapped they can go.
        with TemporaryDirectory(prefix="triptych-", ignore_cleanup_errors=True) as links:
            for path in folder.resolve().iterdir():
                Path(links, path.name).symlink_to(path)
            index = tantivy.Index.open(links)
            index.config_reader("manual")  # sealed files never change: nothing to watch
            self._schema = index.schema
            self._searcher = index.searcher()
        # A lock file made while the links were removed keeps the folder; by now all is quiet.
        rmtree(links, ignore_errors=True)

    def search(self, text: str, k: int, mask: NDArray[np.bool_] | None) -> Ranking:
        """The k chunks of the highest BM25 score, summed over words and fields.

        `text` is plain text: no character of it is an operator. `mask` (bool, (rows,)) says
        which rows may be returned.
        """
        terms = self._rarest(tokens(text))
        if not terms or k < 1 or (mask is not None and not mask.any()):
            return []
        query = self._ranked(terms)
        if mask is not None:
            query = self._restricted(query, mask)
        hits = self._searcher.search(query, k, count=False).hits
        rows: list[Any] = self._searcher.fast_field_values("row", [address for _, address in hits])
        ranking = [(int(row), float(score)) for row, (score, _) in zip(rows, hits, strict=True)]
        return sorted(ranking, key=lambda pair: (-pair[1], pair[0]))

    def frequency(self, words: Iterable[str]) -> dict[str, int]:
        """In how many chunks each word, as analysed, stands in the field that has it most."""
        return {
            word: max(self._searcher.doc_freq(name, word) for name in Boosts.__slots__)
            for word in dict.fromkeys(words)
        }

    def _rarest(self, words: Sequence[str]) -> list[str]:
        """The distinct words that occur, at most MOST_TERMS, fewest documents first."""
        frequency: dict[str, int] = {}
        for word in dict.fromkeys(words):
            count = sum(self._searcher.doc_freq(name, word) for name in Boosts.__slots__)
            if count:
                frequency[word] = count
        return nsmallest(MOST_TERMS, frequency, key=lambda word: (frequency[word], word))

    def _ranked(self, terms: Sequence[str]) -> Query:
        """Any of the words in any field."""
        return Query.boolean_query(
            [
                (Occur.Should, Query.boost_query(self._term(name, term), boost))
                for name, boost in asdict(WORD_BOOSTS).items()
                for term in terms
            ]
        )

    def _term(self, field: str, term: str) -> Query:
        return Query.term_query(self._schema, field, term, index_option="freq")

    def _restricted(self, query: Query, mask: NDArray[np.bool_]) -> Query:
        """`query` within the rows of `mask`, its scores unchanged."""
        kept = int(mask.sum())
        if kept == mask.size:
            return query
        require = kept <= mask.size // 2
        rows = np.flatnonzero(mask if require else ~mask).tolist()
        listed = Query.const_score_query(Query.term_set_query(self._schema, "row", rows), 0.0)
        occur = Occur.Must if require else Occur.MustNot
        return Query.boolean_query([(Occur.Must, query), (occur, listed)])


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    for name in Boosts.__slots__:
        builder.add_text_field(name, tokenizer_name="whitespace", index_option="freq")
    builder.add_unsigned_field("row", indexed=True, fast=True)
    return builder.build()
