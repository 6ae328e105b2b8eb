"""What does an adapter gain, learnt from questions and what answered them?

StackFAQ, answers alone, five folds by thread, the text lane before and after: once plain, every
answer cut after 150 words and a thread ranked by its best piece, as the baselines of this set
are; once through an index of a file for each answer, or with --merged for each thread.
Banking77: 10 examples of each intent are the index and, each with the others of its intent as
what is right, the pairs; nearest example of the test questions, the adapter on these alone.

    python -m benchmarks.tune STACKFAQ_FOLDER BANKING77_FOLDER [--draws 4] [--merged]
"""

from __future__ import annotations

import argparse
import csv
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexer.align.examples import Examples
from indexer.align.learn import cross_validate, learn
from indexer.align.pool import Pool
from indexer.align.trial import Change
from indexer.align.tune import tune
from indexer.building.build import build
from indexer.building.progress import Silent
from indexer.config import Settings, load_settings
from indexer.encoders.base import Space
from indexer.encoders.choose import text_encoder
from indexer.lanes import TEXT
from indexer.records import Vectors

SHOTS = 10
PIECE = 150

Labels = NDArray[np.int64]


def plain(folder: Path, settings: Settings) -> None:
    encoder = text_encoder(settings)
    space = Space(TEXT, encoder.name, encoder.model, encoder.dim, encoder.fingerprint)
    threads = lines_of(folder / "docs.jsonl")
    numbers = {thread["id"]: number for number, thread in enumerate(threads)}
    pieces: list[str] = []
    owners: list[int] = []
    for number, thread in enumerate(threads):
        for words in (answer.split() for answer in thread["answers"]):
            pieces += [" ".join(words[i : i + PIECE]) for i in range(0, len(words), PIECE)]
            owners += [number] * (len(pieces) - len(owners))
    pool = Pool(encoder.encode_texts(pieces), np.array(owners), {})
    queries = lines_of(folder / "queries.jsonl")
    wanted = np.array([numbers[query["relevant"][0]] for query in queries])
    right = tuple(np.flatnonzero(pool.owners == number) for number in wanted)
    none = (np.empty(0, np.int64),) * len(queries)
    vectors = encoder.encode_queries([query["text"] for query in queries])
    worth = cross_validate(Examples(vectors, right, none, wanted, wanted), pool, space)
    print(f"StackFAQ, plain: {len(queries)} questions, {len(pieces)} pieces")
    show(worth.known)


def stackfaq(folder: Path, settings: Settings, merged: bool) -> None:
    with TemporaryDirectory() as scratch:
        source, root = Path(scratch, "answers"), Path(scratch, "index")
        source.mkdir()
        files: dict[str, list[str]] = {}
        for thread in lines_of(folder / "docs.jsonl"):
            texts = ["\n\n".join(thread["answers"])] if merged else thread["answers"]
            files[thread["id"]] = [f"{thread['id']}-{i}.txt" for i in range(len(texts))]
            for name, text in zip(files[thread["id"]], texts, strict=True):
                (source / name).write_text(text, encoding="utf-8")
        build([source], root, settings, True, Silent())
        pairs = Path(scratch, "pairs.jsonl")
        with pairs.open("w", encoding="utf-8") as file:
            for query in lines_of(folder / "queries.jsonl"):
                (thread,) = query["relevant"]
                pair = {"text": query["text"], "relevant": files[thread], "group": thread}
                print(json.dumps(pair), file=file)
        start = perf_counter()
        found = tune(root, pairs, settings)
        said = "installed" if found.installed else "refused"
        print(f"StackFAQ, index: {said} after {perf_counter() - start:.0f} s")
        show(found.worth.known)


def lines_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def banking(folder: Path, settings: Settings, draws: int) -> None:
    encoder = text_encoder(settings)
    space = Space(TEXT, encoder.name, encoder.model, encoder.dim, encoder.fingerprint)
    train, test = (rows_of(folder / f"{name}.csv") for name in ("train", "test"))
    names = sorted(set(train[1]))
    labels, wanted = (np.array([names.index(name) for name in part[1]]) for part in (train, test))
    asked = encoder.encode_queries(test[0])
    gains: dict[str, list[float]] = {}
    for draw in range(draws):
        rng = np.random.default_rng(draw)
        chosen = np.concatenate(
            [rng.permutation(np.flatnonzero(labels == i))[:SHOTS] for i in range(len(names))]
        )
        shown, intents = encoder.encode_queries([train[0][i] for i in chosen]), labels[chosen]
        examples, pool = few_shot(shown, intents)
        untuned = nearest(asked, shown, intents, wanted)
        worth = cross_validate(examples, pool, space, closed=True)
        said = [f"untuned {untuned:.4f}"]
        for name, one in (("metric alone", replace(worth, strength=0.0)), ("chosen", worth)):
            mapped = learn(examples, pool, space, one).apply(asked)
            tuned = nearest(mapped, shown, intents, wanted)
            gains.setdefault(name, []).append(tuned - untuned)
            said.append(f"{name} {tuned:.4f}")
        print(f"Banking77, draw {draw}: {', '.join(said)}, memory {worth.strength}", flush=True)
    for name, values in gains.items():
        print(f"  {name}: {100 * np.mean(values):+.2f} points (sd {100 * np.std(values):.2f})")


def rows_of(path: Path) -> tuple[list[str], list[str]]:
    """Texts and categories."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return [row["text"] for row in rows], [row["category"] for row in rows]


def few_shot(shown: Vectors, intents: Labels) -> tuple[Examples, Pool]:
    """Every example as a question whose answers are the other examples of its intent."""
    numbers = np.arange(len(shown))
    right = tuple(np.flatnonzero((intents == intents[i]) & (numbers != i)) for i in numbers)
    out = tuple(np.array([i]) for i in numbers)
    return Examples(shown, right, out, intents, numbers), Pool(shown, numbers, {})


def nearest(asked: Vectors, shown: Vectors, intents: Labels, wanted: Labels) -> float:
    """The share of questions whose nearest example has their intent."""
    return float((intents[(asked @ shown.T).argmax(axis=1)] == wanted).mean())


def show(changes: Mapping[str, Change]) -> None:
    for name, change in changes.items():
        gain = change.after - change.before
        print(
            f"  {name} {change.before:.4f} to {change.after:.4f}: {gain:+.4f} "
            f"({change.low:+.4f} to {change.high:+.4f}), p {change.chance:.4f}"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("stackfaq", type=Path)
    parser.add_argument("banking77", type=Path)
    parser.add_argument("--draws", type=int, default=4)
    parser.add_argument("--merged", action="store_true")
    options = parser.parse_args()
    settings = load_settings()
    plain(options.stackfaq, settings)
    stackfaq(options.stackfaq, settings, options.merged)
    banking(options.banking77, settings, options.draws)


if __name__ == "__main__":
    main()
