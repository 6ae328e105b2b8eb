"""Shared fixtures: settings with fakes, a model cache per run, the sample index."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from indexer.building.build import build
from indexer.building.facts import BuildResult
from indexer.building.progress import Silent
from indexer.config import Models, Settings
from indexer.encoders.base import ENCODERS
from indexer.readers.base import READERS
from indexer.readers.speech import SPEECH_READERS
from tests.torch_process import TorchProcess

ROOT = Path(__file__).parent.parent
DATA = ROOT.parent / "shared" / "data"
KNOWLEDGE = ROOT / "examples" / "knowledge"
QUESTIONS = ROOT / "examples" / "questions"

ENCODERS.register("fake", "tests.fakes:FakeEncoder")
READERS.register("fake", "tests.fakes:FakeReader")
SPEECH_READERS.register("fake", "tests.fakes:FakeSpeechReader")


@pytest.fixture(scope="session")
def torch_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TorchProcess]:
    process = TorchProcess(tmp_path_factory.mktemp("torch"))
    yield process
    process.close()


@pytest.fixture(scope="session", autouse=True)
def exports_are_forked(torch_process: TorchProcess) -> Iterator[None]:
    """Exporting a model loads torch only once; what is exported and how is the same."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("indexer.encoders.exported.subprocess", torch_process)
        yield


@pytest.fixture(scope="session", autouse=True)
def no_wait_for_the_disk() -> Iterator[None]:
    """No power fails while tests run, so what is written need not be on the disk."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", os.fstat)  # which refuses what is no open file, too
        yield


@pytest.fixture(scope="session")
def model_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the embedded models are exported to, by the first process of a run that asks."""
    base = tmp_path_factory.getbasetemp()
    return (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "models"


@pytest.fixture
def fake_settings(tmp_path: Path) -> Settings:
    """Settings with the fake encoder for both spaces and the fake reader."""
    models = Models(text="fake:demo", clip="fake:demo", reader="fake", speech="fake")
    return Settings(cache=tmp_path / "cache", workers=2, models=models)


@pytest.fixture(scope="session")
def real_settings(model_cache: Path) -> Settings:
    """The embedded defaults, but for one thread: the other cores have tests of their own."""
    return Settings(cache=model_cache, workers=1)


@pytest.fixture(scope="session")
def sample_index(
    tmp_path_factory: pytest.TempPathFactory, real_settings: Settings
) -> tuple[Path, BuildResult]:
    """The sample knowledge base, indexed with the embedded models."""
    into = tmp_path_factory.mktemp("index") / "sample"
    return into, build([KNOWLEDGE], into, real_settings, True, Silent())


@pytest.fixture
def manual(tmp_path: Path) -> Path:
    """A small source: two pages, one with a red picture, a ticket file, a lone blue picture."""
    root = tmp_path / "source"
    (root / "images").mkdir(parents=True)
    Image.new("RGB", (40, 30), (255, 0, 0)).save(root / "images" / "panel.png")
    Image.new("RGB", (64, 48), (0, 0, 255)).save(root / "lamp.png")
    (root / "pump.md").write_text(
        "# Pump\n\nThe pump moves water.\n\n## Start\n\nOpen the valve before the pump runs.\n\n"
        "![The red panel](images/panel.png)\n\nThe panel shows the state.\n"
    )
    (root / "valve.md").write_text("# Valve\n\nTurn the valve clockwise to close it.\n")
    (root / "tickets.csv").write_text(
        "id,subject,description,resolution,product,created\n"
        "T1,Pump is loud,The pump makes a grinding noise.,Bleed the air out of the pump.,P100,"
        "2025-03-01\n"
        "T2,Valve stuck,The valve does not turn.,Grease the valve stem.,V20,2025-06-15\n"
    )
    return root
