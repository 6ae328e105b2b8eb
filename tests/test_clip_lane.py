"""The shared space end to end, with a small open_clip model that the tests build."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from indexer.building.build import build
from indexer.building.progress import Silent
from indexer.config import Models, Ranking, Settings
from indexer.errors import IndexMismatch, MissingModel
from search.engine import Engine
from search.query import Query
from tests.test_encoders_clip import Tiny, tiny  # noqa: F401 (pytest finds the fixture)


@pytest.fixture
def settings(tiny: Tiny, fake_settings: Settings) -> Settings:  # noqa: F811
    models = Models(text="fake:demo", clip=tiny.model, reader="fake")
    return fake_settings.model_copy(update={"models": models, "cache": tiny.home / "cache"})


def test_a_picture_finds_itself_in_the_shared_space(
    manual: Path, tmp_path: Path, settings: Settings
) -> None:
    settings = settings.model_copy(update={"ranking": Ranking(centre=False)})
    build([manual], tmp_path / "ix", settings, True, Silent())
    engine = Engine.open(tmp_path / "ix", settings)
    for name, document in (("images/panel.png", "pump.md"), ("lamp.png", "lamp.png")):
        result = engine.search(Query(image=(manual / name).read_bytes()))
        best = min(result.hits, key=lambda hit: hit.lanes["clip"].rank)
        assert (best.document, best.asset) == (document, name)
        assert best.lanes["clip"].score == pytest.approx(1.0, abs=1e-4)
        assert result.lanes_off == {}
    words = engine.search(Query("Turn the valve clockwise to close it."))
    assert set(words.hits[0].lanes) == {"clip", "text", "words"}
    assert engine.info()["lanes"] == {"clip": "on", "text": "on", "words": "on"}
    engine.close()


def test_the_index_opens_from_anywhere_and_needs_its_weights(
    manual: Path,
    tmp_path: Path,
    tiny: Tiny,  # noqa: F811
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = Path(tiny.model.removeprefix("local-dir:"))
    monkeypatch.chdir(folder.parent)
    relative = settings.models.model_copy(update={"clip": f"local-dir:{folder.name}"})
    build(
        [manual], tmp_path / "ix", settings.model_copy(update={"models": relative}), True, Silent()
    )
    monkeypatch.chdir(tmp_path)
    plain = Settings(cache=settings.cache, models=Models(reader="fake"))
    Engine.open(tmp_path / "ix", plain).close()
    other = settings.models.model_copy(update={"clip": "local-dir:elsewhere"})
    with pytest.raises(IndexMismatch, match=r"clip space was made with local-dir:.*elsewhere"):
        Engine.open(tmp_path / "ix", settings.model_copy(update={"models": other}))
    os.rename(folder, folder.with_name("moved"))
    try:
        with pytest.raises(MissingModel, match=str(folder)):
            Engine.open(tmp_path / "ix", plain)
    finally:
        os.rename(folder.with_name("moved"), folder)
