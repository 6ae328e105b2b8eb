"""The kinds of queries that an index gives, and drawing a set of all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Protocol

from indexer.errors import BadQuery
from indexer.store.index import Index
from search.synthesize import pictures, words
from search.synthesize.corpus import Corpus
from search.synthesize.draft import Draft
from search.synthesize.looks import Looks
from search.synthesize.spoken import spoken

FEW_DOCUMENTS = 30
"""In fewer, ten hits are so many of them that chance alone finds much."""

IN_WORDS = ("heading", "known-item", "ticket-subject", "ticket-problem", "spoken")
"""Kinds that ask with words of what is right, unlike people do (benchmarks/synthetic.py)."""

Draw = Callable[[Corpus, str, Looks], Iterator[Draft]]


@dataclass(frozen=True, slots=True)
class QueryKind:
    """A kind of query: what it asks, what it needs, and who draws it, one after the other."""

    name: str
    asks: str
    needs: str
    draw: Draw


class Progress(Protocol):
    """Who is told how far it is: `api.progress.TerminalProgress`."""

    def stage(self, name: str, total: int) -> None: ...

    def step(self, count: int = 1) -> None: ...


@dataclass(frozen=True, slots=True)
class QuerySet:
    """Drafts by kind, in the order of KINDS, and what to know of them, in sentences."""

    documents: int
    drafts: Mapping[str, tuple[Draft, ...]]
    notes: tuple[str, ...]


def _in_words(draw: Callable[[Corpus, str], Iterator[Draft]]) -> Draw:
    return lambda corpus, seed, looks: draw(corpus, seed)


_IMAGES = "images that show something, each in at most three documents"
_COPIES = {
    "crop-60": "a cut-out of 60 % of the area",
    "crop-30": "a cut-out of 30 % of the area",
    "resized": "a scaled down, recompressed copy",
    "dark": "a copy in inverted colours",
    "photo": "a photo of a screen with a copy",
}


def _copies(kind: str) -> QueryKind:
    asks = f"{_COPIES[kind]} of an indexed image → what shows it"
    return QueryKind(kind, asks, _IMAGES, partial(pictures.copies, kind=kind))


KINDS = (
    QueryKind(
        "heading",
        "a heading or title as a question → its pages; its words are in the index",
        "pages with headings of their own",
        _in_words(words.headings),
    ),
    QueryKind(
        "known-item",
        "a paraphrased sentence → its document; most of its words are in the index",
        "documents with sentences of their own",
        _in_words(words.known_items),
    ),
    QueryKind(
        "ticket-subject",
        "known item: the words of a subject → that ticket; they are in the index",
        "tickets with subjects",
        _in_words(words.subjects),
    ),
    QueryKind(
        "ticket-problem",
        "known item: what the problem says beyond the subject → that ticket",
        "tickets with problems in sentences",
        _in_words(words.problems),
    ),
    QueryKind(
        "caption-seen",
        "a caption → its image; unseen only in an index made --without-captions",
        "image files with captions, in an index with captions",
        _in_words(words.captions),
    ),
    *map(_copies, pictures.CHANGES),
    QueryKind(
        "screenshot",
        "an image, itself left out of the index → a page with words that shows it",
        "screens of three read lines or more on pages with words",
        pictures.screenshots,
    ),
    QueryKind(
        "spoken",
        "a heading or a subject, spoken by a synthesiser → its documents",
        "headings or subjects in English, and eSpeak NG: pip install 'triptych[speech-bench]'",
        spoken,
    ),
)


def synthesize(index: Index, count: int, seed: int, progress: Progress) -> QuerySet:
    """At most `count` queries of each kind, the same for the same index and seed.

    Raises BadQuery where `count` is not positive, where the index has no two documents, or
    where nothing in it makes a query.
    """
    if count < 1:
        raise BadQuery(f"--count {count}: at least one query of each kind must be asked for")
    if index.manifest.documents < 2:
        raise BadQuery(
            f"{index.root}: holds {index.manifest.documents} document(s); "
            "queries tell nothing with fewer than two to choose from"
        )
    progress.stage("chunks", index.manifest.chunks)
    corpus = Corpus(index, progress.step)
    looks = Looks(corpus)
    progress.stage("queries", count * len(KINDS))
    drafts: dict[str, tuple[Draft, ...]] = {}
    for kind in KINDS:
        found: list[Draft] = []
        for draft in islice(kind.draw(corpus, str(seed), looks), count):
            found.append(draft)
            progress.step()
        progress.step(count - len(found))
        drafts[kind.name] = tuple(found)
    if not any(drafts.values()):
        raise BadQuery(f"{index.root}: has no headings, sentences or images to make queries of")
    return QuerySet(len(corpus.documents), drafts, tuple(_notes(corpus, drafts)))


def _notes(corpus: Corpus, drafts: Mapping[str, tuple[Draft, ...]]) -> Iterator[str]:
    if len(corpus.documents) < FEW_DOCUMENTS:
        share = min(1.0, 10 / len(corpus.documents))
        yield (
            f"only {len(corpus.documents)} documents: ten hits drawn at random "
            f"hold the right one of {share:.0%} of queries"
        )
    if worded := [name for name in IN_WORDS if drafts[name]]:
        yield (
            f"{', '.join(worded)}: their words are in the index, which favours the words lane; "
            "compare indexes by them, not the weights of lanes"
        )
    if not corpus.captions:
        yield "the index was made without captions, so there are none to ask"
    elif drafts["caption-seen"]:
        yield (
            "captions are searched here; for a fair figure measure them on an index of the same "
            "sources made with --without-captions"
        )
    missing: dict[str, list[str]] = {}
    for kind in KINDS:
        if not drafts[kind.name] and (kind.name != "caption-seen" or corpus.captions):
            missing.setdefault(kind.needs, []).append(kind.name)
    for needs, names in missing.items():
        yield f"no {', '.join(names)}: needs {needs}"
