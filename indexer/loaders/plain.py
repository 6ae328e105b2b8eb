"""Plain text: paragraphs, lists and the headings that can be told for certain."""

from __future__ import annotations

import re
from collections.abc import Iterator

from indexer.config import Settings
from indexer.loaders.base import Report, SourceFile
from indexer.loaders.page import Facts, make_document
from indexer.loaders.text import decode_text, read_bytes
from indexer.records import Block, BlockKind, Document

_UNDERLINE = re.compile(r"^\s*(=+|-+|~+|\*+|#+)\s*$")
_LEVELS = {"=": 1, "#": 1, "*": 1, "-": 2, "~": 3}
_NUMBERED = re.compile(r"^(\d+(?:\.\d+)+)\.?\s+\S.{0,70}$")
_SINGLE = re.compile(r"^(\d+)\.?\s+\S.{0,70}$")
_NAMED = re.compile(r"^(?:chapter|appendix|part|section)\s+[\dA-Z]{1,4}\b[.:]?.{0,60}$", re.I)
_CHINESE = re.compile(r"^第[\d一二三四五六七八九十百零]{1,5}[章节篇部]\s*.{0,40}$")
_ITEM = re.compile(r"^\s*(?:[-*•·+–]|\(?\d{1,3}[.)、]|\(?[a-z][.)])\s*(?=\S)")
_BULLET = re.compile(r"^\s*[-*•·+–]\s+")
_CALLS = frozenset(
    {"WARNING", "CAUTION", "NOTE", "DANGER", "NOTICE", "IMPORTANT", "TIP", "ATTENTION"}
)


class PlainLoader:
    """Reads one text file into one manual page."""

    def __init__(self, settings: Settings) -> None:
        self._limits = settings.limits

    def load(self, file: SourceFile, report: Report) -> Iterator[Document]:
        """Yield the page. Raises BadFile when the file cannot be read as text."""
        data = read_bytes(file.absolute, self._limits)
        text = decode_text(data, file.absolute).replace("\f", "\n\n")
        yield make_document(file, data, text_blocks(text), Facts())


def text_blocks(text: str) -> list[Block]:
    """The blocks of a plain text.

    A heading is an underlined line, or a line that stands alone and is numbered `1.2`, named
    `Chapter 3`, or in capitals. `1. Word` is a heading only where `1.1` occurs too, since it
    may be a step as well.
    """
    groups = [group.split("\n") for group in re.split(r"\n(?:[ \t]*\n)+", text.strip("\n"))]
    chapters = {
        match[1].split(".")[0]
        for group in groups
        if len(group) == 1 and (match := _NUMBERED.match(group[0].strip()))
    }
    blocks: list[Block] = []
    for group in groups:
        lines = [line.rstrip() for line in group if line.strip()]
        if lines:
            blocks += _group_blocks(lines, chapters)
    return blocks


def _group_blocks(lines: list[str], chapters: set[str]) -> Iterator[Block]:
    if len(lines) >= 2 and _is_underlined(lines[0], lines[1]):
        yield Block(BlockKind.HEADING, lines[0].strip(), level=_LEVELS[lines[1].strip()[0]])
        lines = lines[2:]
    elif len(lines) == 1 and (level := _heading_level(lines[0].strip(), chapters)):
        yield Block(BlockKind.HEADING, lines[0].strip(), level=level)
        return
    lines = [line for line in lines if not _UNDERLINE.match(line)]
    if not lines:
        return
    if _ITEM.match(lines[0]) and (len(lines) > 1 or _is_item(lines[0])):
        yield from _items(lines)
    elif all(line.startswith(("    ", "\t")) for line in lines):
        yield Block(BlockKind.CODE, "\n".join(line.expandtabs(4)[4:] for line in lines))
    else:
        yield from _paragraph(lines)


def _is_underlined(line: str, rule: str) -> bool:
    text, rule = line.strip(), rule.strip()
    return (
        bool(_UNDERLINE.match(rule))
        and not _UNDERLINE.match(text)
        and len(rule) >= max(3, len(text) // 2)
        and len(text) <= 100
        and not _BULLET.match(line)
    )


def _heading_level(line: str, chapters: set[str]) -> int:
    """The level of a line that stands alone, 0 where it is not clearly a heading."""
    if line.endswith((".", ",", ";", ":", "。", "；")):
        return 0
    if match := _NUMBERED.match(line):
        return min(match[1].count(".") + 1, 6)
    if (match := _SINGLE.match(line)) and match[1] in chapters:
        return 1
    if _NAMED.match(line) or _CHINESE.match(line):
        return 1
    letters = sum(character.isalpha() for character in line)
    loud = line.isupper() and line.isascii() and len(line) <= 60 and 2 * letters > len(line)
    return 2 if loud and letters >= 4 and line.rstrip("!") not in _CALLS else 0


def _is_item(line: str) -> bool:
    return bool(_BULLET.match(line) or re.match(r"^\s*\(?\d{1,3}[.)、]\s*\S", line))


def _items(lines: list[str]) -> Iterator[Block]:
    """List items; an indented or wrapped line belongs to the item above it."""
    item = ""
    for line in lines:
        if _ITEM.match(line) and item:
            yield Block(BlockKind.LIST_ITEM, item)
            item = ""
        text = _BULLET.sub("", line) if not item else line
        item += (" " if item else "") + " ".join(text.split())
    yield Block(BlockKind.LIST_ITEM, item)


def _paragraph(lines: list[str]) -> Iterator[Block]:
    """Wrapped lines become one; lines that end early, as in a log or an address, stay lines."""
    stripped = [" ".join(line.split()) for line in lines]
    intro = next((n for n, line in enumerate(lines) if n and _is_item(line)), None)
    if intro is not None and stripped[intro - 1].endswith((":", "：")):
        yield from _paragraph(lines[:intro])
        yield from _items(lines[intro:])
        return
    width = max(len(line) for line in stripped)
    wrapped = width <= 120 and all(len(line) >= 0.6 * width for line in stripped[:-1])
    yield Block(BlockKind.PARAGRAPH, (" " if wrapped and width >= 40 else "\n").join(stripped))
