"""A running service takes up a new generation, and nobody notices but by the answers."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from api import service as service_module
from api.app import create_app
from api.service import Opener, SearchEngine, Service
from indexer.building.build import build
from indexer.building.progress import Silent
from indexer.config import Settings
from search.desk import Desk
from tests.api_fake import LIMITS, FakeEngine, LiveEngine, client


def _until(condition: Callable[[], bool], seconds: float = 10) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def _opener(folder: Path, settings: Settings) -> Opener:
    def opened(base: SearchEngine | None) -> SearchEngine:
        return Desk.open(folder, settings, base if isinstance(base, Desk) else None)

    return opened


def test_a_new_generation_is_served_within_a_second_or_so(
    manual: Path, tmp_path: Path, fake_settings: Settings
) -> None:
    build([manual], tmp_path / "ix", fake_settings, True, Silent())
    service = Service(_opener(tmp_path / "ix", fake_settings), 2)
    with client(create_app(service, LIMITS)) as http:
        _until(lambda: http.get("/readyz").status_code == 200)
        assert http.get("/v1/info").json()["generation"] == 1
        (manual / "valve.md").write_text("# Valve\n\nThe xylophone valve is new.\n")
        build([manual], tmp_path / "ix", fake_settings, True, Silent())
        _until(lambda: http.get("/v1/info").json()["generation"] == 2)
        response = http.post("/v1/search", json={"text": "xylophone"})
        found = response.json()
        assert found["generation"] == 2
        assert response.headers["triptych-generation"] == "2"
        assert [h["document"] for h in found["hits"] if "words" in h["lanes"]] == ["valve.md"]


def test_a_request_in_flight_ends_on_the_engine_it_began_with(tmp_path: Path) -> None:
    for name in ("old", "new"):
        (tmp_path / name).mkdir()
    old, new = FakeEngine(tmp_path / "old"), FakeEngine(tmp_path / "new")
    engines = iter([old, new])
    with client(create_app(Service(lambda base: next(engines), 2), LIMITS)) as http:
        _until(lambda: http.get("/readyz").status_code == 200)
        codes: list[int] = []
        slow = threading.Thread(
            target=lambda: codes.append(http.post("/v1/search", json={"text": "wait"}).status_code)
        )
        slow.start()
        _until(lambda: old.running == 1)
        old.replaced = True
        _until(lambda: http.post("/v1/search", json={"text": "x"}).is_success and bool(new.queries))
        assert not old.closed
        old.release.set()
        slow.join()
        assert codes == [200]
        _until(lambda: old.closed)
        assert not new.closed


def test_a_generation_that_cannot_be_opened_leaves_the_old_one_serving(tmp_path: Path) -> None:
    engine = FakeEngine(tmp_path)
    opened: list[int] = []

    def opener(base: object) -> FakeEngine:
        opened.append(1)
        if len(opened) > 1:
            raise RuntimeError("broken")
        return engine

    with client(create_app(Service(opener, 2), LIMITS)) as http:
        _until(lambda: http.get("/readyz").status_code == 200)
        engine.replaced = True
        _until(lambda: len(opened) > 1)
        assert http.post("/v1/search", json={"text": "x"}).status_code == 200
        assert not engine.closed


class _Openings:
    """An opener over FOLDER/current that notes what it was given, and fails while told to."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.broken = False
        self.bases: list[SearchEngine | None] = []
        self.engines: list[LiveEngine] = []
        self.at_once = threading.Semaphore(1)

    def __call__(self, base: SearchEngine | None) -> SearchEngine:
        assert self.at_once.acquire(blocking=False), "two openings at once"
        try:
            time.sleep(0.02)
            self.bases.append(base)
            if self.broken:
                raise RuntimeError("broken")
            self.engines.append(LiveEngine(self._folder))
            return self.engines[-1]
        finally:
            self.at_once.release()


def _commit(folder: Path, generation: int) -> None:
    (folder / "current").write_text(str(generation))


@pytest.fixture
def openings(tmp_path: Path) -> _Openings:
    _commit(tmp_path, 1)
    return _Openings(tmp_path)


def test_many_follow_at_once_and_one_opens(tmp_path: Path, openings: _Openings) -> None:
    service = Service(openings, 2)
    service.open()

    async def use() -> None:
        assert await service.follow() is False
        _commit(tmp_path, 2)
        followed = await asyncio.gather(*(service.follow() for _ in range(5)))
        assert sorted(followed) == [False, False, False, False, True]
        assert service.generation == 2

    asyncio.run(use())
    old, new = openings.engines
    assert openings.bases == [None, old]
    assert (old.closed, new.closed) == (True, False)


def test_a_follower_that_is_cancelled_leaks_no_engine(tmp_path: Path, openings: _Openings) -> None:
    service = Service(openings, 2)
    service.open()

    async def use() -> None:
        _commit(tmp_path, 2)
        leaving = asyncio.create_task(service.follow())
        await asyncio.sleep(0.005)
        leaving.cancel()
        service.close()
        while len(openings.engines) < 2 or not openings.engines[1].closed:
            await asyncio.sleep(0.01)
        assert openings.engines[0].closed

    asyncio.run(asyncio.wait_for(use(), 10))


def test_what_failed_is_left_alone_until_something_new_is_live(
    tmp_path: Path, openings: _Openings, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = Service(openings, 2)
    service.open()

    async def use() -> None:
        openings.broken = True
        _commit(tmp_path, 2)
        with pytest.raises(RuntimeError, match="broken"):
            await service.follow()
        assert await service.follow() is False
        assert len(openings.bases) == 2
        _commit(tmp_path, 3)
        with pytest.raises(RuntimeError, match="broken"):
            await service.follow()
        assert service.generation == 1
        openings.broken = False
        assert await service.follow() is False
        monkeypatch.setattr(service_module, "RETRY_SECONDS", 0.0)
        _commit(tmp_path, 4)
        assert await service.follow() is True
        assert service.generation == 4

    asyncio.run(use())


def test_what_failed_is_tried_again_after_a_while(
    tmp_path: Path, openings: _Openings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service_module, "RETRY_SECONDS", 0.05)
    service = Service(openings, 2)
    service.open()

    async def use() -> None:
        openings.broken = True
        _commit(tmp_path, 2)
        with pytest.raises(RuntimeError, match="broken"):
            await service.follow()
        openings.broken = False
        await asyncio.sleep(0.06)
        assert await service.follow() is True

    asyncio.run(use())
