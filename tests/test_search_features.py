"""Images that have local features in common with the query's rank their pages."""

from __future__ import annotations

import io
from contextlib import closing
from pathlib import Path

import pytest
from PIL import Image

from indexer.building.build import build
from indexer.building.progress import Silent
from indexer.config import Ranking, Settings
from indexer.lanes import FEATURES
from indexer.store.regions import Regions, find_seen, write_regions
from search.engine import Engine
from search.query import Query
from tests.test_regions import made, screen

COMMON, RARE, OTHER = 0b1111, 2**32 - 1, 2**64 - 1


def encode(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


@pytest.fixture
def root(tmp_path: Path, fake_settings: Settings) -> Path:
    """Pages with a screen each, in all of which the fake reader reads the same line."""
    source = tmp_path / "source"
    source.mkdir()
    for seed in range(3, 7):
        (source / f"screen{seed}.png").write_bytes(encode(screen(seed)))
        (source / f"page{seed}.md").write_text(
            f"# Page {seed}\n\nPress.\n\n![](screen{seed}.png)\n"
        )
    build([source], tmp_path / "index", fake_settings, True, Silent())
    return tmp_path / "index"


@pytest.fixture
def sibling() -> bytes:
    """Another state of screen 5: its left half is the same, the right half is new."""
    image = screen(99)
    image.paste(screen(5).crop((0, 0, 240, 300)), (0, 0))
    return encode(image)


def test_a_feature_is_shared_by_the_images_that_have_it(tmp_path: Path) -> None:
    path = tmp_path / "regions.bin"
    write_regions(path, {0: made([COMMON, OTHER]), 1: made([COMMON, RARE]), 2: made([COMMON])})
    seen = find_seen([Regions(path)], [None], made([COMMON, RARE]), 5)
    # COMMON is a third for each; RARE is a whole for the second alone.
    assert [one.rows for one in seen] == [(1,), (0,), (2,)]
    assert [one.score for one in seen] == pytest.approx([4 / 3, 1 / 3, 1 / 3])


def test_another_state_of_a_screen_ranks_its_page_first(
    root: Path, fake_settings: Settings, sibling: bytes
) -> None:
    with closing(Engine.open(root, fake_settings)) as engine:
        recalled = engine.recalled(Query(image=sibling))
        hits = {hit.document: hit for hit in engine.search(Query(image=sibling)).hits}
    ranked = recalled.lanes[FEATURES]
    assert recalled.chunks[ranked[0].id].asset == "screen5.png"
    scores = [one.score for one in ranked]
    assert scores == sorted(scores, reverse=True)
    shown = hits["page5.md"].lanes[FEATURES]
    assert (shown.rank, shown.score) == (1, scores[0])


def test_what_is_excluded_looks_like_nothing(
    root: Path, fake_settings: Settings, sibling: bytes
) -> None:
    with closing(Engine.open(root, fake_settings)) as engine:
        query = Query(image=sibling, exclude=frozenset({"screen5.png"}))
        recalled = engine.recalled(query)
    assert FEATURES in recalled.lanes
    shown = {recalled.chunks[one.id].asset for one in recalled.lanes[FEATURES]}
    assert shown <= {"screen3.png", "screen4.png", "screen6.png"}


@pytest.mark.parametrize("off", [{"regions": False}, {"screenshot": {"features": 0.0}}])
def test_the_ranking_can_be_turned_off(
    root: Path, fake_settings: Settings, sibling: bytes, off: dict[str, object]
) -> None:
    settings = fake_settings.model_copy(update={"ranking": Ranking.model_validate(off)})
    with closing(Engine.open(root, settings)) as engine:
        assert FEATURES not in engine.recalled(Query(image=sibling)).lanes


def test_an_image_without_text_is_no_screen(
    root: Path, fake_settings: Settings, sibling: bytes
) -> None:
    models = fake_settings.models.model_copy(update={"reader": ""})
    settings = fake_settings.model_copy(update={"models": models})
    with closing(Engine.open(root, settings)) as engine:
        assert FEATURES not in engine.recalled(Query(image=sibling)).lanes


def test_words_alone_have_no_features() -> None:
    ranking = Ranking()
    assert ranking.weights(True, False)[FEATURES] == 0
    assert ranking.weights(False, True)[FEATURES] == 1
    assert ranking.weights(True, True)[FEATURES] == 0.5
