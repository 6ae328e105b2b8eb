"""Any cross-encoder of sentence-transformers with one score, served by ONNX Runtime."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from indexer.encoders.exported import exported
from indexer.encoders.session import Session
from indexer.rerankers.graph import GRAPH_NAME
from indexer.rerankers.pairs import PairTokens
from indexer.rerankers.source import reranker_source
from search.recall import Group
from search.rerank.base import Asked, Scores
from search.rerank.passage import passage_of


class CrossEncoderReranker:
    """Reads question and passage together, which sees more than two vectors and costs more.

    Scores are those of `CrossEncoder.predict`, its activation included. `model` is
    `local-dir:PATH` or a name on the model hub. `threads` is the number of processors one
    call uses; 0 means all of this process. Source: Nogueira and Cho, "Passage Re-ranking with
    BERT", arXiv 1901.04085. Raises MissingModel or BadConfig where the model cannot be had.
    """

    name = "cross-encoder"
    batch = 4

    def __init__(self, model: str, cache: Path, threads: int = 0) -> None:
        source = reranker_source(self.name, model)
        folder, facts = exported(self.name, model, source, cache)
        self._tokens = PairTokens(folder, facts.tokens)
        self._session = Session(folder / GRAPH_NAME, threads)

    def warm_up(self) -> None:
        self._score("warm up", ["warm up"])

    def takes(self, asked: Asked, candidate: Group) -> bool:
        """Where the question has words, read or typed, and the candidate has some to compare."""
        return bool(asked.words.strip() and passage_of(candidate).strip())

    def score(self, asked: Asked, candidates: Sequence[Group]) -> Scores:
        return self._score(asked.words, [passage_of(candidate) for candidate in candidates])

    def _score(self, question: str, passages: Sequence[str]) -> Scores:
        return self._session.run(self._tokens.feeds(question, passages))
