"""One judged query before it is written."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Draft:
    """A question in words or as an encoded image, and what is right for it. `voice` is a
    recording of its words, which then are not asked themselves.

    `relevant` and `exclude` hold document or asset paths, sorted. `owner` is the document that
    it was drawn from, `language` that document's. `suffix` is that of the file.
    """

    owner: str
    language: str
    relevant: tuple[str, ...]
    text: str = ""
    image: bytes | None = None
    suffix: str = ""
    voice: bytes | None = None
    exclude: tuple[str, ...] = ()
