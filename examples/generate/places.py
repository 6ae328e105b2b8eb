"""Where things lie."""

from __future__ import annotations

from pathlib import Path

HERE = Path(__file__).resolve().parent
DATA = HERE / "data"
EXAMPLES = HERE.parent
KNOWLEDGE = EXAMPLES / "knowledge"
QUESTIONS = EXAMPLES / "questions"


def output(root: Path, name: str) -> Path:
    """The path `name` under `root`, its folder made."""
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    return path
