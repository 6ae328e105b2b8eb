"""Is what an answer quotes what the question needs?

With a query file: the share of its questions whose first quoted passage, and any quoted passage,
comes from a right document. With judged answers, lines of a query file that also have

    expected   phrases of which the answer has one, whatever its case; none where the documents
               hold no answer, and any answer is wrong
    also       phrases of which it has one too, where two things are asked at once

the share whose answer says what is expected, and of the questions without an answer the share
that are answered. Every other line is of the first half, from which this project learns what to
mend; the second half is held out. Asked with TRIPTYCH_ANSWER__EVIDENCE=0 everything is answered,
which shows what would be quoted whatever the confidence. Besides: the length of answers, how
often they note that sources differ or are outdated, and the milliseconds from the hits to the
answer.

benchmarks/answers.jsonl holds 252 judged questions to the sample base, written by its authors.

    python -m benchmarks.answers INDEX QUERIES.jsonl [--root FOLDER] [--most N] [--show]
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import numpy as np

from indexer.config import load_settings
from search.engine import Engine
from search.qrels import JudgedQuery, read_queries
from search.results import Answer

_FOUND = 10
"""Hits asked for, as on the page."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A question with its right documents, or with the phrases that its answer has to have.

    `needed` holds groups of phrases of which one each is needed; None where documents alone
    are judged.
    """

    query: JudgedQuery
    needed: tuple[tuple[str, ...], ...] | None

    @property
    def answerable(self) -> bool:
        return bool(self.query.relevant)

    def right(self, answer: Answer) -> tuple[bool, bool]:
        """Whether the first passage is right, and whether any is."""
        if not answer.found or not self.answerable:
            return False, False
        relevant = frozenset(self.query.relevant)
        quoted = [{c.document, c.document.partition("#")[2], c.asset} for c in answer.citations]
        hits = [bool(names & relevant) for names in quoted]
        first = bool(hits and hits[0])
        if self.needed is None:
            return first, any(hits)
        said = _flat(answer.text)
        has = all(any(_flat(phrase) in said for phrase in group) for group in self.needed)
        return first and has, has


@dataclass(frozen=True, slots=True)
class Asked:
    """One question with its answer; `ms` is from the hits to the answer."""

    judged: Judged
    answer: Answer
    ms: float


def read_judged(path: Path, root: Path | None) -> list[Judged]:
    """The questions of a file. Raises BadQuery."""
    queries = read_queries(path, root, unanswerable=True)
    lines = [json.loads(line) for line in path.read_text().splitlines() if line.strip()]
    needed = {
        str(line["id"]): tuple(tuple(line[key]) for key in ("expected", "also") if line.get(key))
        for line in lines
        if "expected" in line
    }
    return [Judged(query, needed.get(query.id)) for query in queries]


def ask(engine: Engine, judged: Judged) -> Asked:
    """Raises BadQuery or BadImage."""
    query = judged.query.query(_FOUND)
    started = perf_counter()
    answer = engine.answer(query)
    ms = (perf_counter() - started) * 1000
    return Asked(judged, answer, ms - sum(answer.search.took_ms.values()))


def summary(name: str, asked: Sequence[Asked]) -> str:
    """One line of figures."""
    answerable = [one for one in asked if one.judged.answerable]
    others = [one.answer.found for one in asked if not one.judged.answerable]
    figures = [(one.answer.found, *one.judged.right(one.answer)) for one in answerable]
    found, first, any_of = np.array(figures, float).reshape(-1, 3).mean(axis=0)
    line = f"{name}: {len(answerable)} questions, answered {found:.3f}, right {any_of:.3f}"
    line += f", from the first passage {first:.3f}"
    if others:
        line += f"; {len(others)} without an answer, answered {np.mean(others):.3f}"
    return line


def _flat(text: str) -> str:
    return " ".join(text.split()).casefold()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("index", type=Path)
    parser.add_argument("queries", type=Path)
    parser.add_argument("--root", type=Path)
    parser.add_argument("--most", type=int, default=None, help="ask this many, spread evenly")
    parser.add_argument("--show", action="store_true", help="print every answer")
    options = parser.parse_args()
    judged = read_judged(options.queries, options.root)
    if options.most is not None:
        judged = judged[:: max(1, len(judged) // options.most)][: options.most]
    engine = Engine.open(options.index, load_settings())
    engine.warm_up()
    asked = [ask(engine, one) for one in judged]
    engine.close()
    if options.show:
        for one in asked:
            verdict = "right" if one.judged.right(one.answer)[1] else "wrong"
            print(f"== {one.judged.query.id} {verdict}: {one.judged.query.text}")
            print(f"{one.answer.text}\n")
    print(summary("all", asked))
    if any(one.needed is not None for one in judged):
        print(summary("first half", asked[::2]))
        print(summary("second half", asked[1::2]))
    found = [one.answer for one in asked if one.answer.found]
    noted = sum(any(block.kind == "note" for block in answer.blocks) for answer in found)
    lengths, took = [len(answer.text) for answer in found], [one.ms for one in asked]
    if found:
        print(f"answers p50 {np.median(lengths):.0f} characters, {noted} with notes")
    print(f"hits to answer p50 {np.median(took):.1f}, p90 {np.percentile(took, 90):.1f} ms")


if __name__ == "__main__":
    main()
