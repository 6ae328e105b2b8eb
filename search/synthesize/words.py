"""Queries in words: of headings, sentences, tickets and captions."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath
from random import Random

from indexer.images import SUFFIXES
from indexer.records import Kind
from search.passages import RESOLUTION
from search.synthesize.corpus import CAPTION, HEADING, SENTENCE, SUBJECT, Corpus, Figure, Indexed
from search.synthesize.corpus import sentences as sentences_of
from search.synthesize.draft import Draft
from search.synthesize.paraphrase import content_words, is_han, paraphrase, without
from search.synthesize.phrasing import clean, question
from search.synthesize.spread import spread

_FEWEST_WORDS = 6
_FEWEST_HAN = 12
_MOST_SIGNS = 400
_PROSE = 0.7
"""Share of letters and gaps from which a line is prose, and no code or table."""


def headings(corpus: Corpus, seed: str) -> Iterator[Draft]:
    """Headings and titles of manuals, asked. Right are all documents that have the heading."""
    pages = [one for one in corpus.documents if one.kind is Kind.MANUAL]
    items = [
        (page, path) for page in pages for path in dict.fromkeys([*page.headings, *_top(page)])
    ]
    for page, path in spread(items, lambda i: i[0].path, lambda i: _stratum(i[0]), Random(seed)):
        relevant = corpus.holders(HEADING, path[-1])
        asked = question(path[-1], page.title, Random(f"{seed} {page.path} {path}"))
        if relevant and asked:
            yield Draft(page.path, page.language, relevant, asked)


def known_items(corpus: Corpus, seed: str) -> Iterator[Draft]:
    """A sentence from the middle of a passage, paraphrased. Right is who has the sentence."""
    documents = [one for one in corpus.documents if one.kind is not Kind.IMAGE]
    items = [(one, id) for one in documents for id in one.passages]
    for one, id in spread(items, lambda i: i[0].path, lambda i: _stratum(i[0]), Random(seed)):
        found = sentences_of(corpus.text(id))
        order = sorted(range(len(found)), key=lambda i: (abs(2 * i - len(found)), i))
        for sentence in (found[i] for i in order):
            relevant = corpus.holders(SENTENCE, sentence)
            if relevant and telling(sentence):
                asked = paraphrase(sentence, Random(f"{seed} {one.path} {sentence}"))
                yield Draft(one.path, one.language, relevant, asked)
                break


def subjects(corpus: Corpus, seed: str) -> Iterator[Draft]:
    """The subject of a ticket, paraphrased. Right are the tickets of that subject."""
    for ticket in _tickets(corpus, seed):
        relevant = corpus.holders(SUBJECT, ticket.title)
        asked = paraphrase(ticket.title, Random(f"{seed} {ticket.path}"))
        if relevant and (is_han(asked) or len(asked.split()) > 1):
            yield Draft(ticket.path, ticket.language, relevant, asked)


def problems(corpus: Corpus, seed: str) -> Iterator[Draft]:
    """What the first telling sentence of a ticket's problem says beyond its subject.

    Paraphrased. Right are the tickets that have the sentence.
    """
    for ticket in _tickets(corpus, seed):
        said = [c for c in corpus.chunks(ticket) if RESOLUTION not in c.place.heading]
        for sentence in (found for chunk in said for found in sentences_of(chunk.text)):
            relevant = corpus.holders(SENTENCE, sentence)
            rest = without(sentence, ticket.title)
            if relevant and telling(rest):
                asked = paraphrase(rest, Random(f"{seed} {ticket.path}"))
                yield Draft(ticket.path, ticket.language, relevant, asked)
                break


def captions(corpus: Corpus, seed: str) -> Iterator[Draft]:
    """Captions and alternative texts as they are. Right are the images that have them.

    Images inside PDFs are no hits of their own and are left out.
    """
    items = [
        (figure, asset, caption)
        for figure in corpus.figures
        for asset, caption in sorted(figure.captions.items())
        if PurePosixPath(asset).suffix.lower() in SUFFIXES
    ]
    for figure, asset, caption in spread(
        items,
        lambda i: _home(corpus, i[0]).path,
        lambda i: _stratum(_home(corpus, i[0])),
        Random(seed),
    ):
        relevant = sorted({*corpus.holders(CAPTION, caption), *figure.assets})
        words = clean(caption)
        enough = len(words) >= 6 if is_han(words) else len(content_words(words)) > 1
        if corpus.holders(CAPTION, caption) and enough and asset not in caption:
            home = _home(corpus, figure)
            yield Draft(home.path, home.language, tuple(relevant), words)


def telling(sentence: str) -> bool:
    """Whether a line is prose that says enough to be found by, and not too long."""
    if len(sentence) > _MOST_SIGNS:
        return False
    if is_han(sentence):
        return sum(sign.isalpha() for sign in sentence) >= _FEWEST_HAN
    letters = sum(sign.isalpha() or sign.isspace() for sign in sentence)
    return len(content_words(sentence)) >= _FEWEST_WORDS and letters >= _PROSE * len(sentence)


def _tickets(corpus: Corpus, seed: str) -> list[Indexed]:
    found = [one for one in corpus.documents if one.kind is Kind.TICKET]
    return spread(found, lambda one: one.path, _stratum, Random(seed))


def _home(corpus: Corpus, figure: Figure) -> Indexed:
    """The first document that shows a figure."""
    return corpus.document(min(figure.documents))


def _top(page: Indexed) -> list[tuple[str, ...]]:
    """The title as a heading, where none of the headings says it."""
    named = {path[-1].casefold() for path in page.headings}
    return [] if not page.title or page.title.casefold() in named else [(page.title,)]


def _stratum(document: Indexed) -> tuple[Kind, str]:
    return document.kind, document.language
