"""How good is a shared space at photos, at changed copies, and at captions of figures?

Labels: photos of the `val` split against the labels of their set, without any training on
them. Copies: every image of the manuals, changed, against all images of the manuals and the
photos. Captions: the author's words against all images of the manuals. Intervals are 95 %,
by bootstrap over queries. DATA holds photos/labels.jsonl, manuals/, one folder each, and
questions/caption2image.jsonl.

    python -m benchmarks.starter DATA [--clip MODEL] [--unseen LABEL ...]
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from random import Random
from time import perf_counter

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from benchmarks.copies import CHANGES
from indexer.align.starter.photos import Photo, read_photos
from indexer.config import load_settings
from indexer.encoders.base import Encoder
from indexer.encoders.clip import ClipEncoder
from indexer.images import SUFFIXES, decode
from indexer.records import Vectors
from indexer.store.centres import unit

Ranks = NDArray[np.int64]
BATCH = 32
FORMS = ("{}", "a photo of {}")
ROUNDS = 30
ALIKE = 0.9999
"""Two images of a manual are one picture from this cosine on: manuals show some twice."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--clip", default="starter", help="reference of the CLIP model")
    parser.add_argument("--unseen", nargs="*", default=[], help="labels left out of training")
    options = parser.parse_args()
    encoder = ClipEncoder(options.clip, load_settings().cache, 1)
    photos = read_photos(options.data / "photos")
    manuals = options.data / "manuals"
    figures = sorted(path for path in manuals.rglob("*") if path.suffix.lower() in SUFFIXES)
    for name in sorted({photo.set for photo in photos}):
        part = [photo for photo in photos if photo.set == name]
        report_labels(encoder, name, part, options.unseen)
    report_captions(encoder, figures, options.data)
    others = encode(encoder, opened([photo.image for photo in photos]))
    report_copies(encoder, figures, others, manuals)
    report_time(encoder, figures[0])


def report_labels(
    encoder: Encoder, name: str, photos: Sequence[Photo], unseen: Sequence[str]
) -> None:
    """Photo → label and label → photo, for one set, and for its labels that were left out.

    All labels of the set compete, and the photos of its `val` split.
    """
    labels = sorted({photo.label for photo in photos})
    photos = [photo for photo in photos if photo.split == "val"]
    right = [labels.index(photo.label) for photo in photos]
    images = encode(encoder, opened([photo.image for photo in photos]))
    for form in FORMS:
        words = encoder.encode_texts([form.format(label) for label in labels])
        head = f"{name:9} {form:15}"
        print(
            f"{head} {len(labels)} labels, {len(photos)} photos: "
            f"{shares(ranks(images, words, right))}"
        )
        shown = sorted(set(right))
        nearest = (words[shown] @ images.T).argmax(1)
        first = np.array([right[row] == label for label, row in zip(shown, nearest, strict=True)])
        print(f"{head} label → photo, first is right: {interval(first)}")
    rows = [row for row, photo in enumerate(photos) if photo.label in unseen]
    if rows:
        report_unseen(name, images[rows], encoder.encode_texts(labels), [right[r] for r in rows])


def report_unseen(name: str, images: Vectors, words: Vectors, right: Sequence[int]) -> None:
    """Photos of labels that were left out, among all labels of their set and among themselves."""
    own = sorted(set(right))
    few = ranks(images, words[own], [own.index(label) for label in right])
    print(
        f"{name:9} {len(own)} labels left out, {len(right)} photos: among all labels "
        f"{shares(ranks(images, words, right))}; among themselves top-1 {interval(few <= 1)}"
    )


def report_captions(encoder: Encoder, figures: Sequence[Path], data: Path) -> None:
    """Caption → image by the shared space alone, as it is and with both sides centred."""
    lines = (data / "questions" / "caption2image.jsonl").read_text("utf-8").splitlines()
    place = {path.relative_to(data / "manuals").as_posix(): i for i, path in enumerate(figures)}
    asked = [query for query in map(json.loads, lines) if query["relevant"][0] in place]
    right = [place[query["relevant"][0]] for query in asked]
    images = encode(encoder, opened(figures))
    words = encoder.encode_queries([query["text"] for query in asked])
    for name, found in (
        ("as is", ranks(words, images, right)),
        ("centred", ranks(centred(words), centred(images), right)),
    ):
        print(
            f"caption → image, {name}, {len(asked)} of {len(images)}: "
            f"R@1 {interval(found <= 1)}  R@10 {interval(found <= 10)}"
        )


def report_copies(
    encoder: Encoder, figures: Sequence[Path], photos: Vectors, manuals: Path
) -> None:
    """Changed copy → original, by change and by manual."""
    images = np.concatenate([encode(encoder, opened(figures)), photos])
    right = [np.flatnonzero(images @ image > ALIKE) for image in images[: len(figures)]]
    parts: dict[str, list[int]] = {}
    for row, path in enumerate(figures):
        parts.setdefault(path.relative_to(manuals).parts[0], []).append(row)
    for name, change in CHANGES.items():
        random = Random(name)
        copies = encode(encoder, (change(image, random) for image in opened(figures)))
        found = ranks_of_any(copies, images, right)
        each = "  ".join(f"{part} {np.mean(found[rows] <= 1):.3f}" for part, rows in parts.items())
        print(f"copy: {name:17} R@1 {interval(found <= 1)} R@5 {np.mean(found <= 5):.3f}  {each}")


def report_time(encoder: Encoder, path: Path) -> None:
    """The median time of one image, decoding not counted."""
    image = next(opened([path]))
    times = []
    for _ in range(ROUNDS):
        began = perf_counter()
        encoder.encode_images([image])
        times.append(perf_counter() - began)
    print(f"one {image.width} × {image.height} image: {np.median(times) * 1000:.1f} ms, one thread")


def opened(paths: Iterable[Path]) -> Iterator[Image.Image]:
    limits = load_settings().limits
    for path in paths:
        yield decode(path.read_bytes(), limits)


def encode(encoder: Encoder, images: Iterator[Image.Image]) -> Vectors:
    """Vectors of images that are read as they are needed."""
    parts = []
    while batch := list(islice(images, BATCH)):
        parts.append(encoder.encode_images(batch))
    return np.concatenate(parts)


def ranks(queries: Vectors, items: Vectors, right: Sequence[int]) -> Ranks:
    """The rank, from 1, of each query's right item; ties go against it."""
    scores = queries @ items.T
    own = scores[np.arange(len(right)), right]
    found: Ranks = np.count_nonzero(scores >= own[:, None], axis=1)
    return found


def ranks_of_any(queries: Vectors, items: Vectors, right: Sequence[Ranks]) -> Ranks:
    """The rank, from 1, of the best of each query's right items, which never stand before it."""
    scores = queries @ items.T
    best = np.array([scores[row, same].max() for row, same in enumerate(right)])
    found: Ranks = np.count_nonzero(scores > best[:, None], axis=1) + 1
    return found


def centred(vectors: Vectors) -> Vectors:
    return unit(vectors - vectors.mean(0))


def shares(found: Ranks) -> str:
    return f"top-1 {interval(found <= 1)} top-5 {interval(found <= 5)}"


def interval(found: NDArray[np.bool_]) -> str:
    """A share with its 95 % interval."""
    random = np.random.default_rng(0)
    means = found[random.integers(0, len(found), (2000, len(found)))].mean(1)
    low, high = np.percentile(means, [2.5, 97.5])
    return f"{found.mean():.3f} [{low:.3f}, {high:.3f}]"


if __name__ == "__main__":
    main()
