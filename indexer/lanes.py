"""What each lane sees of a chunk. Build and search agree on it through this file alone."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from math import sqrt
from pathlib import PurePosixPath

from indexer.records import Chunk
from indexer.sentences import Atom, count_tokens, join_atoms, split_text
from indexer.store.analysis import tokens
from indexer.store.words import WordFields

CLIP, TEXT, WORDS = "clip", "text", "words"
LANES = (CLIP, TEXT, WORDS)

REGIONS = "regions"
"""Where an image is recognised in another. It puts copies first and is not fused."""

LINES = "lines"
"""Ranking by the most telling line of the query's image."""

FEATURES = "features"
"""Ranking by the local features that an image has in common with the query's."""

HEADS = "heads"
"""Ranking by titles and headings alone, of what was found. It counts within `text`."""

NAMES = "names"
"""Ranking by the rarest name, of a site, a file or an error, that a typed question has."""

_SEEN = 64
"""Tokens, roughly counted, that any text tower sees; CLIP's cuts at 77 of its own."""

_WHOLE = 1_000_000
"""No sentence is cut into words."""

_JOINTS = re.compile(r"[\W_]+")


def passage(title: str, chunk: Chunk) -> str:
    """What the sentence encoder embeds: where the chunk stands, then what it says.

    An image is described by its caption, the paragraphs around it, its file name and the
    text read in it, in this order, because encoders cut long texts at the end.
    """
    head = [title, *chunk.place.heading]
    body = [chunk.text, chunk.context, _name(chunk), _read(chunk)]
    return ". ".join(part for part in [*head, *body] if part)


def head(title: str, chunk: Chunk) -> str:
    """Title and headings above a chunk, "" where there are none."""
    return ". ".join(dict.fromkeys(filter(None, [title, *chunk.place.heading])))


def heads(title: str, chunks: Sequence[Chunk]) -> list[str]:
    """The head of each chunk of a document, without a title that was made from its text."""
    line = chunks[0].text.split("\n", 1)[0].strip() if chunks else ""
    cut = title.endswith("…") and line.startswith(title[:-1])
    return [head("" if cut or line == title else title, chunk) for chunk in chunks]


def word_fields(title: str, chunk: Chunk) -> WordFields:
    """What the words lane indexes."""
    body = (chunk.text, chunk.context, _name(chunk))
    return WordFields(
        title=title,
        heading="\n".join(chunk.place.heading),
        body="\n".join(part for part in body if part),
        lines=_read(chunk),
    )


def shared_space_text(title: str, chunk: Chunk) -> str:
    """What the shared space's text tower sees of a chunk that is not an image.

    Where it stands, then what it says; of a long text its most central sentences first, and
    then the others, both in their order. A tower of CLIP's kind cuts at 77 tokens, which
    leaves the best; one that reads further sees all.
    """
    head = ". ".join(dict.fromkeys(filter(None, [title, *chunk.place.heading])))
    room = _SEEN - count_tokens(head)
    if count_tokens(chunk.text) > room:
        sentences = split_text(chunk.text, 1, _WHOLE)
        chosen = _central(sentences, head, room)
        first = join_atoms([sentences[i] for i in sorted(chosen)])
        rest = join_atoms([atom for i, atom in enumerate(sentences) if i not in chosen])
        return ". ".join(filter(None, [head, "\n".join(filter(None, [first, rest]))]))
    return ". ".join(filter(None, [head, chunk.text]))


def _central(sentences: list[Atom], head: str, room: int) -> set[int]:
    """Which sentences say most of what all and the heading say, within `room` tokens.

    One by one the sentence whose words stand most in others and in the heading, where words that
    were taken count for less. A kind of SumBasic (Nenkova and Vanderwende, "The Impact of
    Frequency on Summarization", MSR-TR-2005-101), by the root of the length, as its average
    likes the shortest sentences best. At least one.
    """
    words = [list(dict.fromkeys(tokens(sentence.text))) for sentence in sentences]
    counts = Counter(word for found in words for word in found) + Counter(set(tokens(head)))
    total = counts.total()
    share = {word: (count - 1) / total for word, count in counts.items()}
    left = [i for i, found in enumerate(words) if found]
    chosen: set[int] = set()
    while left:
        best = max(left, key=lambda i: sum(share[word] for word in words[i]) / sqrt(len(words[i])))
        left.remove(best)
        if chosen and sentences[best].tokens > room:
            continue
        chosen.add(best)
        room -= sentences[best].tokens
        share.update({word: share[word] ** 2 for word in words[best]})
    return chosen


def _read(chunk: Chunk) -> str:
    return "\n".join(line.text for line in chunk.lines)


def _name(chunk: Chunk) -> str:
    """The words of an image's file name; authors name files after what they show."""
    if chunk.picture is None or "#" in chunk.picture.asset:
        return ""
    return _JOINTS.sub(" ", PurePosixPath(chunk.picture.asset).stem).strip()
