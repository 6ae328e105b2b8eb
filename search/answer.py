"""An extractive answer: quoted passages under numbered citations, or an honest nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from jinja2 import Environment, PackageLoader
from numpy.typing import NDArray

from indexer.config import Answering
from indexer.encoders.base import Encoder
from indexer.lanes import TEXT
from indexer.language import detect_language
from indexer.records import Kind, StoredChunk
from indexer.store.analysis import tokens
from indexer.store.base import Store
from search.evidence import coverage, evidence
from search.matching import matched_lines
from search.prepare import Prepared
from search.quote import quote, units
from search.recall import Group
from search.results import Answer, Citation, SearchResult

RESOLUTION = "Resolution"
"""The heading under which the ticket loader puts what solved a ticket."""

_CONSIDERED = 5
_RELATIVE = 0.8


class Answerer:
    """Answers from the groups that a search found."""

    def __init__(self, store: Store, encoders: Mapping[str, Encoder], settings: Answering) -> None:
        self._store = store
        self._encoder = encoders[TEXT]
        self._settings = settings
        self._templates = Environment(
            loader=PackageLoader("search"), autoescape=False, keep_trailing_newline=False
        )
        self._templates.filters["where"] = where

    def answer(self, result: SearchResult, prepared: Prepared, groups: Sequence[Group]) -> Answer:
        """Quote the best supported passages, or say that there is nothing and show the closest."""
        words = set(tokens(prepared.words))
        rated = [(self._support(group, words), group) for group in groups[:_CONSIDERED]]
        best = max((support for support, _ in rated), default=0.0)
        found = best >= self._settings.evidence
        floor = _RELATIVE * best if found else 0.0
        kept = [group for support, group in rated if support >= floor]
        citations = tuple(
            self._cite(number, group, prepared, words)
            for number, group in enumerate(kept[: self._settings.citations], start=1)
        )
        text = self._templates.get_template("answer.jinja").render(
            found=found,
            language=detect_language(prepared.words),
            read=bool(prepared.lines),
            citations=citations,
        )
        return Answer(text, found, citations, result)

    def _support(self, group: Group, words: set[str]) -> float:
        lane = group.lanes.get(TEXT)
        return evidence(lane.score if lane else None, coverage(words, group.chunks[0]))

    def _cite(self, number: int, group: Group, prepared: Prepared, words: set[str]) -> Citation:
        best = group.chunks[0]
        said = self._passage(group)
        sentences = units(said.text or said.context)
        return Citation(
            number=number,
            document=best.document,
            title=best.title,
            place=said.place,
            quote=quote(sentences, self._rate(sentences, prepared, words)) or best.title,
            asset=best.asset,
            thumb=best.thumb,
            matched=matched_lines(best.lines, words),
        )

    def _passage(self, group: Group) -> StoredChunk:
        """What is quoted of a group: the resolution of a ticket, else its best chunk with words."""
        best = group.chunks[0]
        if best.kind is Kind.TICKET and RESOLUTION not in best.place.heading:
            for chunk in self._store.document(best.id):
                if RESOLUTION in chunk.place.heading:
                    return chunk
        return next((chunk for chunk in group.chunks if chunk.text or chunk.context), best)

    def _rate(
        self, sentences: Sequence[str], prepared: Prepared, words: set[str]
    ) -> NDArray[np.float32]:
        """Cosine to the question plus the share of its words; float32 (len(sentences),)."""
        shared = [len(words & set(tokens(text))) / max(1, len(words)) for text in sentences]
        scores = np.asarray(shared, dtype=np.float32)
        vector = prepared.vectors.get(TEXT)
        if vector is not None and len(sentences) > 1:
            scores += self._encoder.encode_texts(list(sentences)) @ vector
        return scores


def where(citation: Citation) -> str:
    """Title, heading and page of a citation, as a reader would look it up."""
    place = citation.place
    path = [citation.title, *(name for name in place.heading if name != citation.title)]
    page = f", p. {place.page}" if place.page else ""
    return " › ".join(path) + page
