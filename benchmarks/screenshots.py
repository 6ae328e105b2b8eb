"""Does a screenshot find the page that shows it, per manual and under three protocols?

`excluded`: the query image is left out of the index, so only its page's words and its
neighbours can find the page. `changed`: the image stays in, and a changed copy is asked:
cropped by a tenth, scaled to 70 %, recompressed as JPEG of quality 40, every third one with
its colours inverted as a dark mode would. `crop`: a random part with 30 % of the area is asked.

    python -m benchmarks.screenshots INDEX QUERIES.jsonl ROOT [--every N]
"""

from __future__ import annotations

import argparse
import io
from dataclasses import replace
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from PIL import Image, ImageOps

from indexer.config import Limits, load_settings
from indexer.images import decode
from search.engine import Engine
from search.evaluate import FUSED, evaluate
from search.qrels import JudgedQuery, read_queries


def change(data: bytes, dark: bool) -> bytes:
    """A changed copy of an encoded image, as JPEG."""
    image = decode(data, Limits())
    width, height = image.size
    box = (width // 20, height // 20, width - width // 20, height - height // 20)
    small = image.crop(box).resize((max(1, width * 7 // 10), max(1, height * 7 // 10)))
    out = io.BytesIO()
    (ImageOps.invert(small) if dark else small).save(out, "JPEG", quality=40)
    return out.getvalue()


def part(image: Image.Image, random: Random) -> Image.Image:
    """A part at a random place with 30 % of the area of an image, of about its shape."""
    width = 0.3**0.5 * random.uniform(0.75, 1.33)
    height = 0.3 / width
    left, top = random.random() * (1 - width), random.random() * (1 - height)
    edges = (left, top, left + width, top + height)
    sides = (image.width, image.height) * 2
    x0, y0, x1, y1 = (round(edge * side) for edge, side in zip(edges, sides, strict=True))
    return image.crop((x0, y0, max(x1, x0 + 1), max(y1, y0 + 1)))


def cropped(queries: list[JudgedQuery], folder: Path) -> list[JudgedQuery]:
    """The same queries with 30 % of their images, as PNG, and nothing excluded."""
    random = Random(0)
    found = []
    for query in queries:
        if query.image is None:
            continue
        path = folder / f"{query.id}.png"
        part(decode(query.image.read_bytes(), Limits()), random).save(path)
        found.append(replace(query, image=path, exclude=frozenset()))
    return found


def changed(queries: list[JudgedQuery], folder: Path) -> list[JudgedQuery]:
    """The same queries with changed copies of their images, and nothing excluded."""
    found = []
    for number, query in enumerate(queries):
        if query.image is None:
            continue
        path = folder / f"{query.id}.jpg"
        path.write_bytes(change(query.image.read_bytes(), dark=number % 3 == 0))
        found.append(replace(query, image=path, exclude=frozenset()))
    return found


def report(engine: Engine, name: str, queries: list[JudgedQuery]) -> None:
    """Print fused figures of all queries, then of each manual."""
    manuals = sorted({query.relevant[0].split("/")[0] for query in queries})
    parts = [("all", queries)]
    parts += [(m, [q for q in queries if q.relevant[0].startswith(f"{m}/")]) for m in manuals]
    for manual, part in parts:
        figures = evaluate(engine, part, (1, 5, 10), lambda: None).figures[FUSED]
        line = "  ".join(
            f"{measure} {one.value:.3f} [{one.low:.3f}, {one.high:.3f}]"
            for measure, one in figures.items()
            if measure.startswith("recall")
        )
        print(f"{name:9} {manual:10} n = {len(part):3}  {line}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("index", type=Path)
    parser.add_argument("queries", type=Path)
    parser.add_argument("root", type=Path)
    parser.add_argument("--every", type=int, default=1, help="take every Nth query")
    options = parser.parse_args()
    engine = Engine.open(options.index, load_settings())
    queries = list(read_queries(options.queries, options.root))[:: options.every]
    report(engine, "excluded", queries)
    with TemporaryDirectory() as folder:
        report(engine, "changed", changed(queries, Path(folder)))
        report(engine, "crop", cropped(queries, Path(folder)))
    engine.close()


if __name__ == "__main__":
    main()
