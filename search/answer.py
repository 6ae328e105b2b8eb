"""An extractive answer: quoted passages under numbered citations, or an honest nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from jinja2 import Environment, PackageLoader

from indexer.config import Answering
from indexer.encoders.base import Encoder
from indexer.lanes import HEADS, LINES, TEXT
from indexer.language import detect_language
from indexer.records import Scored, StoredChunk
from indexer.store.analysis import tokens
from indexer.store.base import Store
from search.blocks import Block, Sentence, note, runs
from search.choice import choose, codes_asked, row_about
from search.cite import Cited, Citer
from search.compose import compose
from search.evidence import FEWEST, Signals, above, ahead, coverage
from search.passages import most_telling, quotable
from search.prepare import Prepared
from search.procedure import procedure
from search.product import other_model
from search.recall import Group
from search.results import Answer, Citation, SearchResult
from search.sources import remarks
from search.supported import Supported
from search.tuned import Tuned
from search.wish import asks_fact, asks_how

_CONSIDERED = 8
_MEMBERS = 3  # chunks of a group whose words count as evidence
_CLOSEST = 3
_WHOLLY = 0.8  # share of a task's words that a section has to be named with
_SAME = 0.6  # share of a screenshot's words on the screen that it is said to be


class Answerer:
    """Answers from the groups that a search found.

    `comparable` says whether the scores of groups are weighted means of calibrated ones; `tuned`
    is what judged questions of this index taught about confidence.
    """

    def __init__(
        self,
        store: Store,
        encoders: Mapping[str, Encoder],
        settings: Answering,
        comparable: bool = False,
        tuned: Tuned | None = None,
    ) -> None:
        self._store = store
        self._settings = settings
        self._comparable = comparable
        self._tuned = tuned
        self._templates = Environment(loader=PackageLoader("search"), autoescape=False)
        self._templates.filters |= {"where": where, "runs": runs}
        self._citer = Citer(store, encoders[TEXT])

    def answer(
        self, result: SearchResult, prepared: Prepared, rated: Sequence[Supported]
    ) -> Answer:
        """Quote the best supported passages, or say that there is nothing and show the closest."""
        other = other_model([one.said.product for one in rated], prepared.typed)
        found = not other and answers(rated, self._settings.evidence)
        rarity = self._store.rarity(set(tokens(prepared.words)))
        if found:
            chosen = self._chosen(rated, prepared, rarity)
        else:
            chosen = [(one.group, one.said) for one in rated[:_CLOSEST]]
        cited = self._citer.cite(chosen, prepared, rarity)
        language = detect_language(prepared.words)
        citations = tuple(one.citation for one in cited)
        first = next((one for one in rated if cited and one.group is cited[0].group), None)
        blocks = self._blocks(cited, language, _screen(prepared, first)) if found else ()
        text = self._templates.get_template("answer.jinja").render(
            found=found, language=language, citations=citations, blocks=blocks
        )
        sure = 0.0 if other else max((one.confidence for one in rated), default=0.0)
        return Answer(text, found, citations, result, blocks=blocks, confidence=sure)

    def _chosen(
        self, rated: Sequence[Supported], prepared: Prepared, rarity: Mapping[str, float]
    ) -> list[tuple[Group, StoredChunk]]:
        """The groups to answer from with the chunks to quote.

        Beside a section of a manual comes its row of a table for the codes asked about. Who asks
        how gets the sections named after that; who names a task or a trouble gets them first
        where they are named after nearly all of it.
        """
        typed, language = prepared.typed, detect_language(prepared.words)
        most = self._settings.citations
        kept = choose(rated, rarity, language, asks_fact(typed), self._settings.evidence)
        chosen: list[tuple[Group, StoredChunk]] = []
        for one in kept:
            row = one.row
            chosen.append((one.group, one.said))
            chosen += [(one.group, row)] if row and row.id != one.said.id else []
        chosen = chosen[:most]
        if prepared.lines or asks_fact(typed):
            return chosen
        if asks_how(typed):
            return [(one.group, one.steps) for one in rated if one.steps][:most] or chosen
        steps = self._procedures([one.group for one in rated], rarity)
        named = {id(group) for group, _ in steps}
        chosen = [*steps, *(pair for pair in chosen if id(pair[0]) not in named)]
        return chosen[:most]

    def _procedures(
        self, groups: Iterable[Group], rarity: Mapping[str, float]
    ) -> list[tuple[Group, StoredChunk]]:
        """The sections named after nearly all that is asked that have steps, best ranked first."""
        found = ((group, procedure(self._store, group, rarity, _WHOLLY)) for group in groups)
        return [(group, steps) for group, steps in found if steps][: self._settings.citations]

    def _blocks(self, cited: Sequence[Cited], language: str, screen: str) -> tuple[Block, ...]:
        """Which screen it is, what is quoted, and what is to be said about the sources."""
        said = compose([one.quoted for one in cited])
        if screen:
            first = cited[0].citation
            lead = self._templates.get_template("screen.jinja").render(
                screen=screen, language=language, citation=first
            )
            said.insert(0, Block("paragraph", (), (Sentence(lead, ()),)))
        template = self._templates.get_template("note.jinja")
        for remark in remarks([one.source for one in cited]):
            said.append(note(template.render(remark=remark, language=language), remark.numbers))
        return tuple(said)

    def rate(
        self,
        prepared: Prepared,
        groups: Sequence[Group],
        lanes: Mapping[str, Sequence[Scored]],
    ) -> list[Supported]:
        """The first groups that have something to quote, best ranked first."""
        shown = prepared.image is not None
        cosines = {scored.id: scored.score for scored in lanes.get(TEXT, ())}
        heads = {scored.id: scored.score for scored in lanes.get(HEADS, ())}
        rarity = self._store.rarity(set(tokens(prepared.words)))
        fused = [group.score for group in groups]
        ranked = self._comparable and len(groups) >= FEWEST
        near = groups[:_CONSIDERED]
        codes = codes_asked((group.chunks[0].product for group in near), rarity)
        how = asks_how(prepared.typed) and not prepared.lines
        rated: list[Supported] = []
        for place, group in enumerate(near):
            said = quotable(self._store, group)
            if said is None:
                continue
            said = most_telling(group, said, rarity, cosines, not prepared.lines)
            found = [cosines[chunk.id] for chunk in (*group.chunks, said) if chunk.id in cosines]
            cosine = max(found, default=0.0) if TEXT in lanes else None
            covered = coverage(rarity, (*group.chunks[:_MEMBERS], said))
            row = row_about(group.chunks, codes)
            steps = procedure(self._store, group, rarity) if how else None
            signals = Signals(
                covered=covered if codes else replace(covered, codes=0.0),
                cosine=cosine,
                fused=group.score if ranked else None,
                lead=above(group.score, fused) if ranked else None,
                ahead=ahead(place, fused) if ranked else None,
                head=max((heads[c.id] for c in group.chunks if c.id in heads), default=None),
                made=bool(row or steps),
                shown=shown,
                line=group.lanes[LINES].score if LINES in group.lanes else 0.0,
                same=group.region is not None and group.region.same,
            )
            tuned = (
                self._tuned if self._tuned and not shown and self._tuned.takes(signals) else None
            )
            rated.append(Supported(group, said, signals, tuned, row, steps))
        return rated


def answers(rated: Sequence[Supported], least: float) -> bool:
    """Whether one of the groups rated is likely enough to answer from.

    By the threshold that was learnt, where one was, or else that of the settings, `least`.
    """
    tuned = rated[0].tuned if rated else None
    least = tuned.threshold if tuned else least
    return any(one.confidence >= least for one in rated)


def _screen(prepared: Prepared, first: Supported | None) -> str:
    """Whether the first citation shows the screen asked with ("same"), one like it, or none."""
    if not prepared.lines or first is None or first.group.chunks[0].asset is None:
        return ""
    return "same" if first.share >= _SAME else "similar"


def where(citation: Citation) -> str:
    """Title, heading and page of a citation, as a reader would look it up."""
    place = citation.place
    path = [citation.title, *(name for name in place.heading if name != citation.title)]
    page = f", p. {place.page}" if place.page else ""
    return " › ".join(path) + page
