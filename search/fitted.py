"""What judged questions taught, as a file beside the adapters of an index."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import JsonValue

from indexer.adapter import FOLDER, install, uninstall
from indexer.errors import IndexDamaged

Facts = dict[str, Any]
"""What a file holds, as JSON gives it."""

Fitted = TypeVar("Fitted")


@dataclass(frozen=True, slots=True)
class FittedFile:
    """`name` is that of the file, `option` the one of `tune` that writes it."""

    name: str
    option: str
    format: int

    def write(self, root: Path, facts: Mapping[str, JsonValue]) -> None:
        """Install facts in the index at `root`, in place of those before. Raises OSError."""
        data = json.dumps({"format": self.format, **facts}, indent=1)
        install(self._path(root), data.encode("ascii"))

    def read(self, root: Path, parse: Callable[[Facts], Fitted]) -> Fitted | None:
        """What `parse` makes of the facts installed, None where there are none.

        Raises IndexDamaged, also for what `parse` does not find or cannot take.
        """
        path = self._path(root)
        if not path.exists():
            return None
        try:
            facts = json.loads(path.read_bytes())
            if facts["format"] != self.format:
                raise ValueError(f"format {facts['format']}, not {self.format}")
            return parse(facts)
        except (OSError, KeyError, TypeError, AttributeError, ValueError) as error:
            raise IndexDamaged(
                f"{path}: is not what `tune {self.option}` learnt ({error!r}); take it away with: "
                f"triptych tune --index {root} {self.option} --remove"
            ) from error

    def remove(self, root: Path) -> bool:
        """Take the facts away; whether there were any. Raises OSError."""
        return uninstall(self._path(root))

    def _path(self, root: Path) -> Path:
        return root / FOLDER / self.name
