"""Bringing the parts of a query together in the shared space."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import numpy as np
import pytest
from numpy.typing import NDArray

from indexer.config import Parts, Ranking
from indexer.records import Modality, Scored
from indexer.store.base import Selection, Store
from search.prepare import Vector
from search.shared import shared_lane

TEXT, IMAGE = Modality.TEXT, Modality.IMAGE
CHUNKS = np.array([[1, 0], [0.6, 0.8], [0, 1], [0.8, 0.6]], np.float32)


class TableStore:
    """Four chunks, nearest by inner product. Both modalities have the mean (0, -1)."""

    def means(self, space: str) -> Mapping[Modality, Vector]:
        assert space == "clip"
        return {TEXT: np.array([0, -1], np.float32), IMAGE: np.array([0, -1], np.float32)}

    def nearest(
        self, space: str, vector: NDArray[np.float32], k: int, selection: Selection | None
    ) -> list[Scored]:
        scores = CHUNKS @ vector
        return [Scored(int(i), float(scores[i])) for i in np.argsort(-scores, kind="stable")][:k]

    def across(
        self, space: str, vector: NDArray[np.float32], k: int, selection: Selection | None
    ) -> list[Scored]:
        return [Scored(one.id, 2 * one.score) for one in self.nearest(space, vector, k, selection)]


def lane(asked: dict[Modality, list[float]], **ranking: Any) -> list[tuple[int, Any]]:
    vectors = {name: np.array(values, np.float32) for name, values in asked.items()}
    store = cast(Store, TableStore())
    found = shared_lane(store, vectors, Ranking(**ranking), None)
    return [(one.id, pytest.approx(one.score, abs=1e-6)) for one in found]


BOTH = {IMAGE: [1.0, 0.0], TEXT: [0.0, 1.0]}


def test_one_part_is_searched_as_it_is() -> None:
    for mixing in ("early", "late", "hybrid"):
        found = lane({IMAGE: [1.0, 0.0]}, centre=False, mixing=mixing)
        assert found == [(0, 1.0), (3, 0.8), (1, 0.6), (2, 0.0)]


def test_the_mean_of_its_modality_is_taken_from_a_part() -> None:
    # (1, 0) - (0, -1) = (1, 1), at unit length; scores are those of `across`.
    r = 2 / np.sqrt(2)
    assert lane({IMAGE: [1.0, 0.0]}) == [(1, 1.4 * r), (3, 1.4 * r), (0, r), (2, r)]


def test_early_fusion_searches_the_weighted_sum() -> None:
    r = 1 / np.sqrt(2)
    found = lane(BOTH, centre=False, mixing="early")
    assert found == [(1, 1.4 * r), (3, 1.4 * r), (0, r), (2, r)]
    # 3·(1, 0) + 4·(0, 1) = (3, 4), at unit length (0.6, 0.8)
    parts = Parts(image=3.0, text=4.0)
    found = lane(BOTH, centre=False, mixing="early", parts=parts)
    assert found == [(1, 1.0), (3, 0.96), (2, 0.8), (0, 0.6)]


def test_late_fusion_fuses_the_ranks_of_the_parts() -> None:
    # image: 0 3 1 2; text: 2 1 3 0; weights 2 and 1, constant 1.
    # 0: 2/2 + 1/5, 3: 2/3 + 1/4, 1: 2/4 + 1/3, 2: 2/5 + 1/2
    parts = Parts(image=2.0, text=1.0)
    found = lane(BOTH, centre=False, mixing="late", parts=parts, rrf_k=1.0)
    assert found == [(0, 1.0), (3, 0.8), (2, 1.0), (1, 0.8)]
    assert lane(BOTH, centre=False, mixing="late", parts=parts, rrf_k=1.0, depth=1) == [(0, 1.0)]


def test_hybrid_fusion_has_the_sum_as_a_third_ranking() -> None:
    # sum: 1 3 0 2, of weight 1; image 0 3 1 2; text 2 1 3 0; constant 1.
    # 1: 1/2 + 1/4 + 1/3, 3: 1/3 + 1/3 + 1/4, 0: 1/4 + 1/2 + 1/5, 2: 1/5 + 1/5 + 1/2
    found = lane(BOTH, centre=False, mixing="hybrid", rrf_k=1.0)
    assert found == [(1, 1.4 / np.sqrt(2)), (0, 1.0), (3, 1.4 / np.sqrt(2)), (2, 1.0)]
