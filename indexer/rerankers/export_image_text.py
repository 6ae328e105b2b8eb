"""Exports models that say whether a text fits an image. Runs in the export subprocess only."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from indexer.encoders.export_transformers import as_module, write_pair_tokenizer
from indexer.encoders.facts import TOKENIZER_NAME, ImageFacts, ModelFacts, TokenFacts
from indexer.encoders.graph import fingerprint_of
from indexer.encoders.hub import card, fetched_as
from indexer.encoders.tokens import Tokens
from indexer.encoders.transformers_model import LoadedPair, load_pair
from indexer.rerankers.graph import GRAPH_NAME, check_scorer, write_scorer
from indexer.rerankers.pixels import PixelMaker
from indexer.rerankers.source import reranker_source

if TYPE_CHECKING:
    from torch import Tensor

TorchMatcher = Any
"""A module of transformers with a head that matches; it has no useful types."""

SAMPLES = (
    "a red bicycle leaning against the wall",
    "error 0x80070005: access denied",
    "打印机",
    "",
    "restart the device and try again " * 40,
)
INPUTS = ("input_ids",)
SHAPES = ((64, 40), (40, 64), (1280, 800), (20, 20), (47, 50))
"""Width, height of the images that an export is checked with."""


@dataclass(frozen=True, slots=True)
class Family:
    """One architecture of transformers that matches images and texts.

    `reranker` is a name in `RERANKERS`, `kind` the `model_type` of a config.json and `module`
    the class with the matching head. `context` is the number of tokens that it is given.
    `frame` reads the image processor, `pixels` is what serving does with an image. `score`
    takes (module, ids (1, length), pixels (1, 3, height, width)) → (1,). `axes` are the
    dimensions of the pixels that may vary.
    """

    reranker: str
    kind: str
    module: str
    context: int
    frame: Callable[[str, LoadedPair], ImageFacts]
    pixels: PixelMaker
    score: Callable[[TorchMatcher, Tensor, Tensor], Tensor]
    axes: dict[int, str]


def export_matcher(family: Family, model: str, folder: Path) -> ModelFacts:
    """One question and one image → one score, as a graph; and the tokenizer.

    One image at a time, as all share a question: nothing is padded, so there is no mask.
    Raises MissingModel or BadConfig, the latter too where a score differs from torch's.
    """
    named = f"{family.reranker}:{model}"
    source = reranker_source(family.reranker, model) or fetched_as(named, model)
    loaded = load_pair(named, source, family.kind, family.module)
    image = family.frame(named, loaded)
    tokens = write_pair_tokenizer(named, loaded, family.context, INPUTS, folder)
    scorer = as_module(loaded.module, family.score)
    axes = {"input_ids": {1: "length"}, "pixel_values": family.axes}
    for number, (ids, picture) in enumerate(zip(_ids(folder, tokens), _pictures(), strict=True)):
        feeds = {"input_ids": ids, "pixel_values": family.pixels(picture, image)}
        if not number:
            write_scorer(scorer, feeds, folder / GRAPH_NAME, axes)
        check_scorer(named, scorer, feeds, folder / GRAPH_NAME)
    languages, licence = card(source)
    vocabulary = (folder / TOKENIZER_NAME).read_text("utf-8")
    settings = [family.reranker, loaded.settings, asdict(image), asdict(tokens)]
    return ModelFacts(
        encoder=family.reranker,
        model=model,
        dim=1,
        fingerprint=fingerprint_of(loaded.module, vocabulary, settings),
        tokens=tokens,
        image=image,
        languages=languages or ("en",),
        licence=licence,
    )


def _ids(folder: Path, facts: TokenFacts) -> list[Any]:
    """Token ids of each sample, int64 (1, length)."""
    return [np.asarray([row], dtype=np.int64) for row in Tokens(folder, facts).ids(SAMPLES)]


def _pictures() -> list[Image.Image]:
    """Images of coarse noise: an export must agree on any of them."""
    random = np.random.default_rng(0)
    noise = (random.integers(0, 256, (9, 11, 3), dtype=np.uint8) for _ in SHAPES)
    return [
        Image.fromarray(grain).resize(shape, Image.Resampling.BICUBIC)
        for grain, shape in zip(noise, SHAPES, strict=True)
    ]
