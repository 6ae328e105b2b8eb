"""An extractive answer: quoted passages under numbered citations, or an honest nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from jinja2 import Environment, PackageLoader

from indexer.config import Answering
from indexer.encoders.base import Encoder
from indexer.lanes import CLIP, HEADS, TEXT
from indexer.language import detect_language
from indexer.records import Modality, Scored, StoredChunk
from indexer.store.analysis import tokens
from indexer.store.base import Store
from search.blocks import Block, Sentence, note, runs
from search.cite import Cited, Citer
from search.compose import compose
from search.evidence import (
    FEWEST,
    Coverage,
    Signals,
    above,
    ahead,
    confidence,
    coverage,
    evidence,
)
from search.passages import most_telling, quotable
from search.prepare import Prepared
from search.procedure import asks_how, procedure
from search.recall import Group
from search.results import Answer, Citation, SearchResult
from search.sources import remarks
from search.tuned import Tuned

_CONSIDERED = 8
_MEMBERS = 3  # chunks of a group whose words count as evidence
_RELATIVE_ODDS = 0.4  # probabilities near 1 would all be alike
_RELATIVE_SHARE = 0.8
_CLOSEST = 3
_LIKELY = 0.1  # where no document is right in one case of ten, there is no answer
_SAME = 0.6  # share of a screenshot's words on the screen that it is said to be


@dataclass(frozen=True, slots=True)
class Supported:
    """A group with the chunk to quote of it, and how well both support the question."""

    group: Group
    said: StoredChunk
    signals: Signals
    tuned: Tuned | None = None

    @property
    def cosine(self) -> float | None:
        return self.signals.cosine

    @property
    def covered(self) -> Coverage:
        return self.signals.covered

    @property
    def share(self) -> float:
        return self.covered.share

    @property
    def support(self) -> float:
        """Whether there is an answer in it at all, in [0, 1]."""
        return evidence(self.signals)

    @property
    def confidence(self) -> float:
        """The probability in [0, 1] that the group's document is the right one."""
        return self.tuned(self.signals) if self.tuned else confidence(self.signals)


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
        self,
        result: SearchResult,
        prepared: Prepared,
        groups: Sequence[Group],
        lanes: Mapping[str, Sequence[Scored]],
    ) -> Answer:
        """Quote the best supported passages, or say that there is nothing and show the closest."""
        rated = self.rate(prepared, groups, lanes)
        best = max(rated, key=lambda one: one.support, default=None)
        found = answers(rated, self._settings.evidence)
        if best is not None and found:
            enough = [one for one in rated if one.support >= self._settings.evidence or one is best]
            kept = [one for one in enough if _as_good(one, best)][: self._settings.citations]
        else:
            kept = rated[:_CLOSEST]
        rarity = self._store.rarity(set(tokens(prepared.words)))
        chosen = [(one.group, one.said) for one in kept]
        if found and not prepared.lines and asks_how(prepared.typed):
            chosen = self._procedures(rated, rarity) or chosen
        cited = self._citer.cite(chosen, prepared, rarity)
        language = detect_language(prepared.words)
        citations = tuple(one.citation for one in cited)
        blocks = self._blocks(cited, language, _screen(prepared, kept)) if found else ()
        text = self._templates.get_template("answer.jinja").render(
            found=found, language=language, citations=citations, blocks=blocks
        )
        first = next((one for one in rated if cited and one.group is cited[0].group), None)
        sure = first.confidence if first else 0.0
        return Answer(text, found, citations, result, blocks=blocks, confidence=sure)

    def _procedures(
        self, rated: Sequence[Supported], rarity: Mapping[str, float]
    ) -> list[tuple[Group, StoredChunk]]:
        """The sections named after what is asked that have its steps, best ranked first."""
        found = ((one.group, procedure(self._store, one.group, rarity)) for one in rated)
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
        shown = pictured(prepared)
        cosines = {scored.id: scored.score for scored in lanes.get(TEXT, ())}
        heads = {scored.id: scored.score for scored in lanes.get(HEADS, ())}
        rarity = self._store.rarity(set(tokens(prepared.words)))
        scores = {lane: [scored.score for scored in some] for lane, some in lanes.items()}
        fused = [group.score for group in groups]
        ranked = self._comparable and not shown and len(groups) >= FEWEST
        rated: list[Supported] = []
        for place, group in enumerate(groups[:_CONSIDERED]):
            said = quotable(self._store, group)
            if said is None:
                continue
            said = most_telling(group, said, rarity, cosines, not prepared.lines)
            found = [cosines[chunk.id] for chunk in (*group.chunks, said) if chunk.id in cosines]
            cosine = max(found, default=0.0) if TEXT in lanes else None
            seen = group.lanes[CLIP].score if CLIP in group.lanes else 0.0
            signals = Signals(
                covered=coverage(rarity, (*group.chunks[:_MEMBERS], said)),
                cosine=cosine,
                near=None if cosine is None else above(cosine, scores[TEXT]),
                seen=above(seen, scores[CLIP]) if shown and CLIP in lanes else None,
                fused=group.score if ranked else None,
                lead=above(group.score, fused) if ranked else None,
                ahead=ahead(place, fused) if ranked else None,
                head=max((heads[c.id] for c in group.chunks if c.id in heads), default=None),
            )
            tuned = (
                self._tuned if self._tuned and not shown and self._tuned.takes(signals) else None
            )
            rated.append(Supported(group, said, signals, tuned))
        return rated


def answers(rated: Sequence[Supported], least: float) -> bool:
    """Whether there is an answer in the groups rated.

    By the threshold that was learnt, where one was. Otherwise one has to have the support of the
    settings, `least`, and one has to be likely at all, where that is known.
    """
    if rated and rated[0].tuned is not None:
        return rated[0].confidence >= rated[0].tuned.threshold
    supported = any(one.support >= least for one in rated)
    ranked = any(one.signals.lead is not None for one in rated)
    return supported and (not ranked or any(one.confidence >= _LIKELY for one in rated))


def pictured(prepared: Prepared) -> bool:
    """Whether the shared space is searched for an image of the question."""
    return Modality.IMAGE in prepared.parts


def _screen(prepared: Prepared, kept: Sequence[Supported]) -> str:
    """Whether the first citation shows the screen asked with ("same"), one like it, or none."""
    if not prepared.lines or not kept or kept[0].group.chunks[0].asset is None:
        return ""
    return "same" if kept[0].share >= _SAME else "similar"


def _as_good(one: Supported, best: Supported) -> bool:
    """Whether `one` is about as well supported as the best, and worth quoting beside it.

    What has all the codes asked about is worth it by itself: the row of a list of errors is less
    like the question than a ticket is.
    """
    if one.covered.codes == 1.0:
        return True
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
