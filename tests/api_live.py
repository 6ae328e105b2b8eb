"""A service over a fake engine and a fake worker, both on the same folder."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import gettempdir
from typing import Any

import pytest
from starlette.testclient import TestClient

from api import app as app_module
from api.app import create_app
from api.rebuilds import Rebuilds
from api.service import Opener, Service
from api.writer import Writer
from indexer.config import Limits
from tests.api_fake import LiveEngine, client

LIMITS = Limits.model_validate(
    {"image_bytes": 1_000, "sound_bytes": 1_000, "query_chars": 200, "file_bytes": 300_000}
)


@pytest.fixture(name="folder")
def folder_fixture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An index of generation 3. Nothing is followed but for what a change follows itself."""
    monkeypatch.setattr(app_module, "FOLLOW_SECONDS", 60)
    (tmp_path / "current").write_text("3")
    return tmp_path


def live_writer(folder: Path) -> Writer:
    script = Path(__file__).parent / "api_worker.py"
    return Writer(folder, (sys.executable, "-I", str(script), str(folder)))


@contextmanager
def live_client(folder: Path, opener: Opener | None = None) -> Iterator[TestClient]:
    """A client, at http://localhost:8000; afterwards no body may be left on the disk."""
    service = Service(opener or (lambda base: LiveEngine(folder)), 2)
    service.open()
    rebuilds = Rebuilds(folder, (sys.executable, "-c", "print('{}')"))
    with client(create_app(service, LIMITS, (), live_writer(folder), rebuilds)) as opened:
        yield opened
    kept = {Path(put["kept"]).parent.name for one in asked(folder) for put in one["put"]}
    assert not kept & set(os.listdir(gettempdir()))


@pytest.fixture(name="http")
def http_fixture(folder: Path) -> Iterator[TestClient]:
    with live_client(folder) as opened:
        yield opened


def asked(folder: Path) -> list[dict[str, Any]]:
    """What the worker was asked, in order."""
    path = folder / "asked"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def puts(folder: Path) -> list[tuple[str, str, str]]:
    """Id, suffix and body of every document put in, in order."""
    return [(put["id"], put["suffix"], put["body"]) for one in asked(folder) for put in one["put"]]
