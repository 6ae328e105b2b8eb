"""Sweeping and drawing: recall is counted against brute force, sizes are those on disk."""

from __future__ import annotations

from pathlib import Path

import faiss
import numpy as np
import pytest
from PIL import Image

from indexer.errors import BadQuery
from indexer.records import Vectors
from search.plot import draw, frontier
from search.sweep import SweepResult, sweep

DIM = 16


def unit(count: int, seed: int) -> Vectors:
    drawn = np.random.default_rng(seed).normal(size=(count, DIM)).astype(np.float32)
    return np.asarray(drawn / np.linalg.norm(drawn, axis=1, keepdims=True), np.float32)


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> list[SweepResult]:
    before = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    try:
        return sweep(unit(1500, 0), unit(30, 1), tmp_path_factory.mktemp("sweep"))
    finally:
        faiss.omp_set_num_threads(before)


def test_every_kind_is_swept(results: list[SweepResult]) -> None:
    kinds = list(dict.fromkeys(result.kind for result in results))
    assert kinds == ["hnsw32", "hnsw32-sq8 alone", "flat", "hnsw32-sq8", "ivf128-rabitq"]
    chosen = [result.kind for result in results if result.chosen]
    assert chosen == ["flat", "hnsw32-sq8", "ivf128-rabitq"]


def test_exact_search_finds_all_and_more_effort_finds_more(results: list[SweepResult]) -> None:
    flat = next(result for result in results if result.kind == "flat")
    assert (flat.recall_at_10, flat.setting) == (1.0, "exact")
    for kind in ("hnsw32", "ivf128-rabitq"):
        own = [result.recall_at_10 for result in results if result.kind == kind]
        assert own[0] < own[-1] <= 1
        assert own[-1] > 0.9


def test_sizes_and_times(results: list[SweepResult]) -> None:
    by_kind = {result.kind: result for result in results}
    assert by_kind["flat"].disk_bytes == pytest.approx(4 * DIM + 8, abs=1)
    graph = by_kind["hnsw32-sq8"]
    assert graph.disk_bytes - graph.resident_bytes == pytest.approx(by_kind["flat"].disk_bytes)
    assert by_kind["hnsw32"].resident_bytes - graph.resident_bytes == pytest.approx(3 * DIM, abs=1)
    assert all(0 < result.p50_ms <= result.p99_ms for result in results)


def test_too_few_vectors_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadQuery, match=r"\(10, 16\)"):
        sweep(unit(10, 0), unit(5, 1), tmp_path)
    with pytest.raises(BadQuery, match=r"\(0, 16\)"):
        sweep(unit(100, 0), unit(0, 1), tmp_path)


def made(recall: float, speed: float) -> SweepResult:
    return SweepResult("k", "s", recall, 1, 2, speed, 100, 200)


def test_the_frontier_leaves_out_what_is_beaten() -> None:
    fast, beaten, sure, slow = made(0.8, 900), made(0.85, 400), made(0.9, 500), made(0.9, 300)
    assert frontier([slow, beaten, fast, sure]) == [fast, sure]


def test_a_sweep_is_drawn(tmp_path: Path, results: list[SweepResult]) -> None:
    draw(results, tmp_path / "sweep.png")
    with Image.open(tmp_path / "sweep.png") as image:
        assert image.format == "PNG"
        colours = image.convert("RGB").getcolors(1 << 20) or []
        assert {(31, 119, 180), (148, 103, 189)} <= {colour for _, colour in colours}  # 1st, 5th
