"""The structure of a passage: sentences, list items, table rows, titles."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

_SENTENCE = re.compile(
    r"(?<=[.!?])\s+(?=[\"'“‘(\[]?[A-Z\u4e00-\u9fff])|(?<=[。！？])(?=[^”’」』）])"
)
_ITEM = re.compile(
    r"\s*(?P<number>\d{1,3}[.)、](?!\d)|[-*•](?=\s)|[（(]?[一二三四五六七八九十\d]+[）)、])\s*"
)
_NUMBER = re.compile(r"\d{1,3}")
_CELLS = re.compile(r" \| |^\| ")
_ENDS = (".", "!", "?", "。", "！", "？", ":", "：", ";", "；", "…", "”", '"', ")", "）", ",", "，")
_COUNTER = re.compile(
    r"(?:figure|step|图|第)\s*\d+(?:\s*步)?\s*(?:of|，|,|/|\.)[^.。]*[.。]?", re.I
)
_TITLE_WORDS = 8


class Form(StrEnum):
    """What a unit of a passage is."""

    SENTENCE = "sentence"
    ITEM = "item"
    ROW = "row"
    TITLE = "title"


@dataclass(frozen=True, slots=True)
class Unit:
    """A sentence, an item of a list, a row of a table, a title between paragraphs, or code.

    `number` is that of an item, as its page writes it, such as "2."; `text` has the rest.
    """

    text: str
    form: Form = Form.SENTENCE
    number: str = ""

    @property
    def count(self) -> int:
        """The number of an item; 0 for anything without one."""
        found = _NUMBER.search(self.number)
        return int(found[0]) if found else 0

    @property
    def loose(self) -> bool:
        """Whether it is an item of a list whose order says nothing."""
        return self.form is Form.ITEM and not self.count

    @property
    def whole(self) -> str:
        """The unit as its page has it."""
        return f"{self.number} {self.text}" if self.number else self.text

    @property
    def unfinished(self) -> bool:
        """Whether it ends like no sentence, as before a new page."""
        return not self.text.endswith(_ENDS)

    @property
    def introduces(self) -> bool:
        """Whether it ends with a colon, as what leads in a list or a table does."""
        return self.text.endswith((":", "："))

    @property
    def asks(self) -> bool:
        """Whether it is a question, as the entries of an FAQ begin with one."""
        return self.text.endswith(("?", "？"))


def units(line: str) -> list[str]:
    """The sentences of running text; items of lists and lines of their own as they stand."""
    found: list[str] = []
    for text in line.splitlines():
        if _ITEM.match(text):
            found.append(text.strip())
        else:
            found += _sentences(text)
    return found


def outline(text: str) -> list[Unit]:
    """The units of a passage in reading order.

    Lines that follow each other without a blank one are items of a list, or rows of a table
    where they have cells; code, most of whose lines begin with no capital, is one unit. Titles,
    and counters such as "Step 3 of 6." between steps, are told from sentences.
    """
    paragraphs = [part.strip("\n") for part in re.split(r"\n[ \t]*\n", text) if part.strip()]
    found: list[Unit] = []
    for place, paragraph in enumerate(paragraphs):
        lines = [line for line in paragraph.splitlines() if line.strip()]
        last = place == len(paragraphs) - 1
        if len(lines) > 1:
            found += _lined(lines)
        elif not last and _is_title(lines[0]):
            found.append(Unit(lines[0].strip(), Form.TITLE))
        else:
            found += _line(lines[0], alone=True)
    return found


def cells(row: str) -> list[str]:
    """The cells of a row as it is stored, `Header: value` in each or values alone."""
    return [cell.strip() for cell in _CELLS.split(row) if cell.strip()]


def joined(parts: Sequence[str]) -> str:
    """The text of neighbouring passages, with what was cut between them as it was.

    A row, an item or a sentence that is cut in two is put together again.
    """
    text = ""
    for part in parts:
        text += (_gap(text, part) if text else "") + part
    return text


def _gap(before: str, after: str) -> str:
    above = before.rsplit("\n", 1)[-1]
    lines = after.split("\n", 2)
    if _is_row(above):
        rest = not _is_row(lines[0]) and len(lines) > 1 and _is_row(lines[1])
        if after.startswith("|") or rest:
            return " "
        return "\n" if _is_row(lines[0]) else "\n\n"
    if _ITEM.match(above) and _ITEM.match(lines[0]):
        return "\n"
    cut = lines[0][:1].islower() and not above.rstrip().endswith(_ENDS)
    return " " if cut else "\n\n"


def _lined(lines: Sequence[str]) -> list[Unit]:
    structured = any(_is_row(line) or _ITEM.match(line) for line in lines)
    plain = [line.lstrip()[:1] for line in lines]
    lower = sum(not (sign.isupper() or sign.isdigit() or ord(sign) > 0x2000) for sign in plain)
    if not structured and 2 * lower > len(lines):
        return [Unit("\n".join(line.rstrip() for line in lines))]
    found: list[Unit] = []
    for line in lines:
        found += _line(line, alone=structured)
    return found


def _line(line: str, alone: bool) -> list[Unit]:
    """`alone` says that a line without number or cells is running text, not an item."""
    if _is_row(line):
        return [Unit(line.strip(), Form.ROW)]
    if item := _ITEM.match(line):
        number = item["number"] if _NUMBER.search(item["number"]) or len(item["number"]) > 1 else ""
        text = line[item.end() :].strip()
        return [Unit(text, Form.ITEM, number)] if text else []
    if _COUNTER.fullmatch(line.strip()):
        return [Unit(line.strip(), Form.TITLE)]
    if not alone:
        return [Unit(line.strip(), Form.ITEM)]
    return [Unit(sentence) for sentence in _sentences(line)]


def _sentences(line: str) -> list[str]:
    return [part.strip() for part in _SENTENCE.split(line) if part.strip()]


def _is_row(line: str) -> bool:
    return _CELLS.search(line) is not None


def _is_title(line: str) -> bool:
    words = line.split()
    named = _COUNTER.fullmatch(line.strip()) is not None
    short = len(words) <= _TITLE_WORDS and not line.rstrip().endswith(_ENDS)
    return named or (short and not _is_row(line) and not _ITEM.match(line))
