"""Does a model find less in real manuals with int8 than in float32?

Run: python -m benchmarks.precision MANUALS [--text MODEL] [--clip WEIGHTS] [--cache DIR].
MANUALS is a folder of Markdown pages and images. Texts: the first sentence of a paragraph has
to find the rest of it. Images: a cropped, scaled and recompressed copy has to find its image.
Prints recall@10 of both forms, the share of the ten nearest that they have in common, and the
mean cosine between them.
"""

from __future__ import annotations

import argparse
import re
import tempfile
from pathlib import Path
from typing import TypeVar

import numpy as np
from PIL import Image

from indexer.config import Limits
from indexer.encoders.clip import ClipEncoder
from indexer.encoders.precision import INT8
from indexer.encoders.quantise import CUTOFF, Found
from indexer.encoders.sample import cloze, copied
from indexer.encoders.source import PACKAGED
from indexer.encoders.text import SentenceEncoder
from indexer.errors import BadImage
from indexer.images import SUFFIXES, decode

MOST_TEXTS = 1000
MOST_IMAGES = 300
SIDE = 800
T = TypeVar("T")
_MARKS = re.compile(r"!?\[([^\]]*)\]\([^)]*\)|[#*`>|_]+")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("manuals", type=Path)
    parser.add_argument("--text", default=PACKAGED)
    parser.add_argument("--clip", default="")
    parser.add_argument("--cache", type=Path, default=None)
    options = parser.parse_args()
    print(f"{'recall@10':40}{'n':>6}{'float':>8}{'int8':>8}{'common':>9}{'cosine':>9}")
    questions, answers = paragraphs(options.manuals)
    with tempfile.TemporaryDirectory() as scratch:
        cache = options.cache or Path(scratch)
        text = [SentenceEncoder(options.text + form, cache) for form in ("", INT8)]
        row(
            "paragraphs, text model",
            *[
                Found(encoder.encode_queries(questions), encoder.encode_texts(answers))
                for encoder in text
            ],
        )
        if not options.clip:
            return
        clip = [ClipEncoder(options.clip + form, cache) for form in ("", INT8)]
        row(
            "paragraphs, CLIP model",
            *[
                Found(encoder.encode_queries(questions), encoder.encode_texts(answers))
                for encoder in clip
            ],
        )
        copies, shown = pictures(options.manuals)
        row(
            "images, CLIP model",
            *[
                Found(encoder.encode_images(copies), encoder.encode_images(shown))
                for encoder in clip
            ],
        )


def paragraphs(manuals: Path) -> tuple[list[str], list[str]]:
    """(first sentences, what follows them) of a fixed choice of the paragraphs."""
    found: dict[str, str] = {}
    for page in sorted(manuals.rglob("*.md")):
        for block in page.read_text("utf-8", "replace").split("\n\n"):
            plain = _MARKS.sub(r"\1", block)
            pair = cloze(plain) if 30 <= len(plain.split()) <= 150 else None
            if pair:
                found[pair[1]] = pair[0]
    answers = _chosen(sorted(found), MOST_TEXTS)
    return [found[answer] for answer in answers], answers


def pictures(manuals: Path) -> tuple[list[Image.Image], list[Image.Image]]:
    """(copies, images) of a fixed choice of the images, none larger than 800 pixels."""
    random = np.random.default_rng(0)
    paths = sorted(path for path in manuals.rglob("*") if path.suffix.lower() in SUFFIXES)
    shown = []
    for path in _chosen(paths, MOST_IMAGES):
        try:
            image = decode(path.read_bytes(), Limits())
        except BadImage:
            continue
        image.thumbnail((SIDE, SIDE))
        shown.append(image)
    return [copied(image, random) for image in shown], shown


def _chosen(items: list[T], most: int) -> list[T]:
    return [items[i] for i in np.random.default_rng(0).permutation(len(items))[:most]]


def row(name: str, plain: Found, small: Found) -> None:
    """`plain` and `small` are of the float and of the int8 form."""
    nearest = [
        np.argsort(-(found.questions @ found.answers.T), axis=1)[:, :CUTOFF]
        for found in (plain, small)
    ]
    common = np.mean([len(set(a) & set(b)) / len(a) for a, b in zip(*nearest, strict=True)])
    cosine = np.mean(np.sum(plain.answers * small.answers, axis=1))
    print(
        f"{name:40}{len(plain.answers):>6}{plain.recall:>8.3f}{small.recall:>8.3f}"
        f"{common:>9.3f}{cosine:>9.4f}",
        flush=True,
    )


if __name__ == "__main__":
    main()
