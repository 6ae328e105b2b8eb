"""The command line in this process, with the fake models."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from api.cli import main


@dataclass(frozen=True)
class Outcome:
    code: int
    out: str
    err: str

    def json(self) -> Any:
        return json.loads(self.out)

    def refused(self, part: str) -> bool:
        """Whether it ended as one sentence with `part` in it, and nothing was done."""
        sentence = self.err.startswith("triptych: ") and self.err.count("\n") == 1
        return self.code == 2 and sentence and part in self.err


Run = Callable[..., Outcome]


def command_line(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Run:
    """Runs commands with the fake models, chosen by environment, and a cache in `folder`."""
    monkeypatch.setenv("TRIPTYCH_CACHE", str(folder / "cache"))
    monkeypatch.setenv("TRIPTYCH_MODELS__TEXT", "fake:demo")
    monkeypatch.setenv("TRIPTYCH_MODELS__CLIP", "")
    monkeypatch.setenv("TRIPTYCH_MODELS__READER", "fake")
    monkeypatch.setenv("COLUMNS", "200")

    def call(*arguments: object) -> Outcome:
        monkeypatch.setattr(sys, "argv", ["triptych", *map(str, arguments)])
        with pytest.raises(SystemExit) as exit_info:
            main()
        captured = capsys.readouterr()
        code = exit_info.value.code
        return Outcome(code if isinstance(code, int) else 0, captured.out, captured.err)

    return call


def index_of(run: Run, source: Path, folder: Path) -> Path:
    """A new index of `source`."""
    assert run("index", source, "--into", folder / "ix").code == 0
    return folder / "ix"
