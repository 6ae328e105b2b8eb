"""What is a semantic lane without weights worth, and in how many dimensions?

Fits lsa to the passages of an index and ranks judged questions by it, beside the text and the
words lane that the index has. With `--unknown` only the passages that its text encoder does not
understand are fitted and ranked. Lanes are fused as the engine fuses a question by default.

    python -m benchmarks.lsa INDEX QUERIES.jsonl [--unknown] [--dims 100 200 300]
    python -m benchmarks.lsa SAMPLE benchmarks/lsa_chinese.jsonl --unknown --manuals
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import numpy as np

from indexer.config import Ranking, load_settings
from indexer.encoders.base import Encoder
from indexer.encoders.choose import encoder_of
from indexer.encoders.lsa import LSA, LsaEncoder
from indexer.encoders.lsa_fit import fit
from indexer.lanes import TEXT, WORDS, passage
from indexer.records import Chunk, Kind, Picture, StoredChunk
from indexer.store.base import Selection
from indexer.store.index import ID_BITS, Index
from search.fuse import reciprocal_rank_fusion
from search.qrels import JudgedQuery, read_queries

CUTOFFS = (1, 5, 10)


@dataclass(frozen=True, slots=True)
class Bench:
    """An index with the chunks that count, those of manuals alone with `manuals`."""

    index: Index
    chunks: Sequence[StoredChunk]
    queries: Sequence[JudgedQuery]
    manuals: bool

    def keys(self, query: JudgedQuery, ids: Sequence[int]) -> list[str]:
        """Documents or assets in the order of their best chunks; what is excluded is left out."""
        by_id = {chunk.id: chunk for chunk in self.chunks}
        found: dict[str, None] = {}
        for id in ids:
            chunk = by_id.get(id)
            if chunk is None or (self.manuals and chunk.kind is not Kind.MANUAL):
                continue
            if query.exclude.isdisjoint(_names(chunk)):
                name = chunk.asset if query.collapse == "asset" else chunk.document
                if name:
                    found[name] = None
        return list(found)

    def recall(self, rankings: Sequence[Sequence[str]]) -> str:
        """The share of queries with something relevant among the first k, for each cut-off."""
        firsts = []
        for query, ranking in zip(self.queries, rankings, strict=True):
            right = (i for i, key in enumerate(ranking) if _is_right(query, key))
            firsts.append(next(right, len(self.chunks)))
        return "  ".join(f"R@{k} {np.mean([first < k for first in firsts]):.3f}" for k in CUTOFFS)

    def by_vectors(self, encoder: Encoder) -> list[list[str]]:
        passages = encoder.encode_texts([_passage(chunk) for chunk in self.chunks])
        found = []
        for query in self.queries:
            scores = passages @ encoder.encode_queries([query.text])[0]
            order = np.argsort(-scores, kind="stable")
            ids = [self.chunks[i].id for i in order if scores[i] > 0]
            found.append(self.keys(query, ids))
        return found

    def by_words(self) -> list[list[str]]:
        depth = len(self.index.ids())
        found = []
        for query in self.queries:
            ranked = self.index.words(query.text, depth, self._selection())
            found.append(self.keys(query, [scored.id for scored in ranked]))
        return found

    def by_text(self) -> list[list[str]]:
        """By the vectors that the index has."""
        encoder = encoder_of(self.index.spaces[TEXT], load_settings(), self.index.root)
        found = []
        for query in self.queries:
            vector = encoder.encode_queries([query.text])[0]
            ranked = self.index.nearest(TEXT, vector, len(self.chunks), None)
            found.append(self.keys(query, [scored.id for scored in ranked]))
        return found

    def _selection(self) -> Selection:
        masks = [np.zeros(part.info.chunks, np.bool_) for part in self.index._segments]
        for chunk in self.chunks:
            masks[chunk.id >> ID_BITS][chunk.id & ((1 << ID_BITS) - 1)] = True
        return Selection(tuple(masks))


def fused(lanes: Mapping[str, Sequence[Sequence[str]]]) -> list[list[str]]:
    """Rankings of several lanes as one, by the weights of a question."""
    ranking = Ranking()
    weights = ranking.weights(text=True, image=False)
    return [
        [
            key
            for key, _ in reciprocal_rank_fusion(
                dict(zip(lanes, given, strict=True)), weights, ranking.rrf_k
            )
        ]
        for given in zip(*lanes.values(), strict=True)
    ]


def _names(chunk: StoredChunk) -> set[str]:
    return {chunk.document, chunk.document.rpartition("#")[2], chunk.asset or ""} - {""}


def _is_right(query: JudgedQuery, key: str) -> bool:
    return not {key, key.rpartition("#")[2]}.isdisjoint(query.relevant)


def _passage(chunk: StoredChunk) -> str:
    picture = Picture(chunk.asset, b"") if chunk.asset else None
    whole = Chunk(chunk.modality, chunk.place, chunk.text, chunk.context, chunk.lines, picture)
    return passage(chunk.title, whole)


def _unknown(index: Index) -> set[int]:
    """The ids of chunks without a vector in the text space."""
    known: set[int] = set()
    for ordinal, part in enumerate(index._segments):
        known |= {(ordinal << ID_BITS) + row for row in part.spaces[TEXT].rows.tolist()}
    return set(index.ids()) - known


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--unknown", action="store_true", help="what MiniLM does not understand")
    parser.add_argument("--manuals", action="store_true", help="rank pages of manuals alone")
    parser.add_argument("--dims", type=int, nargs="+", default=[100, 200, 300])
    parser.add_argument("index", type=Path)
    parser.add_argument("queries", type=Path)
    options = parser.parse_args()
    with Index.open(options.index) as index:
        ids = sorted(_unknown(index)) if options.unknown else index.ids()
        queries = read_queries(options.queries, None)
        bench = Bench(index, index.get(ids), queries, options.manuals)
        print(f"{options.queries.name}: {len(queries)} questions, {len(ids):,} passages")
        lanes = {WORDS: bench.by_words()}
        print(f"  words            {bench.recall(lanes[WORDS])}", flush=True)
        if not options.unknown:
            found = bench.by_text()
            print(f"  text             {bench.recall(found)}")
            print(f"  text and words   {bench.recall(fused({TEXT: found, **lanes}))}", flush=True)
        texts = [_passage(chunk) for chunk in bench.chunks]
        for dim in options.dims:
            began = perf_counter()
            made = fit(texts, dim)
            seconds, data = perf_counter() - began, made.to_bytes()
            found = bench.by_vectors(LsaEncoder(data))
            cost = f"({seconds:.1f} s, {len(made.words):,} words, {len(data) / 1e6:.1f} MB)"
            print(f"  {LSA} {made.directions.shape[1]:3d}          {bench.recall(found)}  {cost}")
            print(f"  {LSA} and words    {bench.recall(fused({TEXT: found, **lanes}))}", flush=True)


if __name__ == "__main__":
    main()
