"""The parts of an answer: paragraphs, steps, tables and notes, with their citations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

BlockKind = Literal["paragraph", "steps", "table", "note"]


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence or a step with the numbers of the citations that say it.

    `number` is that of a step as its page writes it ("2."), empty for an item without one.
    """

    text: str
    citations: tuple[int, ...]
    number: str = ""


@dataclass(frozen=True, slots=True)
class Block:
    """A part of an answer.

    A paragraph and a note have sentences; steps have one for each step; a table has a header,
    whose cells are empty where the page names none, and rows of as many cells. `more` counts
    the steps behind these on the page, or its rows that match as well. A note says
    something about the sources, and names them by their numbers.
    """

    kind: BlockKind
    citations: tuple[int, ...]
    sentences: tuple[Sentence, ...] = ()
    header: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    more: int = 0


def note(text: str, citations: Sequence[int]) -> Block:
    """A note about some of the sources."""
    numbers = tuple(citations)
    return Block("note", numbers, (Sentence(text, numbers),))


def runs(sentences: Sequence[Sentence]) -> list[tuple[str, tuple[int, ...]]]:
    """Running text, cut where the citations change, so that each is written once."""
    found: list[tuple[str, tuple[int, ...]]] = []
    for sentence in sentences:
        if found and found[-1][1] == sentence.citations:
            text = found[-1][0]
            found[-1] = (text + gap(text) + sentence.text, sentence.citations)
        else:
            found.append((sentence.text, sentence.citations))
    return found


def gap(text: str) -> str:
    """What stands between `text` and a sentence behind it: nothing in Chinese."""
    return "" if text.endswith(("。", "！", "？", "：")) else " "
