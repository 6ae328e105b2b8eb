"""An index with judged questions to tune it on."""

from __future__ import annotations

import json
from pathlib import Path

from indexer.building.build import build
from indexer.building.progress import Silent
from indexer.config import Settings
from tests.fakes import AXES


def make(tmp_path: Path, settings: Settings, copies: int) -> Path:
    """An index with a page for each axis, and `copies` questions for each, all put right."""
    source = tmp_path / "pages"
    source.mkdir()
    for axis in AXES:
        (source / f"{axis}.md").write_text(f"# Page\n\nAll about {axis}.\n")
    build([source], tmp_path / "ix", settings, True, Silent())
    lines = [
        json.dumps({"text": axis, "relevant": [f"{axis}.md"]})
        for axis in AXES
        for _ in range(copies)
    ]
    (tmp_path / "pairs.jsonl").write_text("\n".join(lines))
    return tmp_path / "ix"
