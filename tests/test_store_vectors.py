"""Nearest neighbours, checked by hand and against numpy."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import faiss
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from indexer.records import Vectors
from indexer.store.ann.base import lies_away
from indexer.store.manifest import SpaceFile
from indexer.store.vectors import SpaceVectors, write_vectors


@pytest.fixture(autouse=True, scope="module")
def one_thread() -> Iterator[None]:
    """FAISS threads wait by spinning, which slows everyone down where cores are shared."""
    before = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    yield
    faiss.omp_set_num_threads(before)


def unit(count: int, dim: int, seed: int = 0) -> Vectors:
    vectors = np.random.default_rng(seed).normal(size=(count, dim)).astype(np.float32)
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)


def build(
    path: Path, vectors: Vectors, rows: list[int] | None = None, limit: int = 50_000
) -> SpaceVectors:
    ids = np.arange(len(vectors)) if rows is None else np.array(rows)
    write_vectors(path, ids.astype(np.int64), vectors, limit)
    return SpaceVectors(path)


def exact(
    vectors: Vectors, query: NDArray[np.float32], k: int, mask: NDArray[np.bool_] | None
) -> list[int]:
    scores = vectors.astype(np.float64) @ query.astype(np.float64)
    order = np.lexsort((np.arange(len(vectors)), -scores))
    return [int(row) for row in order if mask is None or mask[row]][:k]


def test_neighbours_by_hand(tmp_path: Path) -> None:
    vectors = np.array([[1, 0], [0.6, 0.8], [0, 1], [-1, 0]], np.float32)
    space = build(tmp_path / "s.faiss", vectors, rows=[2, 5, 7, 11])
    found = space.search(np.array([0.8, 0.6], np.float32), 3, None)
    assert [row for row, _ in found] == [5, 2, 7]
    assert [score for _, score in found] == pytest.approx([0.96, 0.8, 0.6])


def test_rows_without_a_vector_are_never_found(tmp_path: Path) -> None:
    space = build(tmp_path / "s.faiss", unit(3, 4), rows=[1, 4, 9])
    assert space.rows.tolist() == [1, 4, 9]
    assert {row for row, _ in space.search(unit(1, 4)[0], 50, np.ones(12, np.bool_))} == {1, 4, 9}


def test_k_beyond_the_count_gives_all_and_no_minus_one(tmp_path: Path) -> None:
    space = build(tmp_path / "s.faiss", unit(3, 4))
    found = space.search(unit(1, 4)[0], 100, None)
    assert sorted(row for row, _ in found) == [0, 1, 2]


@pytest.mark.parametrize("limit", [50_000, 10])
@pytest.mark.parametrize("rows", [None, [0, 100, 200, 299], list(range(0, 300, 2)), []])
def test_selection_is_inside_the_search(tmp_path: Path, limit: int, rows: list[int] | None) -> None:
    vectors = unit(300, 16)
    space = build(tmp_path / "s.faiss", vectors, limit=limit)
    mask = None
    if rows is not None:
        mask = np.zeros(300, np.bool_)
        mask[rows] = True
    for seed in range(5):
        query = unit(1, 16, 100 + seed)[0]
        found = space.search(query, 10, mask)
        assert [row for row, _ in found] == exact(vectors, query, 10, mask)
        assert [s for _, s in found] == pytest.approx(
            [vectors[r] @ query for r, _ in found], abs=1e-5
        )


def test_a_wide_selection_of_many_vectors_uses_the_index(tmp_path: Path) -> None:
    vectors = unit(3000, 16)
    space = build(tmp_path / "s.faiss", vectors)
    mask = np.random.default_rng(1).random(3000) < 0.7
    query = unit(1, 16, 5)[0]
    assert [r for r, _ in space.search(query, 20, mask)] == exact(vectors, query, 20, mask)


@pytest.mark.parametrize("count", [40, 2000])
@pytest.mark.parametrize("masked", [False, True])
def test_equal_scores_rank_by_row(tmp_path: Path, count: int, masked: bool) -> None:
    vectors = np.tile(np.array([[0.6, 0.8]], np.float32), (count, 1))
    space = build(tmp_path / "s.faiss", vectors)
    mask = np.ones(count, np.bool_) if masked else None
    if mask is not None:
        mask[:2] = False
    first = 2 if masked else 0
    found = space.search(np.array([1, 0], np.float32), 5, mask)
    assert [row for row, _ in found] == list(range(first, first + 5))


def test_a_graph_is_checked_against_exact_search(tmp_path: Path) -> None:
    vectors = unit(4000, 32)
    written = write_vectors(tmp_path / "s.faiss", np.arange(4000), vectors, flat_limit=1000)
    assert written == SpaceFile("hnsw32-sq8", 4000, 32, written.recall_at_10)
    assert 0.95 <= written.recall_at_10 <= 1
    space = SpaceVectors(tmp_path / "s.faiss")
    queries = unit(50, 32, 9)
    some = np.random.default_rng(2).random(4000) < 0.4
    most = np.random.default_rng(2).random(4000) < 0.9
    for chosen in (None, some, most):
        overlap = [
            len(
                {row for row, _ in space.search(q, 10, chosen)} & set(exact(vectors, q, 10, chosen))
            )
            for q in queries
        ]
        assert np.mean(overlap) / 10 >= 0.95


def test_a_filter_may_take_out_the_nearest_of_a_graph(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    vectors = unit(4000, 8)
    space = build(tmp_path / "s.faiss", vectors, limit=100)
    monkeypatch.setattr("indexer.store.ann.graph._VISITS", 0)  # walk, though comparing costs less
    overlap = []
    for query in unit(20, 8, 3):
        mask = np.ones(4000, np.bool_)
        mask[np.argsort(-(vectors @ query))[:400]] = False
        found = [row for row, _ in space.search(query, 10, mask)]
        assert mask[found].all()
        overlap.append(len(set(found) & set(exact(vectors, query, 10, mask))))
    assert np.mean(overlap) >= 9.5


def test_flat_is_exact(tmp_path: Path) -> None:
    written = write_vectors(tmp_path / "s.faiss", np.arange(5), unit(5, 8))
    assert written == SpaceFile("flat", 5, 8, 1.0)


def test_no_vectors_at_all(tmp_path: Path) -> None:
    space = build(tmp_path / "s.faiss", np.empty((0, 8), np.float32))
    assert space.search(unit(1, 8)[0], 5, None) == []


def test_vectors_come_back_in_the_order_of_their_rows(tmp_path: Path) -> None:
    vectors = unit(6, 4)
    rows = [9, 2, 7, 0, 30, 4]
    space = build(tmp_path / "s.faiss", vectors, rows=rows)
    kept, ids = space.vectors(), space.rows
    del space  # what was handed out outlives the space
    assert ids.tolist() == rows
    assert kept.dtype == np.float32
    assert (kept == vectors).all()
    with pytest.raises(ValueError, match="read-only"):
        kept[0] = 0


def test_a_file_that_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "s.faiss").write_bytes(b"not an index")
    with pytest.raises(RuntimeError):
        SpaceVectors(tmp_path / "s.faiss")


def test_many_threads_agree(tmp_path: Path) -> None:
    vectors = unit(1500, 24)
    space = build(tmp_path / "s.faiss", vectors, limit=100)
    mask = np.arange(1500) % 3 > 0
    alone = [space.search(q, 10, mask) for q in vectors[:40]]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda q: space.search(q, 10, mask), vectors[:40])) == alone


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.data())
def test_any_selection_agrees_with_numpy(tmp_path: Path, data: st.DataObject) -> None:
    count = data.draw(st.integers(1, 60))
    vectors = unit(count, 6, data.draw(st.integers(0, 9)))
    mask = np.array(data.draw(st.lists(st.booleans(), min_size=count, max_size=count)), np.bool_)
    k = data.draw(st.integers(1, 70))
    space = build(tmp_path / "s.faiss", vectors)
    query = unit(1, 6, 77)[0]
    assert [row for row, _ in space.search(query, k, mask)] == exact(vectors, query, k, mask)


def test_what_passes_lies_away_from_a_query_whose_neighbours_do_not() -> None:
    passing = np.arange(100) >= 50
    near = np.arange(46, 54)  # half passes, as of all
    assert not lies_away(near, passing, 50)
    assert not lies_away(near - 3, passing, 50)  # 1 of 8: a quarter of what is expected
    assert lies_away(near - 4, passing, 50)  # none of 8


def test_a_selection_without_the_nearer_half_is_searched_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("indexer.store.ann.graph._VISITS", 0)
    vectors = unit(4000, 8)
    space = build(tmp_path / "s.faiss", vectors, limit=100)
    for query in unit(10, 8, 3):
        scores = vectors @ query
        mask = scores < np.median(scores)
        assert [row for row, _ in space.search(query, 10, mask)] == exact(vectors, query, 10, mask)
