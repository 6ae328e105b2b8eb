"""Small arrays, written out."""

from __future__ import annotations

import numpy as np

from indexer.records import Vectors


def rows(*values: list[float]) -> Vectors:
    return np.array(values, np.float32)


def numbers(*values: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.array(values, np.int64)
