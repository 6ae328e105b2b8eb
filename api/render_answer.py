"""The blocks of an answer on a terminal: steps as a list, tables in Markdown, notes in colour."""

from __future__ import annotations

from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from search.blocks import Block, runs
from search.results import Answer


def print_said(console: Console, answer: Answer) -> None:
    """What an answer says: its blocks, or its text where it has none."""
    if not answer.blocks:
        console.print(Text(answer.text))
    for place, block in enumerate(answer.blocks):
        if place:
            console.print()
        _print_block(console, block)


def _print_block(console: Console, block: Block) -> None:
    if block.kind == "note":
        console.print(Text(block.sentences[0].text, style="yellow"))
    elif block.kind == "steps":
        for place, step in enumerate(block.sentences, start=1):
            last = place == len(block.sentences) and not block.more
            text = f"{step.text} {_marks(block.citations)}" if last else step.text
            console.print(_step(step.number, text))
        _print_more(console, block, "step")
    elif block.kind == "table":
        console.print(_table(block))
        _print_more(console, block, "row")
    else:
        said = (f"{text} {_marks(numbers)}".rstrip() for text, numbers in runs(block.sentences))
        console.print(Text(" ".join(said)))


def _step(number: str, text: str) -> Table:
    grid = Table.grid(padding=(0, 1, 0, 0))
    grid.add_row(Text(number or "-"), Text(text))
    return grid


def _table(block: Block) -> Table:
    table = Table(box=box.MARKDOWN, header_style="bold", show_edge=False)
    for name in block.header:
        table.add_column(Text(name))
    for row in block.rows:
        table.add_row(*(Text(cell.replace("|", "\\|")) for cell in row))
    return table


def _print_more(console: Console, block: Block, noun: str) -> None:
    marks = _marks(block.citations)
    if block.more:
        plural = "" if block.more == 1 else "s"
        line = Text(f"… {block.more} more {noun}{plural} on the page {marks}", style="dim")
        console.print(Padding(line, (0, 0)))
    elif block.kind == "table":
        console.print(Text(marks))


def _marks(numbers: Sequence[int]) -> str:
    return "".join(f"[{number}]" for number in numbers)
