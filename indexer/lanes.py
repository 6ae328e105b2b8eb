"""What each lane sees of a chunk. Build and search agree on it through this file alone."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from indexer.records import Chunk
from indexer.store.words import WordFields

CLIP, TEXT, WORDS = "clip", "text", "words"
LANES = (CLIP, TEXT, WORDS)

_JOINTS = re.compile(r"[\W_]+")


def passage(title: str, chunk: Chunk) -> str:
    """What the sentence encoder embeds: where the chunk stands, then what it says.

    An image is described by its caption, the paragraphs around it, its file name and the
    text read in it, in this order, because encoders cut long texts at the end.
    """
    head = [title, *chunk.place.heading]
    body = [chunk.text, chunk.context, _name(chunk), _read(chunk)]
    return ". ".join(part for part in [*head, *body] if part)


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
    """What the shared space's text tower sees of a chunk that is not an image."""
    head = chunk.place.heading[-1] if chunk.place.heading else title
    return f"{head}. {chunk.text}"


def _read(chunk: Chunk) -> str:
    return "\n".join(line.text for line in chunk.lines)


def _name(chunk: Chunk) -> str:
    """The words of an image's file name; authors name files after what they show."""
    if chunk.picture is None or "#" in chunk.picture.asset:
        return ""
    return _JOINTS.sub(" ", PurePosixPath(chunk.picture.asset).stem).strip()
