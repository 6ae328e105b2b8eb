"""An open index, asked what a support desk wants to know beyond one question."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from indexer.errors import BadQuery, NoSuchDocument
from indexer.lanes import TEXT
from indexer.records import Filter, Kind, StoredChunk
from search.answer import where
from search.engine import Engine
from search.gaps import Gaps, find_gaps
from search.grounded import Passage
from search.matters import Matter, Question, matters
from search.results import Answer, Citation
from search.similar import Similar, similar_tickets, solved_tickets
from search.tickets import problem, selected, stored_tickets


class Desk(Engine):
    """An engine that also knows tickets as a whole."""

    def similar(self, path: str, k: int) -> Similar:
        """The k tickets most like a ticket, or those that a page or an image solves.

        `path` names the document as hits do. Raises NoSuchDocument, or BadQuery for a bad k.
        """
        if not 1 <= k <= self._settings.limits.results:
            raise BadQuery(f"k is {k}; it must be from 1 to {self._settings.limits.results}")
        chunks = self._chunks(path)
        first = chunks[0]
        if first.kind is Kind.TICKET:
            found = similar_tickets(self._index, self, chunks, k)
        else:
            evidence = self._settings.answer.evidence
            found = solved_tickets(self, self._index, chunks, k, evidence)
        return Similar(first.document, first.title, first.kind, found)

    def questions(self) -> list[Question]:
        """The tickets of the index as questions: subject and problem."""
        return [
            Question(chunks[0].document, problem(chunks)) for chunks in stored_tickets(self._index)
        ]

    def matters(self, questions: Sequence[Question]) -> list[Matter]:
        """Which of the questions belong together, and the names of what they are about."""
        return matters(questions, self._models.encoders[TEXT])

    def gaps(self, questions: Sequence[Question], step: Callable[[], None]) -> Gaps:
        """Those questions that the manuals do not answer, in clusters (see search/gaps.py)."""
        encoder = self._models.encoders[TEXT]
        return find_gaps(questions, self, encoder, self._settings.answer.evidence, step)

    def passages(self, answer: Answer) -> list[Passage]:
        """All of each passage that an answer quotes from, by the number of its citation."""
        return [
            Passage(citation.number, where(citation), self._whole(answer, citation))
            for citation in answer.citations
        ]

    def _whole(self, answer: Answer, citation: Citation) -> str:
        """The text of the chunk that holds a quote; the quote where that is not among the hits."""
        quoted = "".join(citation.quote.split())
        for hit in answer.search.hits:
            if hit.document != citation.document:
                continue
            for chunk in self._index.document(hit.chunk):
                if chunk.place == citation.place and quoted in "".join(chunk.text.split()):
                    return chunk.text
        return citation.quote

    def _chunks(self, path: str) -> list[StoredChunk]:
        """The chunks of a document in reading order. Raises NoSuchDocument."""
        found = self._index.documents(path)
        if not any(document.path == path for document in found):
            if found:
                raise NoSuchDocument(
                    f"{path}: a file of {len(found):,} tickets; name one, such as {found[0].path}"
                )
            raise NoSuchDocument(
                f"{path}: not in the index; name a document as hits show it, such as tickets.csv#T1"
            )
        chosen = self._index.select((Filter("document", "=", path),), frozenset())
        chunks = self._index.get(selected(self._index, chosen))
        # The same path in two sources names two documents.
        return [chunk for chunk in chunks if chunk.source == chunks[0].source]
