"""One ONNX graph, opened when first run."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from indexer.errors import MissingModel
from indexer.records import Vectors

if TYPE_CHECKING:
    from onnxruntime import InferenceSession


def available_threads() -> int:
    """Processors this process may run on."""
    return len(os.sched_getaffinity(0))


class Session:
    """Runs a graph with one output. Safe to call from several threads at once."""

    def __init__(self, path: Path, threads: int = 0) -> None:
        self._path = path
        self._threads = threads or available_threads()
        self._lock = Lock()
        self._session: InferenceSession | None = None

    def run(self, feeds: Mapping[str, NDArray[Any]]) -> Vectors:
        """Inputs by name → the graph's output, float32 (n, dim)."""
        with self._lock:
            session = self._session = self._session or self._open()
        (out,) = session.run(None, dict(feeds))
        return np.asarray(out, dtype=np.float32)

    def _open(self) -> InferenceSession:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = self._threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        try:
            return onnxruntime.InferenceSession(
                str(self._path), options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:
            reason = str(error).splitlines()[0]
            raise MissingModel(
                f"{self._path}: cannot be opened ({reason}); delete its folder to export it again"
            ) from error
