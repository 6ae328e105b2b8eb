"""The words of all segments: one tantivy index over their files, ranked by BM25."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil, sqrt
from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryDirectory
from types import MappingProxyType

import numpy as np
import tantivy
from numpy.typing import NDArray
from tantivy import DocAddress, FieldType, Occur, Query

from indexer.store.analysis import tokens
from indexer.store.stems import DEFAULT
from indexer.store.vocabulary import Vocabulary
from indexer.store.word_files import create_index, first_values, link_parts, order_parts, row_values

_MEMORY = "/dev/shm"
"""A file system in memory: making and removing links on a busy disk takes longer than opening."""

Ranking = list[tuple[int, float]]
"""(chunk row, score), best first; equal scores by row."""

Masks = Sequence[NDArray[np.bool_] | None]
"""Which chunk rows of each segment may be returned, bool (rows,); None for all of them."""

MOST_TERMS = 256
"""A longer query keeps its rarest words: text read from a screen can have thousands."""

MOST_TYPED = 32
"""Typos are looked for in questions of up to so many distinct words: nobody types a screen."""

_MEANT = 0.5
"""What a word counts for that stands in for a typo."""

HEAP_BYTES = 128_000_000
"""What the writer gathers before it writes a part of the index."""

_KEY_BITS = 32
_ROW = np.uint64((1 << _KEY_BITS) - 1)

_LISTED_ROW = 4
"""Hits fetched (.5 to .8 µs each) in the time that a listed row takes (1 to 7 µs)."""


@dataclass(frozen=True, slots=True)
class WordFields:
    """The texts of a chunk that the words lane searches."""

    title: str
    heading: str
    body: str
    lines: str


FIELDS = tuple(WordFields.__slots__)


class WordsWriter:
    """Writes the words of one segment's chunks to a new tantivy index."""

    def __init__(self, folder: Path, key: int, heap: int = HEAP_BYTES) -> None:
        """`key` (32 bits) tells the segment from all others of the index.

        tantivy writes a part whenever `heap` bytes are full (15,000,000 at least).
        Raises ValueError for a key out of range.
        """
        if not 0 <= key < 1 << _KEY_BITS:
            raise ValueError(f"segment key {key} is not a number of {_KEY_BITS} bits")
        folder.mkdir()
        self._folder = folder
        self._first = key << _KEY_BITS
        self._index = create_index(folder)
        self._writer = self._index.writer(heap_size=heap, num_threads=1)
        self._open = True

    def add(self, row: int, fields: WordFields, language: str = DEFAULT) -> None:
        """`language` (ISO 639-1) is that of the document."""
        document = tantivy.Document()
        for name in FIELDS:
            document.add_text(name, " ".join(tokens(getattr(fields, name), language)))
        document.add_unsigned("row", self._first | row)
        self._writer.add_document(document)

    def close(self) -> None:
        """Write everything out and leave only the files that a reader needs."""
        self._writer.commit()
        self._end()
        order_parts(self._folder, self._index)
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
    """The words of sealed segments, with the statistics of all. Used from any number of threads."""

    def __init__(
        self,
        folders: Sequence[tuple[Path, int]],
        languages: Mapping[str, int] = MappingProxyType({}),
    ) -> None:
        """`folders`: what a WordsWriter wrote and its key, in the order of segment ordinals.

        `languages` counts the documents of each, by ISO 639-1.

        Raises ValueError for a folder that is damaged, of another schema or of another key, and
        for a key that comes twice; OSError for a file that cannot be read.
        """
        self._keys = np.array([key for _, key in folders], np.uint64)
        self._order = np.argsort(self._keys)
        if len(np.unique(self._keys)) != len(folders):
            raise ValueError(f"segment keys {sorted(key for _, key in folders)} are not distinct")
        # tantivy makes lock files where it opens. Links keep the sealed folders as they are, and
        # an index on a read-only disk readable; once the files are mapped they can go.
        memory = _MEMORY if os.access(_MEMORY, os.W_OK) else None
        with TemporaryDirectory(
            prefix="triptych-", dir=memory, ignore_cleanup_errors=True
        ) as links:
            index = create_index(Path(links))
            parts = link_parts([folder for folder, _ in folders], Path(links))
            index.reload()
            self._schema = index.schema
            self._searcher = index.searcher()
            self._vocabulary = Vocabulary(self._searcher, languages)
            self.frequency([""])  # opens every field, so that damage shows now
        # A lock file made while the links were removed keeps the folder; by now all is quiet.
        rmtree(links, ignore_errors=True)
        self._sizes = [sum(part["max_doc"] for part in listed) for listed in parts]
        owners = [pair for pair, listed in zip(folders, parts, strict=True) for _ in listed]
        for (folder, key), first in zip(owners, first_values(self._searcher), strict=True):
            if first >> _KEY_BITS != key:
                found = f"{first >> _KEY_BITS:08x}, not {key:08x}"
                raise ValueError(f"{folder} has the segment key {found}; rebuild the index")

    def search(
        self,
        text: str,
        k: int,
        masks: Masks,
        parts: Mapping[str, float] = MappingProxyType({}),
        lines: float = 1.0,
    ) -> list[tuple[int, int, float]]:
        """The k chunks of the highest BM25 score, summed over words and fields.

        (segment ordinal, chunk row, score), best first, equal scores by (ordinal, row).
        `text` is plain text: no character of it is an operator. Scores do not depend on `masks`.
        `parts` are parts of it and what their words count for; other words count 1. `lines` is
        what the score of that field counts for.
        """
        sizes = zip(self._sizes, masks, strict=True)
        passing = sum(size if mask is None else int(mask.sum()) for size, mask in sizes)
        words = self._vocabulary.asked(text)
        terms = self._vocabulary.rarest(words, MOST_TERMS)
        meant: list[str] = []
        if len(terms) < len(words) <= MOST_TYPED:
            missing = set(words).difference(terms)
            for others in self._vocabulary.corrections(text, missing).values():
                meant += others
        if not (terms or meant) or k < 1 or not passing:
            return []
        query = self._ranked(terms, meant, self._vocabulary.weights(parts), lines)
        # The passing hits of a ranking are the ranking of the passing, so fetch what holds k of
        # them if they are spread evenly (mean and three deviations), and more where they are not;
        # or list the rows that pass, when that is cheaper.
        documents = self._searcher.num_docs
        share = min(1.0, passing / documents)
        limit = ceil((k + 3 * sqrt(k * (1 - share))) / share)
        while (limit := min(limit, documents)) <= _LISTED_ROW * passing:
            ranking, fetched = self._ranking(query, limit, masks, k)
            if len(ranking) == k or fetched < limit or limit == documents:
                return ranking
            limit *= 4
        return self._ranking(self._restricted(query, masks), min(k, passing), masks, k)[0]

    def holding(self, text: str, fields: Sequence[str], most: int) -> list[tuple[int, int]]:
        """Up to `most` chunks that have all words of `text`, each in any of the fields.

        (segment ordinal, chunk row), in no order.
        """
        every = [
            Query.boolean_query([(Occur.Should, self._term(name, term)) for name in fields])
            for term in self._vocabulary.asked(text)
        ]
        query = Query.boolean_query([(Occur.Must, one) for one in every])
        hits = self._searcher.search(query, most, count=False).hits
        ordinals, rows = self._places(hits)
        return list(zip(ordinals.tolist(), rows.tolist(), strict=True))

    def frequency(self, words: Iterable[str]) -> dict[str, int]:
        """In how many chunks each word, as analysed, stands in the field that has it most."""
        return {word: self._vocabulary.count(word) for word in dict.fromkeys(words)}

    def corrections(self, text: str) -> dict[str, tuple[str, ...]]:
        """The words of `text` that were misspelt, with the likeliest meant, as analysed.

        None in a text of more words than anybody types.
        """
        counts = self.frequency(self._vocabulary.asked(text))
        if len(counts) > MOST_TYPED:
            return {}
        missing = {word for word, count in counts.items() if not count}
        return self._vocabulary.corrections(text, missing)

    def rows(self) -> list[NDArray[np.int64]]:
        """The sorted chunk rows of each segment, to verify them.

        Raises ValueError for rows that carry the key of none.
        """
        limit = max(self._searcher.num_docs, 1)
        hits = self._searcher.search(Query.all_query(), limit, count=False).hits
        values = row_values(self._searcher, [address for _, address in hits])
        keys = values >> _KEY_BITS
        rows = [np.sort(values[keys == key] & _ROW) for key in self._keys]
        if sum(map(len, rows)) != len(values):
            raise ValueError(f"rows of other segment keys than {self._keys}; rebuild the index")
        return [part.astype(np.int64) for part in rows]

    def _ranking(
        self, query: Query, limit: int, masks: Masks, k: int
    ) -> tuple[list[tuple[int, int, float]], int]:
        """The k best that pass among the best `limit` hits, and how many hits there were."""
        hits = self._searcher.search(query, limit, count=False).hits
        ordinals, rows = self._places(hits)
        passing = np.ones(len(hits), np.bool_)
        for ordinal, mask in enumerate(masks):
            if mask is not None:
                here = ordinals == ordinal
                passing[here] = mask[rows[here]]
        best = np.flatnonzero(passing)[:k].tolist()
        ranking = [(int(ordinals[i]), int(rows[i]), float(hits[i][0])) for i in best]
        return sorted(ranking, key=lambda hit: (-hit[2], hit[:2])), len(hits)

    def _places(
        self, hits: Sequence[tuple[float, DocAddress]]
    ) -> tuple[NDArray[np.intp], NDArray[np.int64]]:
        """Segment ordinals and rows of hits."""
        values = row_values(self._searcher, [address for _, address in hits])
        ordinals = self._order[np.searchsorted(self._keys, values >> _KEY_BITS, sorter=self._order)]
        return ordinals, (values & _ROW).astype(np.int64)

    def _ranked(
        self,
        terms: Sequence[str],
        meant: Sequence[str],
        told: Mapping[str, float],
        lines: float,
    ) -> Query:
        """Any of the words in any field; those that were only meant count less."""
        boosts = dict.fromkeys(FIELDS, 1.0) | {"lines": lines}
        weights = dict.fromkeys(meant, _MEANT) | {term: told.get(term, 1.0) for term in terms}
        return Query.boolean_query(
            [
                (Occur.Should, Query.boost_query(self._term(name, term), boost * weight))
                for name, boost in boosts.items()
                for term, weight in weights.items()
            ]
        )

    def _term(self, field: str, term: str) -> Query:
        return Query.term_query(self._schema, field, term, index_option="freq")

    def _restricted(self, query: Query, masks: Masks) -> Query:
        """`query` within the rows of `masks`, its scores unchanged."""
        listed: list[int] = []
        allowed: list[Query] = []
        for key, mask in zip(self._keys.tolist(), masks, strict=True):
            span = key << _KEY_BITS, (key + 1 << _KEY_BITS) - 1
            if mask is None:
                allowed.append(Query.range_query(self._schema, "row", FieldType.Unsigned, *span))
            else:
                listed += [span[0] | row for row in np.flatnonzero(mask).tolist()]
        allowed.append(Query.term_set_query(self._schema, "row", listed))
        anywhere = Query.boolean_query([(Occur.Should, part) for part in allowed])
        within = Query.const_score_query(anywhere, 0.0)
        return Query.boolean_query([(Occur.Must, query), (Occur.Must, within)])
