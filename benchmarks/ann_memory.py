"""How much memory an index needs resident, measured in a process that only answers queries.

python -m benchmarks.ann_memory FOLDER graph|lists|hnswlib16|hnswlib32
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

_K = 10
_MAPPING = re.compile(r"[0-9a-f]+-[0-9a-f]+ \S+ \S+ \S+ \S+ *(.*)")


@dataclass(frozen=True, slots=True)
class Resident:
    """Bytes by what holds them: the heap, mapped codes and links, mapped vectors."""

    anonymous: int
    mapped: int
    floats: int

    @property
    def walked(self) -> int:
        """What a search goes through; the vectors are only looked up, and may be dropped."""
        return self.anonymous + self.mapped


def resident(folder: Path, name: str) -> Resident:
    """Measure the index `name` in `folder` beyond what its imports and queries take."""
    command = [sys.executable, "-m", "benchmarks.ann_memory", str(folder), name]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return Resident(**json.loads(done.stdout))


def _answer(folder: Path, name: str) -> Resident:
    queries = np.load(folder / "queries.npy")
    if name.startswith("hnswlib"):
        import hnswlib

        before = _now()
        peer = hnswlib.Index("ip", queries.shape[1])
        peer.load_index(str(folder / name))
        peer.set_ef(64)
        for query in queries:
            peer.knn_query(query, _K, num_threads=1)
    else:
        from indexer.store.vectors import SpaceVectors

        before = _now()
        space = SpaceVectors(folder / f"{name}.faiss")
        for query in queries:
            space.search(query, _K, None)
    after = _now()
    return Resident(
        after.anonymous - before.anonymous,
        after.mapped - before.mapped,
        after.floats - before.floats,
    )


def _now() -> Resident:
    anonymous = mapped = floats = 0
    path = ""
    for line in Path("/proc/self/smaps").read_text(encoding="utf-8").splitlines():
        mapping = _MAPPING.fullmatch(line)
        if mapping is not None:
            path = mapping[1]
        elif line.startswith("Anonymous:"):
            anonymous += 1024 * int(line.split()[1])
        elif line.startswith("Rss:") and path.endswith(".ann"):
            mapped += 1024 * int(line.split()[1])
        elif line.startswith("Rss:") and path.endswith(".faiss"):
            floats += 1024 * int(line.split()[1])
    return Resident(anonymous, mapped, floats)


if __name__ == "__main__":
    print(json.dumps(asdict(_answer(Path(sys.argv[1]), sys.argv[2]))))
