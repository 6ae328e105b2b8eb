"""Quotes of several passages as the blocks of one answer, nothing said twice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from search.alike import Claim, claim, repeats
from search.blocks import Block, Sentence
from search.outline import Form
from search.quote import Extract
from search.table import make_table

Vector = NDArray[np.float32]

_REPEATED_STEPS = 0.8
"""Steps of a list that an earlier list has, as a share, from which it is the same list."""


@dataclass(frozen=True, slots=True)
class Quoted:
    """What is quoted of the source of that number. `vectors` are those of its units, by text."""

    number: int
    extracts: Sequence[Extract]
    vectors: Mapping[str, Vector]


def compose(quotes: Sequence[Quoted]) -> list[Block]:
    """The blocks of an answer, in the order of its sources.

    A sentence that an earlier one repeats is left out, and its source is named at that one. Of
    a list nothing is left out but the whole.
    """
    blocks: list[Block] = []
    for quoted in quotes:
        earlier = len(blocks)
        for extract in quoted.extracts:
            if extract.form is Form.ROW:
                _add_table(blocks, extract, quoted.number)
            elif extract.form is Form.ITEM:
                _add_steps(blocks, extract, quoted)
            else:
                _add_sentences(blocks, extract, quoted, quotes, earlier)
    return blocks


def verbatim(extracts: Sequence[Extract]) -> str:
    """What is quoted of one passage, as its page has it."""
    text = ""
    for extract in extracts:
        lined = extract.form in (Form.ITEM, Form.ROW)
        joint = "\n" if lined else " "
        rows = joint.join(unit.whole for unit in extract.units)
        text += ("\n" if text else "") + rows
    return text


def _add_table(blocks: list[Block], extract: Extract, number: int) -> None:
    heading = extract.heading.text if extract.heading else None
    header, rows = make_table(heading, [unit.text for unit in extract.units])
    for place, block in enumerate(blocks):
        if block.kind == "table" and (block.header, block.rows) == (header, rows):
            blocks[place] = replace(block, citations=(*block.citations, number))
            return
    table = Block("table", (number,), header=header, rows=rows, more=extract.more)
    blocks.append(table)


def _add_steps(blocks: list[Block], extract: Extract, quoted: Quoted) -> None:
    steps = [claim(unit.text) for unit in extract.units]
    for place, block in enumerate(blocks):
        if block.kind != "steps" or quoted.number in block.citations:
            continue
        known = [claim(sentence.text) for sentence in block.sentences]
        same = sum(any(repeats(one, step, None) for one in known) for step in steps)
        if same >= _REPEATED_STEPS * len(steps):
            blocks[place] = _cited(block, quoted.number)
            return
    sentences = tuple(Sentence(unit.text, (quoted.number,), unit.number) for unit in extract.units)
    blocks.append(Block("steps", (quoted.number,), sentences, more=extract.more))


def _cited(block: Block, number: int) -> Block:
    sentences = tuple(
        replace(sentence, citations=(*sentence.citations, number)) for sentence in block.sentences
    )
    return replace(block, citations=(*block.citations, number), sentences=sentences)


def _add_sentences(
    blocks: list[Block],
    extract: Extract,
    quoted: Quoted,
    quotes: Sequence[Quoted],
    earlier: int,
) -> None:
    """`earlier` counts the blocks of the sources before this one."""
    kept: list[Sentence] = []
    for unit in extract.units:
        if not _repeated(blocks[:earlier], blocks, claim(unit.text), quoted, quotes):
            kept.append(Sentence(unit.text, (quoted.number,)))
    if kept:
        blocks.append(Block("paragraph", (quoted.number,), tuple(kept)))


def _repeated(
    known: Sequence[Block],
    blocks: list[Block],
    said: Claim,
    quoted: Quoted,
    quotes: Sequence[Quoted],
) -> bool:
    """Whether an earlier sentence says this; then the source is named there too."""
    vectors = {text: vector for one in quotes for text, vector in one.vectors.items()}
    for place, block in enumerate(known):
        if block.kind != "paragraph":
            continue
        for number, sentence in enumerate(block.sentences):
            cosine = _cosine(vectors, sentence.text, said.text)
            if not repeats(claim(sentence.text), said, cosine):
                continue
            if quoted.number not in sentence.citations:
                cited = (*sentence.citations, quoted.number)
                sentences = list(blocks[place].sentences)
                sentences[number] = replace(sentence, citations=cited)
                citations = tuple(dict.fromkeys((*blocks[place].citations, quoted.number)))
                blocks[place] = replace(
                    blocks[place], citations=citations, sentences=tuple(sentences)
                )
            return True
    return False


def _cosine(vectors: Mapping[str, Vector], one: str, other: str) -> float | None:
    if one not in vectors or other not in vectors:
        return None
    return float(vectors[one] @ vectors[other])
