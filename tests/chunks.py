"""A passage made by hand, in the form in which an index gives it."""

from __future__ import annotations

from dataclasses import replace

from indexer.records import Kind, Line, Modality, Place, StoredChunk

PASSAGE = StoredChunk(
    id=0,
    document="a.md",
    source="",
    title="",
    kind=Kind.MANUAL,
    language="en",
    product="",
    date=None,
    metadata={},
    modality=Modality.TEXT,
    place=Place(),
    text="",
    context="",
    lines=(),
    asset=None,
    thumb="",
)
"""`dataclasses.replace` makes others of it."""


def passage(
    text: str, heading: tuple[str, ...] = (), title: str = "", lines: tuple[Line, ...] = ()
) -> StoredChunk:
    """A passage of a manual under a heading; with `lines`, what was read in an image."""
    return replace(PASSAGE, text=text, title=title, place=Place(heading=heading), lines=lines)
