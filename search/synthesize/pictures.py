"""Queries by image: changed copies of indexed figures, and figures that are left out."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from functools import partial
from random import Random

from PIL import Image

from indexer.config import Limits
from indexer.images import decode
from indexer.records import Kind
from search.synthesize.corpus import COMMON, Corpus, Figure, Indexed
from search.synthesize.distort import (
    Change,
    cut_out,
    dark,
    detail,
    moire,
    photographed,
    recompress,
    rescale,
)
from search.synthesize.draft import Draft
from search.synthesize.looks import Looks
from search.synthesize.spread import spread

_SHORT_SIDE, _PIXELS = 100, 40_000
_PLAIN = 12.0
"""Standard deviation of grey values below which an image shows nothing to be told by."""
_LINES = 3
"""Lines of text that make an image a screen."""


def _resized(image: Image.Image, random: Random) -> Image.Image:
    return recompress(rescale(image, random), random)


def _photo(image: Image.Image, random: Random) -> Image.Image:
    return photographed(moire(image, random), random, max(640, image.width))


CHANGES: Mapping[str, Change] = {
    "crop-60": partial(cut_out, area=0.6),
    "crop-30": partial(cut_out, area=0.3),
    "resized": _resized,
    "dark": dark,
    "photo": _photo,
}
"""By kind of query."""


def copies(corpus: Corpus, seed: str, looks: Looks, kind: str) -> Iterator[Draft]:
    """Copies of figures with the change of that kind. Right is every document that shows one.

    All kinds take the same figures in the same order, so that they compare.
    """
    change = CHANGES[kind]
    for alike, home, image in _figures(corpus, seed, looks):
        relevant = sorted({path for one in alike for path in one.documents})
        if len(relevant) <= COMMON:
            changed = change(image, Random(f"{seed} {kind} {alike[0].thumb}"))
            data = _jpeg(changed)
            yield Draft(home.path, home.language, tuple(relevant), image=data, suffix=".jpg")


def screenshots(corpus: Corpus, seed: str, looks: Looks) -> Iterator[Draft]:
    """Screens as they are, themselves and all that look like them left out of the index.

    Right are the documents with words that show them, found by those or by other figures.
    """
    for alike, home, _ in _figures(corpus, seed, looks):
        shown = {path for one in alike for path in one.documents}
        relevant = sorted(path for path in shown if _has_words(corpus.document(path)))
        data = corpus.image(alike[0])
        if data is None or alike[0].lines < _LINES or not 0 < len(relevant) <= COMMON:
            continue
        exclude = tuple(sorted({asset for one in alike for asset in one.assets}))
        yield Draft(
            home.path, home.language, tuple(relevant), image=data, suffix=".webp", exclude=exclude
        )


def _figures(
    corpus: Corpus, seed: str, looks: Looks
) -> Iterator[tuple[list[Figure], Indexed, Image.Image]]:
    """A figure and all that look like it, the first document that shows it, and its preview.

    Of figures that look alike one is drawn.
    """
    items = [(one, corpus.document(min(one.documents))) for one in corpus.figures]
    drawn: set[str] = set()
    for figure, home in spread(
        items, lambda i: i[1].path, lambda i: (i[1].kind, i[1].language), Random(f"{seed} figures")
    ):
        image = None if figure.thumb in drawn else _usable(corpus, figure)
        if image is not None:
            alike = looks.alike(figure)
            drawn.update(one.thumb for one in alike)
            yield alike, home, image


def _usable(corpus: Corpus, figure: Figure) -> Image.Image | None:
    """The preview, where it is large enough and shows something."""
    data = corpus.image(figure)
    if data is None:
        return None
    image = decode(data, Limits())
    large = min(image.size) >= _SHORT_SIDE and image.width * image.height >= _PIXELS
    return image if large and detail(image) >= _PLAIN else None


def _has_words(document: Indexed) -> bool:
    return document.kind is not Kind.IMAGE and bool(document.passages)


def _jpeg(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=90)
    return out.getvalue()
