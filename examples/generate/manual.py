"""Prints the manual of the coffee machine: HTML chapters → one PDF."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pypdfium2

from examples.generate.browser import Painter
from examples.generate.facts import read_toml
from examples.generate.places import KNOWLEDGE, output
from examples.generate.templates import data_uri, render

_DATE = rb"D:20260105090000+00'00'"
_DATED = re.compile(rb"/(CreationDate|ModDate) \(D:[^)]*\)")
_NUMBERED = re.compile(r"^(\d+(?:\.\d+)?)\s*(.+)$")


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the contents. `level` is 1 for chapters, 2 for sections."""

    level: int
    number: str
    title: str
    page: int


def print_manual(painter: Painter, figures: Path) -> None:
    """Write `brewer/manual.pdf`. Printed twice: the first pass finds the page numbers."""
    layout = read_toml("manual.toml")
    pictures = {name: data_uri(KNOWLEDGE / path) for name, path in layout["pictures"].items()}
    pictures |= {path.stem: data_uri(path) for path in sorted(figures.glob("*.jpg"))}
    values: dict[str, Any] = {"chapters": layout["chapters"], "pictures": pictures}
    draft = painter.pdf(_html(values, []))
    # A draft whose contents take as many lines as the real ones, so that no page moves.
    draft = painter.pdf(_html(values, contents(draft)))
    data = painter.pdf(_html(values, contents(draft)))
    output(KNOWLEDGE, "brewer/manual.pdf").write_bytes(_same_date(data))


def contents(pdf: bytes) -> list[Entry]:
    """Chapters and sections with their pages, from the outline of the printed PDF."""
    document = pypdfium2.PdfDocument(pdf)
    entries = []
    for mark in document.get_toc():
        match = _NUMBERED.match(mark.get_title())
        target = mark.get_dest()
        if match and target is not None:
            level = 2 if "." in match[1] else 1
            entries.append(Entry(level, match[1], match[2].strip(), target.get_index() + 1))
    document.close()
    return entries


def _html(values: dict[str, Any], entries: list[Entry]) -> str:
    return render("manual/manual.html", "en", {**values, "contents": entries})


def _same_date(pdf: bytes) -> bytes:
    """The PDF with a fixed date of the same length, so that a rerun gives the same bytes."""

    def fixed(match: re.Match[bytes]) -> bytes:
        room = len(match[0]) - len(match[1]) - len(b"/ ()")
        return b"/%s (%s)" % (match[1], _DATE[:room].ljust(room))

    return _DATED.sub(fixed, pdf)
