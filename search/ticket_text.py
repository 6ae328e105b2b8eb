"""What of a long question says what it is about: tickets come with a title, then everything."""

from __future__ import annotations

_LONG = 64
"""Words from which on a typed question is read as a ticket."""

_TITLE = 30
"""No title has more words."""


def readings(text: str) -> list[str]:
    """The texts whose vectors a typed question is searched by: itself, or its title and itself.

    The first line of a ticket says more of it than the template and the log after it, and less
    than both together: SeaMonkey duplicates, benchmarks/fusion.py.
    """
    whole = text.strip()
    title, _, rest = whole.partition("\n")
    ticket = rest and len(whole.split()) >= _LONG and len(title.split()) <= _TITLE
    return [title, whole] if ticket else [whole]
