"""A temporary file of documents between reading and encoding.

All files are read before the first is encoded: which images stand alone is known only then,
and so are the totals that a progress bar needs. The spool keeps memory small meanwhile.
"""

from __future__ import annotations

import pickle
import tempfile
from collections.abc import Iterator
from pathlib import Path

from indexer.building.intake import Intake


class Spool:
    """Written once, then read once, in order. The file has no name and dies with the process."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 (close does)
        self.documents = 0
        self.chunks = 0

    def add(self, intake: Intake) -> None:
        pickle.dump(intake, self._file, protocol=pickle.HIGHEST_PROTOCOL)
        self.documents += 1
        self.chunks += len(intake.chunks)

    def __iter__(self) -> Iterator[Intake]:
        self._file.seek(0)
        for _ in range(self.documents):
            yield pickle.load(self._file)

    def close(self) -> None:
        self._file.close()
