"""One judged query before it is written."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Draft:
    """A question in words or as an encoded image, and what is right for it.

    `relevant` and `exclude` hold document or asset paths, sorted. `owner` is the document that
    it was drawn from, `language` that document's. `suffix` is that of the image's file.
    """

    owner: str
    language: str
    relevant: tuple[str, ...]
    text: str = ""
    image: bytes | None = None
    suffix: str = ""
    exclude: tuple[str, ...] = ()
