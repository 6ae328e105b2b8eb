"""Questions with known answers, for comparing two forms of one model.

The texts are Python's own manual (`pydoc_data.topics`, part of every installation): real
English prose, the same for all users of a version of Python. The images are screens drawn
with those texts. They say nothing of how well a model finds a user's documents; they say
whether a changed form of it still finds what it found.
"""

from __future__ import annotations

import re
import textwrap
from io import BytesIO

import numpy as np
from PIL import Image, ImageDraw, ImageFont

Screens = list[Image.Image]

_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z])")
_LEAST_LETTERS = 0.85
_LEAST_WORDS = 5
_SIZE = (480, 360)
_COLOURS = (
    ("white", "black", "steelblue"),
    ("ivory", "maroon", "darkorange"),
    ("lavender", "navy", "seagreen"),
    ("black", "lightgreen", "gray"),
)
"""Of paper, ink and title bar."""


def passages(count: int) -> tuple[list[str], list[str]]:
    """(questions, answers): the first sentence of a passage has to find the rest of it."""
    from pydoc_data.topics import topics

    blocks = [block for _, topic in sorted(topics.items()) for block in topic.split("\n\n")]
    found = {}  # some topics are in two places
    for block in filter(_is_prose, blocks):
        pair = cloze(block)
        if pair is not None:
            found[pair[1]] = pair[0]
    answers = [list(found)[i] for i in np.random.default_rng(0).permutation(len(found))[:count]]
    return [found[answer] for answer in answers], answers


def screens(count: int) -> tuple[Screens, Screens]:
    """(questions, answers): a cropped, scaled and recompressed copy has to find its screen."""
    random = np.random.default_rng(0)
    _, texts = passages(count)
    answers = [_screen(text, random) for text in texts]
    return [copied(screen, random) for screen in answers], answers


def cloze(text: str) -> tuple[str, str] | None:
    """(first sentence, the rest of a text); None for one with a short sentence or no other.

    The inverse cloze task of Lee, Chang and Toutanova 2019, arXiv 1906.00300.
    """
    first, *rest = _SENTENCE.split(" ".join(text.split()))
    return (first, " ".join(rest)) if rest and len(first.split()) >= _LEAST_WORDS else None


def copied(image: Image.Image, random: np.random.Generator) -> Image.Image:
    """A part of `image`, at three fifths of its scale, compressed."""
    width, height = image.size
    share = random.uniform(0.85, 0.97)
    left = int(random.uniform(0, 1 - share) * width)
    top = int(random.uniform(0, 1 - share) * height)
    box = (left, top, left + int(share * width), top + int(share * height))
    scaled = image.crop(box).resize((max(1, width * 3 // 5), max(1, height * 3 // 5)))
    file = BytesIO()
    scaled.save(file, "JPEG", quality=50)
    return Image.open(file).convert("RGB")


def _is_prose(block: str) -> bool:
    letters = sum(letter.isalpha() or letter.isspace() for letter in block)
    return 30 <= len(block.split()) <= 90 and letters >= _LEAST_LETTERS * len(block)


def _screen(text: str, random: np.random.Generator) -> Image.Image:
    """A window with a title, a text and a button, each somewhere else."""
    paper, ink, bar = _COLOURS[random.integers(len(_COLOURS))]
    size = int(random.integers(14, 23))
    font = ImageFont.load_default(size)
    image = Image.new("RGB", _SIZE, paper)
    draw = ImageDraw.Draw(image)
    width, height = _SIZE
    left, top = (int(edge) for edge in random.integers(5, 60, 2))
    draw.rectangle((0, 0, width, size + 10), fill=bar)
    draw.text((left, 4), " ".join(text.split()[:4]), fill=paper, font=font)
    lines = textwrap.wrap(text, max(12, (width - left) // (size // 2 + 1)))
    draw.multiline_text((left, top + size + 10), "\n".join(lines), fill=ink, font=font)
    corner = int(random.integers(width - 100)), height - 40
    draw.rounded_rectangle((*corner, corner[0] + 90, height - 10), 6, fill=bar, outline=ink)
    return image
