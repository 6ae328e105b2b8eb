"""What tuning adds to an index: a map of question vectors, kept beside the index and replaceable.

The vectors of the index stay as they are. `indexer.align` learns an adapter; this file is what
building and searching agree on.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import JsonValue
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from indexer.encoders.base import Space
from indexer.errors import IndexDamaged
from indexer.records import Vectors
from indexer.store.centres import unit
from indexer.store.durable import sync, write_atomic

FOLDER = "adapters"

FUSION_FILE = "fusion.json"
"""Learnt weights of the lanes (search/fusion/learnt.py), beside the adapters."""

CONFIDENCE_FILE = "confidence.json"
"""Learnt confidence (search/tuned.py), beside the adapters."""

FORMAT = 1

Stamp = tuple[tuple[str, int, int], ...]
"""Name, inode and time of change of everything learnt that is installed."""


@dataclass(frozen=True, slots=True, eq=False)
class Memory:
    """Directions that answered known questions.

    A question near `keys` (float32 (n, dim), unit rows) is moved towards the rows of `values`
    (float32 (n, dim)), each weighted by its softmax over the keys at `temperature`, and all by
    `strength`. A key that stands for "none of these", of similarity `floor` to every question,
    takes its share of the softmax, so that a new question is left alone. The form is that of
    Tip-Adapter's cache (arXiv 2207.09519), with vectors of the index where that has classes.
    Where `mapped`, keys are compared with what the linear part has made of a question.
    """

    keys: Vectors
    values: Vectors
    temperature: float
    floor: float
    strength: float
    mapped: bool = False

    @classmethod
    def none(cls, dim: int) -> Memory:
        """One that adds nothing."""
        empty = np.empty((0, dim), np.float32)
        return cls(empty, empty, 1.0, 0.0, 0.0)

    def recall(self, queries: Vectors) -> Vectors:
        """What to add to these queries (n, dim): float32 (n, dim)."""
        if not self.strength or not len(self.keys):
            return np.zeros_like(queries)
        known = queries @ self.keys.T
        best = np.maximum(known.max(axis=1, keepdims=True), self.floor)
        weights = np.exp((known - best) / self.temperature)
        others = np.exp((self.floor - best) / self.temperature)
        weights /= weights.sum(axis=1, keepdims=True) + others
        added: Vectors = (self.strength * (weights @ self.values)).astype(np.float32)
        return added


@dataclass(frozen=True, slots=True, eq=False)
class Adapter:
    """q → normalise(normalise(q·(I + residual) + offset) + memory(q)), for one space.

    `residual` is float32 (dim, dim), `offset` float32 (dim,). `scale` brings the scores of
    adapted questions back to the range of cosines, on which the evidence for an answer is
    calibrated. `figures` says what was measured when it was learnt.
    """

    space: str
    fingerprint: str
    residual: NDArray[np.float32]
    offset: NDArray[np.float32]
    memory: Memory
    scale: float = 1.0
    figures: Mapping[str, JsonValue] = field(default_factory=dict)

    def apply(self, queries: Vectors) -> Vectors:
        """Question vectors, float32 (n, dim) → float32 (n, dim), unit length."""
        mapped = unit(queries + queries @ self.residual + self.offset)
        known = mapped if self.memory.mapped else queries
        return unit(mapped + self.memory.recall(known))

    def fits(self, space: Space) -> bool:
        """Whether it was learnt for the vectors of this very space."""
        return (self.space, self.fingerprint) == (space.name, space.fingerprint)


def write_adapter(root: Path, adapter: Adapter) -> None:
    """Install an adapter in the index at `root`, in place of the one before. Raises OSError."""
    memory = adapter.memory
    facts = {
        "format": FORMAT,
        "space": adapter.space,
        "fingerprint": adapter.fingerprint,
        "temperature": memory.temperature,
        "floor": memory.floor,
        "strength": memory.strength,
        "mapped": memory.mapped,
        "scale": adapter.scale,
        "figures": dict(adapter.figures),
    }
    tensors = {
        "residual": np.ascontiguousarray(adapter.residual, np.float32),
        "offset": np.ascontiguousarray(adapter.offset, np.float32),
        "keys": np.ascontiguousarray(memory.keys, np.float32),
        "values": np.ascontiguousarray(memory.values, np.float32),
    }
    install(_path(root, adapter.space), save(tensors, {"triptych": json.dumps(facts)}))


def read_adapter(root: Path, space: str) -> Adapter | None:
    """The adapter installed for a space, None where there is none. Raises IndexDamaged."""
    path = _path(root, space)
    if not path.exists():
        return None
    try:
        with safe_open(path, framework="np") as file:
            facts = json.loads((file.metadata() or {})["triptych"])
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        if facts["format"] != FORMAT:
            raise ValueError(f"format {facts['format']}, not {FORMAT}")
        adapter = Adapter(
            space=facts["space"],
            fingerprint=facts["fingerprint"],
            residual=tensors["residual"],
            offset=tensors["offset"],
            memory=Memory(
                tensors["keys"],
                tensors["values"],
                facts["temperature"],
                facts["floor"],
                facts["strength"],
                facts.get("mapped", False),
            ),
            scale=facts["scale"],
            figures=facts["figures"],
        )
    except (SafetensorError, OSError, KeyError, TypeError, ValueError) as error:
        raise IndexDamaged(
            f"{path}: is not an adapter ({error}); take it away with: "
            f"triptych tune --index {root} --remove"
        ) from error
    return adapter


def remove_adapter(root: Path, space: str) -> bool:
    """Take the adapter of a space away; whether there was one. Raises OSError."""
    return uninstall(_path(root, space))


def install(path: Path, data: bytes) -> None:
    """Write what was learnt into the FOLDER of an index, in one step. Raises OSError."""
    if not path.parent.is_dir():
        path.parent.mkdir()
        sync(path.parent.parent)
    write_atomic(path, data)


def uninstall(path: Path) -> bool:
    """Take it away for good; whether there was anything. Raises OSError."""
    if not path.exists():
        return False
    path.unlink()
    sync(path.parent)
    return True


def adapters_for(root: Path, spaces: Mapping[str, Space]) -> dict[str, Adapter]:
    """The installed adapters by space, but those of other weights. Raises IndexDamaged."""
    found = {name: read_adapter(root, name) for name in spaces}
    return {name: one for name, one in found.items() if one and one.fits(spaces[name])}


def adapters_stamp(root: Path) -> Stamp:
    """Changes whenever an adapter, fusion or confidence is installed, replaced or removed."""
    found: list[tuple[str, int, int]] = []
    folder = root / FOLDER
    others = [folder / FUSION_FILE, folder / CONFIDENCE_FILE]
    for path in [*sorted(folder.glob("*.safetensors")), *others]:
        try:
            facts = path.stat()
        except FileNotFoundError:
            continue
        found.append((path.name, facts.st_ino, facts.st_mtime_ns))
    return tuple(found)


def _path(root: Path, space: str) -> Path:
    return root / FOLDER / f"{space}.safetensors"
