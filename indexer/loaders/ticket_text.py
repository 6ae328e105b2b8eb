"""Values of a ticket's record as text."""

from __future__ import annotations

import re

_TEXT_KEYS = ("body", "text", "content", "message", "answer", "description", "comment", "value")
_BLANK_LINES = re.compile(r"\n[ \t\u3000]*(?:\n[ \t\u3000]*)+")


def metadata_text(value: object) -> str:
    """A scalar, or a list of scalars joined with commas, as one string; else empty."""
    if isinstance(value, list):
        scalar = all(not isinstance(item, list | dict) for item in value)
        return ", ".join(filter(None, map(metadata_text, value))) if scalar else ""
    if value is None or isinstance(value, dict):
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value).strip()


def paragraphs(value: object) -> list[str]:
    """The paragraphs of a value: blank lines part a string, the items of a list follow each other.

    Of an object in a list (an answer with author and votes) the text is taken, or all of its
    strings where no key says which one that is.
    """
    if isinstance(value, list):
        return [text for item in value for text in paragraphs(item)]
    if isinstance(value, dict):
        told = [value[key] for key in _TEXT_KEYS if key in value]
        return paragraphs(told or [v for v in value.values() if isinstance(v, str | list | dict)])
    text = metadata_text(value).replace("\r\n", "\n").replace("\r", "\n")
    return [_tidy(part) for part in _BLANK_LINES.split(text) if part.strip()]


def _tidy(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.strip("\n").split("\n")).strip()
