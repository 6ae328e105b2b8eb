"""A running service takes up a new generation, and nobody notices but by the answers."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

from api.app import create_app
from api.service import Service
from indexer.building.build import build
from indexer.building.progress import Silent
from indexer.config import Settings
from search.engine import Engine
from tests.api_fake import LIMITS, FakeEngine, client


def _until(condition: Callable[[], bool], seconds: float = 10) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_a_new_generation_is_served_within_a_second_or_so(
    manual: Path, tmp_path: Path, fake_settings: Settings
) -> None:
    build([manual], tmp_path / "ix", fake_settings, True, Silent())
    service = Service(lambda: Engine.open(tmp_path / "ix", fake_settings), 2)
    with client(create_app(service, LIMITS)) as http:
        _until(lambda: http.get("/readyz").status_code == 200)
        assert http.get("/v1/info").json()["generation"] == 1
        (manual / "valve.md").write_text("# Valve\n\nThe xylophone valve is new.\n")
        build([manual], tmp_path / "ix", fake_settings, True, Silent())
        _until(lambda: http.get("/v1/info").json()["generation"] == 2)
        found = http.post("/v1/search", json={"text": "xylophone"}).json()
        assert found["generation"] == 2
        assert [h["document"] for h in found["hits"] if "words" in h["lanes"]] == ["valve.md"]


def test_a_request_in_flight_ends_on_the_engine_it_began_with(tmp_path: Path) -> None:
    for name in ("old", "new"):
        (tmp_path / name).mkdir()
    old, new = FakeEngine(tmp_path / "old"), FakeEngine(tmp_path / "new")
    engines = iter([old, new])
    with client(create_app(Service(lambda: next(engines), 2), LIMITS)) as http:
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

    def opener() -> FakeEngine:
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
