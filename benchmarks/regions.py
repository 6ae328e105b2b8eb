"""Is a changed copy of an image recognised among all images, and how sure is that?

Every Nth image of a folder is changed in each of the ways of benchmarks/copies.py, inverted and
cut to 30 % of its area, and looked for among all images of the folder and `--among` others, by
local features and a comparison of the best alone. R@1 is judged on content: images with the same
bytes are one. "Same" is the share of queries for which the lane says that it is the very image,
rightly and wrongly; "without" is the share for which it says so although the image is left out.

    python -m benchmarks.regions IMAGES [--every N] [--among FOLDER] [--others N]
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from time import process_time

import numpy as np
from PIL import Image

from benchmarks.copies import CHANGES
from benchmarks.screenshots import part
from indexer.cache import content_key
from indexer.config import Limits
from indexer.images import SUFFIXES, decode, thumbnail
from indexer.regions.extract import ASKED, STORED, extract
from indexer.regions.features import Features
from indexer.store.regions import Regions, find_seen, write_regions
from search.compare import Grey
from search.recognise import LOOKED_AT, read_preview
from search.regions import sightings
from search.verify import CHECKED, RIVAL, Verified, verify

EVERYTHING = "cut, scaled, inverted"
PART = "30 % of the area"


@dataclass(frozen=True, slots=True)
class Judged:
    """What came of one query: right at rank 1, said to be the same, CPU milliseconds."""

    right: bool
    same: bool
    without: bool
    took_ms: float


def changed(image: Image.Image, name: str, random: Random) -> Image.Image:
    if name == PART:
        return part(image, random)
    if name == EVERYTHING:
        return CHANGES["dark mode"](CHANGES["messenger"](image, random), random)
    return CHANGES[name](image, random)


def paths(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() in SUFFIXES:
            yield path


@dataclass(frozen=True, slots=True)
class Indexed:
    """Images as an index has them: their features, and their previews by row."""

    regions: Regions
    previews: Mapping[int, bytes]

    def look(
        self, image: Image.Image, asked: Features, without: int | None = None
    ) -> list[Verified[int]]:
        """What the image was sighted on, by row, best first; never on the row `without`."""
        mask = np.ones(int(self.regions.rows.max()) + 1, np.bool_)
        if without is not None:
            mask[without] = False
        found = find_seen([self.regions], [mask], asked, LOOKED_AT)
        candidates = [(seen.rows[0], seen.features) for seen in found]
        return verify(image, sightings(asked, candidates, CHECKED, RIVAL), self.preview)

    def preview(self, row: int) -> Grey | None:
        return read_preview(BytesIO(self.previews[row]))


def judge(indexed: Indexed, image: Image.Image, own: int) -> Judged:
    """`own` is the row of the original."""
    began = process_time()
    asked = extract(image, ASKED)
    found = indexed.look(image, asked)
    took = 1000 * (process_time() - began)
    right = bool(found) and found[0].what == own
    left = indexed.look(image, asked, own)
    return Judged(right, bool(found) and found[0].same, bool(left) and left[0].same, took)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("images", type=Path)
    parser.add_argument("--every", type=int, default=1, help="ask with every Nth image")
    parser.add_argument("--among", type=Path, help="folder of more images, never asked for")
    parser.add_argument("--others", type=int, default=300, help="how many of these")
    options = parser.parse_args()
    files = list(paths(options.images))
    others = list(paths(options.among))[: options.others] if options.among else []
    stored: dict[int, Features] = {}
    previews: dict[int, bytes] = {}
    first: dict[str, int] = {}
    for row, path in enumerate([*files, *others]):
        data = path.read_bytes()
        if first.setdefault(content_key(data), row) == row:
            image = decode(data, Limits())
            stored[row], previews[row] = extract(image, STORED), thumbnail(image)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "regions.bin"
        write_regions(path, {row: features for row, features in stored.items() if len(features)})
        print(
            f"{len(first)} images, {path.stat().st_size / len(first):,.0f} bytes each", flush=True
        )
        indexed = Indexed(Regions(path), previews)
        for name in [*CHANGES, EVERYTHING, PART]:
            random = Random(1)
            judged = []
            for file in files[:: options.every]:
                data = file.read_bytes()
                image = changed(decode(data, Limits()), name, random)
                judged.append(judge(indexed, image, first[content_key(data)]))
            print(
                f"{name:22} n = {len(judged):3}  R@1 {np.mean([j.right for j in judged]):.3f}  "
                f"same {np.mean([j.same for j in judged]):.3f}  "
                f"wrongly {np.mean([j.same and not j.right for j in judged]):.3f}  "
                f"without {np.mean([j.without for j in judged]):.3f}  "
                f"CPU p50 {np.median([j.took_ms for j in judged]):.0f} ms",
                flush=True,
            )


if __name__ == "__main__":
    main()
