"""Writes the Markdown pages of the knowledge base from their templates."""

from __future__ import annotations

from examples.generate.places import HERE, KNOWLEDGE, output
from examples.generate.templates import render

_PAGES = HERE / "pages"


def write_pages() -> None:
    """`pages/PATH.md` → `knowledge/PATH.md`, with the facts of the products filled in."""
    for source in sorted(_PAGES.rglob("*.md")):
        name = source.relative_to(_PAGES).as_posix()
        text = render(f"pages/{name}", "en", {})
        output(KNOWLEDGE, name).write_text(text, encoding="utf-8", newline="\n")
