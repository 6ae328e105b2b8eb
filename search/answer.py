"""An extractive answer: quoted passages under numbered citations, or an honest nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jinja2 import Environment, PackageLoader
from numpy.typing import NDArray

from indexer.config import Answering
from indexer.encoders.base import Encoder
from indexer.lanes import TEXT
from indexer.language import detect_language
from indexer.records import Modality, Scored, StoredChunk
from indexer.store.analysis import tokens
from indexer.store.base import Store
from search.evidence import Coverage, coverage, evidence
from search.matching import matched_lines
from search.passages import quotable
from search.prepare import Prepared
from search.quote import quote, units
from search.recall import Group
from search.results import Answer, Citation, SearchResult

_CONSIDERED = 8
_MEMBERS = 3  # chunks of a group whose words count as evidence
_RELATIVE_ODDS = 0.4  # probabilities near 1 would all be alike
_RELATIVE_SHARE = 0.8
_CLOSEST = 3
_SAME = 0.6  # share of a screenshot's words on the screen that it is said to be


@dataclass(frozen=True, slots=True)
class Supported:
    """A group with the chunk to quote of it, and how well both support the question."""

    group: Group
    said: StoredChunk
    cosine: float | None
    covered: Coverage

    @property
    def share(self) -> float:
        return self.covered.share

    @property
    def support(self) -> float:
        return evidence(self.cosine, self.covered)


class Answerer:
    """Answers from the groups that a search found."""

    def __init__(self, store: Store, encoders: Mapping[str, Encoder], settings: Answering) -> None:
        self._store = store
        self._encoder = encoders[TEXT]
        self._settings = settings
        self._templates = Environment(loader=PackageLoader("search"), autoescape=False)
        self._templates.filters["where"] = where

    def answer(
        self,
        result: SearchResult,
        prepared: Prepared,
        groups: Sequence[Group],
        lanes: Mapping[str, Sequence[Scored]],
    ) -> Answer:
        """Quote the best supported passages, or say that there is nothing and show the closest."""
        words = set(tokens(prepared.words))
        rated = self.rate(words, groups, lanes)
        best = max(rated, key=lambda one: one.support, default=None)
        found = best is not None and best.support >= self._settings.evidence
        if best is not None and found:
            kept = [one for one in rated if _as_good(one, best)][: self._settings.citations]
        else:
            kept = rated[:_CLOSEST]
        citations = tuple(
            self._cite(number, one, prepared, words) for number, one in enumerate(kept, start=1)
        )
        text = self._templates.get_template("answer.jinja").render(
            found=found,
            language=detect_language(prepared.words),
            screen=_screen(prepared, kept),
            citations=citations,
        )
        return Answer(text, found, citations, result)

    def rate(
        self, words: set[str], groups: Sequence[Group], lanes: Mapping[str, Sequence[Scored]]
    ) -> list[Supported]:
        """The first groups that have something to quote, best ranked first.

        `words` are those of the question, as analysed.
        """
        cosines = {scored.id: scored.score for scored in lanes.get(TEXT, ())}
        known = TEXT in lanes
        rarity = self._store.rarity(words)
        rated: list[Supported] = []
        for group in groups[:_CONSIDERED]:
            said = quotable(self._store, group)
            if said is None:
                continue
            found = [cosines[chunk.id] for chunk in (*group.chunks, said) if chunk.id in cosines]
            cosine = max(found, default=0.0) if known else None
            covered = coverage(rarity, (*group.chunks[:_MEMBERS], said))
            rated.append(Supported(group, said, cosine, covered))
        return rated

    def _cite(self, number: int, one: Supported, prepared: Prepared, words: set[str]) -> Citation:
        best, said = one.group.chunks[0], one.said
        sentences = units(said.text or said.context) or [line.text for line in said.lines]
        shown = best if best.modality is Modality.IMAGE else said
        return Citation(
            number=number,
            document=best.document,
            title=best.title,
            place=said.place,
            quote=quote(sentences, self._score(sentences, prepared, words)),
            asset=shown.asset,
            thumb=shown.thumb,
            matched=matched_lines(shown.lines, words),
        )

    def _score(
        self, sentences: Sequence[str], prepared: Prepared, words: set[str]
    ) -> NDArray[np.float32]:
        """Cosine to the question plus the share of its words; float32 (len(sentences),)."""
        shared = [len(words & set(tokens(text))) / max(1, len(words)) for text in sentences]
        scores = np.asarray(shared, dtype=np.float32)
        vector = prepared.vector
        if vector is not None and len(sentences) > 1:
            scores += self._encoder.encode_texts(list(sentences)) @ vector
        return scores


def _screen(prepared: Prepared, kept: Sequence[Supported]) -> str:
    """Whether the first citation shows the screen asked with ("same"), one like it, or none."""
    if not prepared.lines or not kept or kept[0].group.chunks[0].asset is None:
        return ""
    return "same" if kept[0].share >= _SAME else "similar"


def _as_good(one: Supported, best: Supported) -> bool:
    """Whether `one` is about as well supported as the best, and worth quoting beside it."""
    if one.cosine is None:
        return one.share >= _RELATIVE_SHARE * best.share
    return _odds(one.support) >= _RELATIVE_ODDS * _odds(best.support)


def _odds(probability: float) -> float:
    return probability / max(1.0 - probability, 1e-9)


def where(citation: Citation) -> str:
    """Title, heading and page of a citation, as a reader would look it up."""
    place = citation.place
    path = [citation.title, *(name for name in place.heading if name != citation.title)]
    page = f", p. {place.page}" if place.page else ""
    return " › ".join(path) + page
