"""BLIP, FLAVA and ViLT as rerankers against transformers' own scores, on small models."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from indexer.config import Reranking, Settings
from indexer.encoders.facts import ImageFacts
from indexer.errors import BadConfig
from indexer.rerankers.pixels import PATCHES, in_patches
from search.rerank.base import Asked, reranker_of
from search.rerank.image_text import ImageTextReranker
from search.rerank.order import rerank
from tests.reranking import asked, candidate
from tests.tiny_matchers import SIZES, TEXTS, TinyMatcher, image_names, tiny_matcher
from tests.torch_process import TorchProcess


@dataclass(frozen=True)
class Made:
    """A reranker, the model it serves and a cache to make others in."""

    kind: str
    reranker: ImageTextReranker
    matcher: TinyMatcher
    settings: Settings


@pytest.fixture(scope="module", params=["blip-itm", "flava-itm", "vilt"])
def made(
    request: pytest.FixtureRequest,
    torch_process: TorchProcess,
    tmp_path_factory: pytest.TempPathFactory,
) -> Made:
    kind: str = request.param
    matcher = tiny_matcher(torch_process, kind, tmp_path_factory.mktemp(kind))
    limits = Reranking(model=f"{kind}:{matcher.model}")
    settings = Settings(cache=matcher.home / "cache", workers=1, offline=True, rerank=limits)
    reranker = reranker_of(settings)
    assert isinstance(reranker, ImageTextReranker)
    assert reranker.name == kind
    return Made(kind, reranker, matcher, settings)


def test_scores_are_those_of_transformers(made: Made) -> None:
    """float32 sums in another order: 1e-4 of the spread is ten times what is seen."""
    images = [candidate(i, thumb=name) for i, name in enumerate(image_names())]
    for text, wanted in zip(TEXTS, made.matcher.scores, strict=True):
        scores = made.reranker.score(asked(text, made.matcher.home), images)
        assert scores.dtype == np.float32
        np.testing.assert_allclose(scores, wanted, atol=1e-4 * np.ptp(made.matcher.scores))
    spread = np.ptp(made.matcher.scores, axis=1).min()
    assert spread > 0.02, "scores that are all alike would prove nothing"


def test_images_are_put_in_order_and_passages_keep_their_place(made: Made) -> None:
    names = image_names()
    groups = [
        candidate(0, thumb=names[0], score=0.9),
        candidate(1, "a passage", score=0.8),
        candidate(2, thumb=names[1], score=0.7),
        candidate(3, thumb="gone.png", score=0.6),
        candidate(4, thumb=names[2], score=0.5),
    ]
    question = asked(TEXTS[0], made.matcher.home)
    found = rerank(question, groups, made.reranker, Reranking(budget_ms=1e6))
    best = [(0, 2, 4)[i] for i in np.argsort(-made.matcher.scores[0][:3])]
    assert [one.chunks[0].id for one in found] == [best[0], 1, best[1], best[2], 3]


def test_only_typed_words_and_images_with_a_preview(made: Made) -> None:
    shown = candidate(0, thumb=image_names()[0])
    home = made.matcher.home
    assert made.reranker.takes(asked("pump", home), shown)
    assert not made.reranker.takes(asked("pump"), shown)
    assert not made.reranker.takes(asked("pump", home), candidate(0, "text"))
    read_only = Asked("", "words read in a screenshot", lambda name: home / name)
    assert not made.reranker.takes(read_only, shown)


def test_another_architecture_is_refused(made: Made) -> None:
    other = "vilt" if made.kind != "vilt" else "blip-itm"
    limits = Reranking(model=f"{other}:{made.matcher.model}")
    with pytest.raises(BadConfig, match="describes another architecture"):
        reranker_of(made.settings.model_copy(update={"rerank": limits}))


@pytest.mark.parametrize(
    ("size", "wanted"),
    [
        ((64, 40), (96, 128)),  # 40 → 96, 64 → 153.6, cut to 128
        ((200, 50), (32, 128)),  # 50 → 96, 200 → 384, held at 159: 39.75 and 159, cut
        ((2000, 3), (32, 128)),  # thinner than a patch
    ],
)
def test_vilt_keeps_the_shape_in_whole_patches(
    size: tuple[int, int], wanted: tuple[int, int]
) -> None:
    facts = ImageFacts((96, 159), (0.5,) * 3, (0.5,) * 3, resize_mode=PATCHES)
    made = in_patches(Image.new("RGB", size, (255, 0, 0)), facts)
    assert made.shape == (1, 3, *wanted)
    np.testing.assert_array_equal(made[0, :, 0, 0], [1.0, -1.0, -1.0])


def test_vilt_pixels_have_the_shapes_of_transformers(
    torch_process: TorchProcess, tmp_path: Path
) -> None:
    matcher = tiny_matcher(torch_process, "vilt", tmp_path)
    facts = ImageFacts((96, 159), (0.5,) * 3, (0.5,) * 3, resize_mode=PATCHES)
    made = [in_patches(Image.new("RGB", size), facts).shape[2:] for size in SIZES]
    assert [list(shape) for shape in made] == matcher.shapes
