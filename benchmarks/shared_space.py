"""What the shared space adds: do images and texts mix, and does the lane find more?

Mixing: the share of chunks of the query's own modality among the ten nearest, centred and not,
against their share of the index, for captions, screenshots, and both together. Lane: fused
figures without and with it, the same queries both ways, with a 95 % bootstrap interval of the
difference. Queries of words and an image: early, late and hybrid fusion.

    python -m benchmarks.shared_space DATA FOLDER [--clip MODEL] [--every N] [--only NAME …]

Indexes are made in FOLDER, from the manuals (with and without captions), StackFAQ and the
SeaMonkey tickets in DATA, and used again.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

import numpy as np

from benchmarks.screenshots import change, changed
from indexer.building.build import build
from indexer.building.progress import Silent
from indexer.config import Limits, Ranking, Settings, load_settings
from indexer.encoders.base import Encoder
from indexer.encoders.choose import encoder_of
from indexer.images import decode
from indexer.lanes import CLIP
from indexer.records import Modality, StoredChunk
from indexer.store.base import Selection
from indexer.store.index import Index
from search.engine import Engine
from search.evaluate import FUSED, evaluate
from search.prepare import Vector
from search.qrels import JudgedQuery, read_queries
from search.shared import shared_lane

K = 10
SHOWN = ("recall@1", "recall@5", "recall@10", "mrr@10")
MIXINGS: tuple[Literal["early", "late", "hybrid"], ...] = ("early", "late", "hybrid")

Scores = dict[str, dict[str, float]]


@dataclass(frozen=True, slots=True)
class Bench:
    """Where data and indexes lie, and the settings of both."""

    data: Path
    folder: Path
    settings: Settings
    every: int

    def index(self, name: str) -> Path:
        """The index of a source, made where it is not there. `plain` manuals have no captions."""
        sources = {
            "manuals": self.data / "manuals",
            "plain": self.data / "manuals",
            "faq": self.data / "questions" / "stackfaq" / "docs.jsonl",
            "tickets": self.data / "tickets" / "seamonkey",
        }
        root = self.folder / name
        build([sources[name]], root, self.settings, name != "plain", Silent())
        return root

    def queries(self, *parts: str, images: str = "") -> list[JudgedQuery]:
        path = self.data.joinpath("questions", *parts)
        return list(read_queries(path, self.data / images))[:: self.every]

    def scores(self, index: Path, queries: Sequence[JudgedQuery], ranking: Ranking) -> Scores:
        """Fused scores by query and measure."""
        settings = self.settings.model_copy(update={"ranking": ranking})
        with closing(Engine.open(index, settings)) as engine:
            found = evaluate(engine, queries, (1, 5, 10), lambda: None).per_query[FUSED]
        return {query: dict(scores) for query, scores in found.items()}


def screenshots(bench: Bench) -> list[JudgedQuery]:
    return bench.queries("screenshot2page.jsonl", images="manuals")


def headed(bench: Bench, queries: Sequence[JudgedQuery]) -> list[JudgedQuery]:
    """Screenshots asked with the heading they stand under."""
    lines = (bench.data / "questions" / "screenshot2page.jsonl").read_text("utf-8").splitlines()
    headings = {line["id"]: line["heading"] for line in map(json.loads, lines)}
    return [replace(query, text=headings[query.id]) for query in queries]


def captions(bench: Bench) -> list[JudgedQuery]:
    return bench.queries("caption2image.jsonl")


def pictured(bench: Bench, queries: Sequence[JudgedQuery], folder: Path) -> list[JudgedQuery]:
    """Captions asked with a changed copy of the image they name."""
    found = []
    for number, query in enumerate(queries):
        path = folder / f"{query.id}.jpg"
        data = (bench.data / "manuals" / query.relevant[0]).read_bytes()
        path.write_bytes(change(data, dark=number % 3 == 0))
        found.append(replace(query, image=path))
    return found


def compare(name: str, before: Scores, after: Scores) -> None:
    """Print figures and the paired difference of every measure."""
    parts = []
    for measure in SHOWN:
        one, two = (np.array([run[id][measure] for id in before]) for run in (before, after))
        rng = np.random.default_rng(0)
        gain = (two - one)[rng.integers(0, len(one), (2000, len(one)))].mean(1)
        low, high = np.percentile(gain, [2.5, 97.5])
        parts.append(f"{measure} {one.mean():.3f} → {two.mean():.3f} [{low:+.3f}, {high:+.3f}]")
    print(f"{name:36} n = {len(before):3}  {'  '.join(parts)}", flush=True)


def report_mixing(bench: Bench) -> None:
    """Print how many of the nearest chunks are texts, a query's own image left out."""
    shots = screenshots(bench)
    asked = {"words": captions(bench), "image": shots, "words and image": headed(bench, shots)}
    with Index.open(bench.index("manuals")) as index:
        counts = index.manifest.counts["modality"]
        print(f"share of texts in the index: {counts['text'] / sum(counts.values()):.3f}")
        encoder = encoder_of(index.spaces[CLIP], bench.settings, bench.index("manuals"))
        for name, queries in asked.items():
            parts = [encoded(encoder, query) for query in queries]
            chosen = [index.select((), query.exclude) for query in queries]
            for centre, mixing in product((False, True), MIXINGS if " " in name else MIXINGS[:1]):
                ranking = Ranking(centre=centre, mixing=mixing, depth=50)
                found = [
                    chunk.modality is Modality.TEXT
                    for part, selection in zip(parts, chosen, strict=True)
                    for chunk in nearest(index, part, ranking, selection)
                ]
                print(
                    f"{name:16} n = {len(queries):3}  centring {'on' if centre else 'off':3} "
                    f"{mixing:6}  texts among the nearest {K}: {np.mean(found):.3f}",
                    flush=True,
                )


def encoded(encoder: Encoder, query: JudgedQuery) -> dict[Modality, Vector]:
    """The parts of a query in the shared space."""
    parts: dict[Modality, Vector] = {}
    if query.image:
        image = decode(query.image.read_bytes(), Limits())
        parts[Modality.IMAGE] = encoder.encode_images([image])[0]
    if query.text:
        parts[Modality.TEXT] = encoder.encode_queries([query.text])[0]
    return parts


def nearest(
    index: Index, parts: dict[Modality, Vector], ranking: Ranking, selection: Selection | None
) -> list[StoredChunk]:
    """The K best chunks of the lane."""
    lane = shared_lane(index, parts, ranking, selection)
    return index.get([near.id for near in lane[:K]])


def report_lane(bench: Bench) -> None:
    """Print every set of questions without the lane, and with it."""
    on = bench.settings.ranking
    none = {"clip": 0.0}
    off = on.model_copy(
        update={
            "question": on.question.model_copy(update=none),
            "screenshot": on.screenshot.model_copy(update=none),
        }
    )
    shots = screenshots(bench)
    with TemporaryDirectory() as folder:
        sets = {
            "screenshot → page, left out": ("manuals", shots),
            "screenshot → page, changed": ("manuals", changed(shots, Path(folder))),
            "caption → image": ("plain", captions(bench)),
            "question → FAQ thread": ("faq", bench.queries("stackfaq", "queries.jsonl")),
            "ticket → duplicates": ("tickets", bench.queries("duplicates.jsonl")),
        }
        for name, (index, queries) in sets.items():
            root = bench.index(index)
            compare(name, bench.scores(root, queries, off), bench.scores(root, queries, on))


def report_fusion(bench: Bench) -> None:
    """Print queries of words and an image: early against late and hybrid, and against a part."""
    shots = screenshots(bench)
    with TemporaryDirectory() as folder, TemporaryDirectory() as second:
        copies = changed(shots, Path(folder))
        sets = {
            "left out + heading": ("manuals", headed(bench, shots)),
            "changed + heading": ("manuals", headed(bench, copies)),
            "caption + changed copy": ("plain", pictured(bench, captions(bench), Path(second))),
        }
        for name, (index, queries) in sets.items():
            root = bench.index(index)
            figures = {
                mixing: bench.scores(
                    root, queries, bench.settings.ranking.model_copy(update={"mixing": mixing})
                )
                for mixing in MIXINGS
            }
            for mixing in MIXINGS[1:]:
                compare(f"{name}: early → {mixing}", figures["early"], figures[mixing])


REPORTS: dict[str, Callable[[Bench], None]] = {
    "mixing": report_mixing,
    "lane": report_lane,
    "fusion": report_fusion,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--clip", help="the model of the shared space; by default the settings'")
    parser.add_argument("--every", type=int, default=1, help="take every Nth query")
    parser.add_argument("--only", nargs="*", choices=list(REPORTS), default=list(REPORTS))
    options = parser.parse_args()
    settings = load_settings()
    if options.clip:
        models = settings.models.model_copy(update={"clip": options.clip})
        settings = settings.model_copy(update={"models": models})
    bench = Bench(options.data, options.folder, settings, options.every)
    for name in options.only:
        REPORTS[name](bench)


if __name__ == "__main__":
    main()
