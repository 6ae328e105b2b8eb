"""The writing process of the service, run as it is in earnest but for its models."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from indexer.config import Settings
from indexer.store.index import Index
from indexer.store.lock import writer_lock
from indexer.store.manifest import read_current, read_manifest
from indexer.store.verify import verify
from tests.building import index, paths, texts
from tests.conftest import ROOT

_MAIN = """
import tests.conftest
from indexer.building import live, worker
live.WAIT_SECONDS = 0.5
worker.main()
"""


class Worker:
    """A worker, asked line by line."""

    def __init__(self, root: Path, settings: Settings, **models: str) -> None:
        chosen = {"text": "fake:demo", "clip": "fake:demo", "reader": "fake"} | models
        environment = os.environ | {
            "PYTHONPATH": str(ROOT),
            "TRIPTYCH_CACHE": str(settings.cache),
            **{f"TRIPTYCH_MODELS__{name.upper()}": value for name, value in chosen.items()},
        }
        self.process = subprocess.Popen(
            [sys.executable, "-c", _MAIN, str(root)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
            cwd=root.parent,
        )
        self.first = self.answer()

    def send(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def answer(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        answer: dict[str, Any] = json.loads(self.process.stdout.readline())
        return answer

    def ask(self, **request: Any) -> dict[str, Any]:
        self.send(json.dumps(request))
        return self.answer()

    def end(self) -> int:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        self.process.stdout.close()
        return self.process.wait(60)


@contextmanager
def _worker(root: Path, settings: Settings, **models: str) -> Iterator[Worker]:
    worker = Worker(root, settings, **models)
    try:
        yield worker
    finally:
        worker.process.kill()
        worker.end()


@pytest.fixture
def root(manual: Path, tmp_path: Path, fake_settings: Settings) -> Path:
    index(manual, tmp_path / "ix", fake_settings)
    return tmp_path / "ix"


def _put(folder: Path, id: str, body: str) -> dict[str, str]:
    path = folder / f"body-{len(list(folder.glob('body-*')))}"
    path.write_text(body)
    return {"id": id, "path": str(path), "suffix": Path(id).suffix}


def test_changes_are_answered_in_order_and_the_end_of_input_ends_it(
    root: Path, tmp_path: Path, fake_settings: Settings
) -> None:
    with _worker(root, fake_settings) as worker:
        assert worker.first == {"ready": True}
        page = _put(tmp_path, "faq/wifi.md", "# Wifi\n\nThe pump.\n\n![No](no.png)\n")
        assert worker.ask(put=[page], delete=[]) == {
            "generation": 2,
            "documents": 1,
            "deleted": 0,
            "notes": ["faq/wifi.md: links to no.png, which is not there"],
        }
        for number in range(5):
            put = _put(tmp_path, "n.md", f"Number {number}.")
            worker.send(json.dumps({"put": [put], "delete": []}))
        assert [worker.answer()["generation"] for _ in range(5)] == [3, 4, 5, 6, 7]
        gone = [{"id": "faq/wifi.md", "source": None}, {"id": "valve.md"}]
        answer = worker.ask(put=[_put(tmp_path, "x.txt", "X.")], delete=gone)
        assert (answer["documents"], answer["deleted"]) == (1, 2)
        assert worker.end() == 0
    assert texts(root, "n.md") == ["Number 4."]
    assert {"x.txt", "n.md"} < set(paths(root))
    assert {"faq/wifi.md", "valve.md"}.isdisjoint(paths(root))


def test_what_cannot_be_done_is_said_and_changes_nothing(
    root: Path, tmp_path: Path, fake_settings: Settings
) -> None:
    with _worker(root, fake_settings) as worker:
        good = _put(tmp_path, "good.md", "Good.")
        answers = [
            worker.ask(put=[good, _put(tmp_path, "bad.md", "")], delete=[]),
            worker.ask(put=[good], delete=[{"id": "none.md", "source": None}]),
            worker.ask(put=[good, good], delete=[]),
            worker.ask(put=[{"id": "p.md", "path": str(tmp_path / "none"), "suffix": ".md"}]),
            worker.ask(put=[{"id": "p.md"}]),
        ]
        worker.send("no JSON")
        answers.append(worker.answer())
        assert [(answer["kind"], answer["status"]) for answer in answers] == [
            ("BadFile", 422),
            ("NoSuchDocument", 404),
            ("BadQuery", 422),
            ("BadFile", 422),
            ("KeyError", 500),
            ("JSONDecodeError", 500),
        ]
        assert answers[0]["error"] == "bad.md: empty file"
        assert answers[1]["error"] == f"none.md: no such document in {root}"
        assert read_current(root).generation == 1
        assert worker.ask(put=[good], delete=[])["generation"] == 2


def test_while_another_writes_it_is_busy(
    root: Path, tmp_path: Path, fake_settings: Settings
) -> None:
    with _worker(root, fake_settings) as worker:
        with writer_lock(root):
            answer = worker.ask(put=[_put(tmp_path, "a.md", "A.")], delete=[])
        assert (answer["kind"], answer["status"]) == ("IndexBusy", 503)
        assert worker.ask(put=[_put(tmp_path, "a.md", "A.")], delete=[])["documents"] == 1


def test_it_refuses_what_it_cannot_write_to(
    root: Path, tmp_path: Path, fake_settings: Settings
) -> None:
    with _worker(root, fake_settings, text="fake:other") as worker:
        assert (worker.first["kind"], worker.first["status"]) == ("IndexMismatch", 503)
        assert worker.end() == 0
    with _worker(tmp_path / "none", fake_settings) as worker:
        assert (worker.first["kind"], worker.first["status"]) == ("IndexNotFound", 503)


def test_many_puts_leave_few_segments(root: Path, tmp_path: Path, fake_settings: Settings) -> None:
    with _worker(root, fake_settings) as worker:
        for number in range(40):
            put = _put(tmp_path, f"p{number}.md", f"Page {number}.")
            answer = worker.ask(put=[put], delete=[])
            assert answer["documents"] == 1
            assert len(read_manifest(root, read_current(root)).segments) <= 8
        worker.end()
    assert {f"p{number}.md" for number in range(40)} < set(paths(root))
    with Index.open(root, verify=True) as opened:
        assert (opened.manifest.documents, opened.manifest.chunks) == (45, 49)
    assert [fault for fault in verify(root) if fault.segment] == []
