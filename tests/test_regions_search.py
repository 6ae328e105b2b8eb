"""Copies of an indexed image come first, and say where they lie."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from indexer.building.build import build
from indexer.building.progress import Silent
from indexer.config import Settings
from indexer.records import Box, Line, Scored
from indexer.store.index import Index
from indexer.store.merge import merge
from indexer.store.verify import verify
from search.engine import Engine
from search.query import Query
from search.recognise import Recognised, recognise
from tests.test_regions import screen


def encoded(box: tuple[int, int, int, int] = (0, 0, 480, 300), seed: int = 3) -> bytes:
    out = io.BytesIO()
    screen(seed).crop(box).save(out, "PNG")
    return out.getvalue()


@pytest.fixture
def root(tmp_path: Path, fake_settings: Settings) -> Path:
    source = tmp_path / "source"
    source.mkdir()
    for seed in range(3, 8):
        (source / f"screen{seed}.png").write_bytes(encoded(seed=seed))
    (source / "guide.md").write_text("# Guide\n\nPress the button.\n\n![](screen3.png)\n")
    root = tmp_path / "index"
    build([source], root, fake_settings, True, Silent())
    return root


@pytest.fixture
def engine(root: Path, fake_settings: Settings) -> Iterator[Engine]:
    with closing(Engine.open(root, fake_settings)) as engine:
        yield engine


CROP = (120, 60, 420, 270)


def test_a_part_of_a_screen_comes_first_with_its_region(engine: Engine) -> None:
    first = engine.search(Query(image=encoded(CROP, 5), collapse="asset")).hits[0]
    assert first.asset == "screen5.png"
    assert first.region is not None
    assert first.region.same
    box = first.region.box
    assert (box.x0, box.y0, box.x1, box.y1) == pytest.approx((0.25, 0.2, 0.875, 0.9), abs=0.02)
    assert first.lanes["regions"].rank == 1


@pytest.mark.parametrize(
    ("read", "same"), [("Error E14", False), ("E04: no water", True), ("697 ms, 300x210", True)]
)
def test_what_shows_another_code_is_not_the_same(
    root: Path, fake_settings: Settings, monkeypatch: pytest.MonkeyPatch, read: str, same: bool
) -> None:
    def lines(text: str) -> tuple[Line, ...]:
        return (Line(text, Box(0.0, 0.0, 1.0, 0.5), 0.9),)

    with closing(Index.open(root)) as index:
        get = index.get
        monkeypatch.setattr(
            index, "get", lambda ids: [replace(one, lines=lines("E04 480x300")) for one in get(ids)]
        )
        found = recognise(index, screen(5).crop(CROP), None, lines(read))
    assert [region.same for region in found.regions.values()][:1] == [same]


def test_an_excluded_image_is_not_recognised(engine: Engine) -> None:
    found = engine.search(Query(image=encoded(CROP, 5), exclude=frozenset({"screen5.png"})))
    assert all(hit.asset != "screen5.png" and hit.region is None for hit in found.hits)


def test_what_is_on_no_image_changes_nothing(root: Path, fake_settings: Settings) -> None:
    screenshot = fake_settings.ranking.screenshot.model_copy(update={"features": 0.0})
    ranking = fake_settings.ranking.model_copy(update={"screenshot": screenshot})
    looking = fake_settings.model_copy(update={"ranking": ranking})
    ranking = ranking.model_copy(update={"regions": False})
    without = fake_settings.model_copy(update={"ranking": ranking})
    query = Query(image=encoded(seed=99))
    with (
        closing(Engine.open(root, looking)) as on,
        closing(Engine.open(root, without)) as off,
    ):
        assert on.search(query).hits == off.search(query).hits


def test_regions_survive_a_merge_and_are_verified(root: Path, fake_settings: Settings) -> None:
    with Index.open(root) as index:
        ids = [ref.id for ref in index.manifest.segments]
    assert merge(root, ids) is not None
    assert verify(root) == []
    with closing(Engine.open(root, fake_settings)) as engine:
        first = engine.search(Query(image=encoded(CROP, 6), collapse="asset")).hits[0]
    assert (first.asset, first.region is not None) == ("screen6.png", True)


def test_an_image_is_looked_at_once_though_the_words_are_searched_twice(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[int] = []
    searched: list[str] = []

    def recognised(*at: object) -> Recognised:
        looked.append(1)
        return Recognised()

    def meant(*at: object) -> dict[str, str]:
        return {"buton": "button"}

    def recalled(*at: object) -> dict[str, list[Scored]]:
        searched.append(at[1].words)  # type: ignore[attr-defined]
        return {}

    monkeypatch.setattr("search.engine.recognise", recognised)
    monkeypatch.setattr("search.engine.corrected", meant)
    monkeypatch.setattr("search.engine.recall", recalled)
    found = engine.search(Query("press the buton", encoded(CROP, 5)))
    assert (found.query, found.corrected) == ("press the buton", {"buton": "button"})
    assert searched == ["press the buton\n300x210", "press the button\n300x210"]
    assert looked == [1]
    assert list(found.took_ms) == [
        *("filter", "decode", "read", "encode", "recognise"),
        *("recall", "fetch", "fuse", "correct", "hits"),
    ]
