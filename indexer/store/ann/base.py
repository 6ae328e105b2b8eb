"""What an approximate index is to the vectors it lies beside, and which one fits how many."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol

import faiss
import numpy as np
from numpy.typing import NDArray

from indexer.records import Vectors

Places = NDArray[np.int64]
"""Positions of vectors in the order they were written."""

Passing = NDArray[np.bool_]
"""Which of the vectors may be found, (n,)."""

FLAT_LIMIT = 50_000
"""Up to this many vectors exact search is fast enough."""

GRAPH_LIMIT = 2_000_000
"""Beyond this many vectors a graph takes too long to build and too much memory."""

_SPARE = 8
"""Candidates fetched beyond what `widen` asks for, so that short rankings have some too."""

_AWAY = 4

# FAISS's type stubs leave out what its Python layer adds.
_bitmap: Any = faiss.IDSelectorBitmap
_pointer: Any = faiss.swig_ptr


class Kind(StrEnum):
    """How the vectors of a space are searched."""

    FLAT = "flat"
    GRAPH = "graph"
    LISTS = "lists"


def kind_for(count: int, flat_limit: int = FLAT_LIMIT, graph_limit: int = GRAPH_LIMIT) -> Kind:
    """The kind for `count` vectors: exact, then a graph, then inverted lists."""
    if count <= flat_limit:
        return Kind.FLAT
    return Kind.GRAPH if count <= graph_limit else Kind.LISTS


@dataclass(frozen=True, slots=True)
class Setting:
    """How far a search goes.

    `effort` is the breadth of a walk or the number of lists probed. `widen` is how many
    candidates are fetched for each result, to be compared exactly.
    """

    effort: int
    widen: float

    def fetch(self, k: int, count: int) -> int:
        """How many candidates to fetch for k results out of `count` vectors."""
        return min(int(k * self.widen) + _SPARE, count)


class Approximate(Protocol):
    """Proposes candidates by codes that are smaller than the vectors."""

    setting: Setting

    def candidates(self, query: Vectors, k: int) -> Places:
        """Places that hold the k nearest of `query` (1, dim) and some more, in any order."""
        ...

    def candidates_of(self, query: Vectors, k: int, passing: Passing, count: int) -> Places | None:
        """The same among the `count` that pass; None where comparing them all costs less."""
        ...


def selector(passing: Passing) -> faiss.IDSelector:
    """A FAISS selector of the places that pass."""
    made: faiss.IDSelector = _bitmap(np.packbits(passing, bitorder="little"))
    return made


def lies_away(near: Places, passing: Passing, count: int) -> bool:
    """Whether the neighbourhood of a query passes far less often than all vectors do.

    What passes then lies elsewhere, and a search that goes out from the query ends before it.
    """
    return int(np.count_nonzero(passing[near])) * len(passing) * _AWAY < count * len(near)


def ask(index: faiss.Index, query: Vectors, fetch: int, parameters: object) -> Places:
    """The places found for one query, C-contiguous float32 (1, dim), best code first, no -1.

    Calls what `index.search` calls, without its checks, which are a tenth of a short search.
    """
    scores = np.empty(fetch, np.float32)
    places = np.empty(fetch, np.int64)
    raw: Any = index
    raw.search_c(1, _pointer(query), fetch, _pointer(scores), _pointer(places), parameters)
    return places if places[-1] >= 0 else places[places >= 0]


def setting_path(index: Path) -> Path:
    return index.with_name(f"{index.name}.json")


def write_setting(index: Path, kind: Kind, setting: Setting) -> None:
    """Say beside the approximate index `index` what it is and how far to search it."""
    setting_path(index).write_text(json.dumps({"kind": kind, **asdict(setting)}), encoding="ascii")


def read_setting(index: Path) -> tuple[Kind, Setting]:
    """What `write_setting` wrote. Raises ValueError for anything else, OSError."""
    path = setting_path(index)
    data = path.read_bytes()
    try:
        said = json.loads(data)
        setting = Setting(int(said["effort"]), float(said["widen"]))
        kind = Kind(said["kind"])
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path}: does not say how to search ({error})") from error
    if setting.effort < 1 or setting.widen < 1:
        raise ValueError(f"{path}: {setting} is not a way to search")
    return kind, setting
