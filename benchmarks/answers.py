"""Is what an answer quotes what the question needs?

With a query file: the share of its questions whose first quoted passage, and any quoted passage,
comes from a right document. With judged answers (lines `{id, text, image, expected}`, images
beside ROOT): the share whose answer contains one of the expected phrases, whatever its case. In
both: the length of answers, how often they note that sources differ or are outdated, and the
milliseconds from the hits to the answer.

benchmarks/answers.jsonl holds 54 judged answers to the sample base, written by its authors.

    python -m benchmarks.answers INDEX QUERIES.jsonl [--root FOLDER] [--most N] [--show]
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import numpy as np

from indexer.config import load_settings
from search.engine import Engine
from search.qrels import read_queries
from search.query import Query
from search.results import Answer


@dataclass(frozen=True, slots=True)
class Judged:
    """A question with right documents, or with phrases of which its answer has one."""

    id: str
    query: Query
    relevant: frozenset[str] = frozenset()
    expected: tuple[str, ...] = ()


def read_judged(path: Path, root: Path | None) -> Iterator[Judged]:
    """The questions of a file. Raises BadQuery."""
    lines = [json.loads(line) for line in path.read_text().splitlines() if line.strip()]
    if not any("expected" in line for line in lines):
        for judged in read_queries(path, root).queries:
            yield Judged(judged.id, judged.query(10), frozenset(judged.relevant))
        return
    for line in lines:
        image = (root or path.parent) / line["image"] if "image" in line else None
        query = Query(line.get("text", ""), image.read_bytes() if image else None)
        yield Judged(line["id"], query, expected=tuple(line["expected"]))


def right(judged: Judged, answer: Answer) -> tuple[bool, bool]:
    """Whether the first passage is right, and whether any is."""
    if not answer.found:
        return False, False
    if judged.expected:
        said = _flat(answer.text)
        has = any(_flat(phrase) in said for phrase in judged.expected)
        return has, has
    quoted = [{c.document, c.document.partition("#")[2], c.asset} for c in answer.citations]
    hits = [bool(names & judged.relevant) for names in quoted]
    return bool(hits and hits[0]), any(hits)


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
    judged = list(read_judged(options.queries, options.root))
    if options.most is not None:
        judged = judged[:: max(1, len(judged) // options.most)][: options.most]
    engine = Engine.open(options.index, load_settings())
    engine.warm_up()
    figures: list[tuple[bool, bool, bool]] = []
    lengths, noted, took = [], 0, []
    for one in judged:
        started = perf_counter()
        answer = engine.answer(one.query)
        ms = (perf_counter() - started) * 1000
        took.append(ms - sum(answer.search.took_ms.values()))
        first, any_of = right(one, answer)
        figures.append((answer.found, first, any_of))
        if answer.found:
            lengths.append(len(answer.text))
        notes = [block for block in answer.blocks if block.kind == "note"]
        noted += bool(notes)
        if options.show or notes:
            print(
                f"== {one.id} {'right' if any_of else 'wrong'}: {one.query.text}\n{answer.text}\n"
            )
    engine.close()
    found, first, any_of = np.array(figures, float).mean(axis=0)
    print(
        f"{len(judged)} questions: answered {found:.3f}, first right {first:.3f}, any {any_of:.3f}"
    )
    print(f"answers p50 {np.median(lengths):.0f} characters, {noted} with notes")
    print(f"hits to answer p50 {np.median(took):.1f}, p90 {np.percentile(took, 90):.1f} ms")


if __name__ == "__main__":
    main()
