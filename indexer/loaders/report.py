"""The plain report: a list of what was left out, in the order it was found."""

from __future__ import annotations

from pathlib import Path

from indexer.records import Skipped


class ListReport:
    """Collects skipped files and notes; the same finding about a path is kept once."""

    def __init__(self) -> None:
        self.skipped: list[Skipped] = []
        self.notes: list[Skipped] = []

    def skip(self, path: Path, reason: str) -> None:
        self._add(self.skipped, Skipped(path, reason))

    def note(self, path: Path, reason: str) -> None:
        self._add(self.notes, Skipped(path, reason))

    @staticmethod
    def _add(found: list[Skipped], finding: Skipped) -> None:
        if finding not in found:
            found.append(finding)
