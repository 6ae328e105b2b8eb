"""A rebuild runs beside the service, one at a time, and says how it went."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from api.app import create_app
from api.rebuilds import Rebuilds
from api.service import Service
from api.writer import Writer
from tests.api_fake import LIMITS, FakeEngine, client
from tests.test_api_errors import problem

GO = "import pathlib, sys, time\nwhile not pathlib.Path(sys.argv[1]).exists(): time.sleep(0.01)\n"


def serving(folder: Path, command: tuple[str, ...]) -> TestClient:
    service = Service(lambda base: FakeEngine(folder), 1)
    service.open()
    # the writer is not used here: its command would only be started and found to be none
    writer = Writer(folder, (sys.executable, "-c", "print('{\"ready\": true}')"))
    return client(create_app(service, LIMITS, (), writer, Rebuilds(folder, command)))


def ended(http: TestClient) -> dict[str, Any]:
    while (state := dict(http.get("/v1/rebuild").json()))["state"] == "running":
        time.sleep(0.01)
    return state


def python(folder: Path, code: str) -> tuple[str, ...]:
    return (sys.executable, "-I", "-c", code, str(folder / "go"))


def test_a_rebuild_runs_and_is_done(tmp_path: Path) -> None:
    code = GO + 'print(\'{"generation": 9, "skipped": []}\')'
    with serving(tmp_path, python(tmp_path, code)) as http:
        idle = {"state": "idle", "generation": None, "error": None, "seconds": 0.0}
        assert http.get("/v1/rebuild").json() == idle
        response = http.post("/v1/rebuild")
        assert response.status_code == 202
        assert response.json()["state"] == "running"
        status, detail = problem(http.post("/v1/rebuild"))
        assert (status, detail) == (
            409,
            "a rebuild is running; GET /v1/rebuild says for how long",
        )
        (tmp_path / "go").touch()
        done = ended(http)
        assert (done["state"], done["generation"], done["error"]) == ("done", 9, None)
        assert 0 < done["seconds"] < 60
        assert http.post("/v1/rebuild").status_code == 202
        assert ended(http)["state"] == "done"


NO_FOLDER = "import sys; print('log\\ntriptych: src: no such folder', file=sys.stderr); sys.exit(2)"


@pytest.mark.parametrize(
    ("code", "error"),
    [
        (NO_FOLDER, "src: no such folder"),
        ("print('{}')", "its output names no generation"),
        ("print('nonsense')", "its output names no generation"),
        ("raise SystemExit(7)", "it ended with 7"),
        ("import os; os.kill(os.getpid(), 9)", "it ended with -9"),
    ],
)
def test_a_rebuild_that_fails_says_why(tmp_path: Path, code: str, error: str) -> None:
    with serving(tmp_path, python(tmp_path, code)) as http:
        http.post("/v1/rebuild")
        state = ended(http)
        assert (state["state"], state["generation"], state["error"]) == ("failed", None, error)


def test_skipped_files_are_no_failure(tmp_path: Path) -> None:
    code = "import sys; print('{\"generation\": 2}'); sys.exit(1)"
    with serving(tmp_path, python(tmp_path, code)) as http:
        http.post("/v1/rebuild")
        assert ended(http)["generation"] == 2


def test_a_command_that_is_not_there(tmp_path: Path) -> None:
    with serving(tmp_path, ("/no/such/program",)) as http:
        http.post("/v1/rebuild")
        assert ended(http)["error"] == "/no/such/program: No such file or directory"


def test_a_rebuild_ends_with_the_service(tmp_path: Path) -> None:
    code = "import os, pathlib, sys, time\n"
    code += "pathlib.Path(sys.argv[1]).write_text(str(os.getpid()))\ntime.sleep(60)"
    with serving(tmp_path, python(tmp_path, code)) as http:
        http.post("/v1/rebuild")
        _until(lambda: (tmp_path / "go").exists() and (tmp_path / "go").read_text() != "")
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "go").read_text()), 0)


def _until(condition: Callable[[], bool]) -> None:
    while not condition():
        time.sleep(0.01)
