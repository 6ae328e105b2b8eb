"""Approximate kinds against brute force: built small, by limits that are lowered for it."""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import faiss
import numpy as np
import pytest
from numpy.typing import NDArray

from indexer.records import Vectors
from indexer.store.ann import graph, lists, tune
from indexer.store.ann.base import Kind, Setting, kind_for, read_setting
from indexer.store.manifest import SpaceFile
from indexer.store.vectors import SpaceVectors, write_vectors

Mask = NDArray[np.bool_]

COUNT = 4000
DIM = 32
CLUSTERS = 40
LIMITS = {Kind.FLAT: (COUNT, COUNT), Kind.GRAPH: (0, COUNT), Kind.LISTS: (0, 0)}
APPROXIMATE = (Kind.GRAPH, Kind.LISTS)


def mixture(count: int, seed: int) -> tuple[Vectors, NDArray[np.int64]]:
    """Unit vectors around common centres, and the centre of each."""
    centres = np.random.default_rng(0).normal(size=(CLUSTERS, DIM))
    rng = np.random.default_rng(seed)
    own = rng.integers(CLUSTERS, size=count)
    drawn = centres[own] + 0.6 * rng.normal(size=(count, DIM))
    return np.asarray(drawn / np.linalg.norm(drawn, axis=1, keepdims=True), np.float32), own


VECTORS, OWN = mixture(COUNT, 1)
QUERIES, _ = mixture(60, 2)


@pytest.fixture(autouse=True, scope="module")
def one_thread() -> object:
    before = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    yield
    faiss.omp_set_num_threads(before)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("ann")


@pytest.fixture(scope="module")
def written(folder: Path) -> dict[Kind, SpaceFile]:
    return {
        kind: write_vectors(folder / f"{kind}.faiss", np.arange(COUNT), VECTORS, *limits)
        for kind, limits in LIMITS.items()
    }


@pytest.fixture(scope="module")
def spaces(folder: Path, written: dict[Kind, SpaceFile]) -> dict[Kind, SpaceVectors]:
    return {kind: SpaceVectors(folder / f"{kind}.faiss") for kind in written}


def recall(space: SpaceVectors, mask: Mask | None, k: int = 10) -> float:
    """The mean share of the true k nearest; every answer must pass, once, with its score."""
    shares = []
    for query in QUERIES:
        scores = VECTORS @ query
        allowed = np.arange(COUNT) if mask is None else np.flatnonzero(mask)
        true = allowed[np.argsort(-scores[allowed])][:k]
        found = space.search(query, k, mask)
        rows = [row for row, _ in found]
        assert len(set(rows)) == len(true)
        assert mask is None or mask[rows].all()
        assert [score for _, score in found] == pytest.approx(scores[rows].tolist(), abs=1e-6)
        assert found == sorted(found, key=lambda pair: (-pair[1], pair[0]))
        shares.append(len(set(rows) & set(true.tolist())) / len(true))
    return float(np.mean(shares))


def selection(share: float, correlated: bool) -> Mask:
    if not correlated:
        return np.random.default_rng(5).random(COUNT) < share
    if share * CLUSTERS >= 1:
        return np.asarray(share * CLUSTERS > OWN)
    chosen = np.flatnonzero(OWN == 7)[: max(1, int(share * COUNT))]
    return np.isin(np.arange(COUNT), chosen)


def test_kinds_by_size() -> None:
    assert [kind_for(n) for n in (0, 50_000, 50_001, 2_000_000, 2_000_001)] == [
        Kind.FLAT,
        Kind.FLAT,
        Kind.GRAPH,
        Kind.GRAPH,
        Kind.LISTS,
    ]
    assert kind_for(11, 10, 20) is Kind.GRAPH
    assert kind_for(21, 10, 20) is Kind.LISTS


def test_what_is_written_is_said(written: dict[Kind, SpaceFile]) -> None:
    assert written[Kind.FLAT] == SpaceFile("flat", COUNT, DIM, 1.0)
    assert written[Kind.GRAPH].kind == "hnsw32-sq8"
    assert written[Kind.LISTS].kind == "ivf256-rabitq"
    for kind in APPROXIMATE:
        assert tune.TARGET <= written[kind].recall_at_10 <= 1


def test_the_index_is_smaller_than_its_vectors(folder: Path, spaces: object) -> None:
    floats = VECTORS.nbytes
    assert not (folder / "flat.ann").exists()
    assert (folder / "lists.ann").stat().st_size < 0.6 * floats  # ids and list heads included
    codes = COUNT * DIM
    links = 2 * 32 * 4 * COUNT
    assert (folder / "graph.ann").stat().st_size < 1.1 * (codes + links)


@pytest.mark.parametrize("kind", list(Kind))
def test_nearest_of_all(spaces: dict[Kind, SpaceVectors], kind: Kind) -> None:
    assert recall(spaces[kind], None) >= (1 if kind is Kind.FLAT else 0.98)
    assert recall(spaces[kind], None, k=100) >= (1 if kind is Kind.FLAT else 0.97)


@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize("share", [0.5, 0.1, 0.01, 0.001])
@pytest.mark.parametrize("correlated", [False, True])
def test_selections(
    spaces: dict[Kind, SpaceVectors],
    monkeypatch: pytest.MonkeyPatch,
    kind: Kind,
    share: float,
    correlated: bool,
) -> None:
    mask = selection(share, correlated)
    assert recall(spaces[kind], mask) >= 0.95
    monkeypatch.setattr(graph, "_VISITS", 0)  # never give up the approximate search,
    monkeypatch.setattr("indexer.store.vectors._EXACT_ROWS", 0)  # though comparing costs less
    assert recall(spaces[kind], mask) >= 0.95


@pytest.mark.parametrize("kind", APPROXIMATE)
def test_the_vectors_decide_not_their_codes(tmp_path: Path, kind: Kind) -> None:
    """Neighbours closer together than a code can tell are still ranked rightly."""
    base = mixture(1, 9)[0][0].astype(np.float64)
    aside = np.zeros(DIM)
    aside[0] = 1
    aside -= base * (aside @ base)
    aside /= np.linalg.norm(aside)
    angles = 0.02 * np.arange(1, 11)
    near = (np.cos(angles)[:, None] * base + np.sin(angles)[:, None] * aside).astype(np.float32)
    vectors = np.concatenate([near[::-1], VECTORS[:990]])
    write_vectors(tmp_path / "s.faiss", np.arange(1000), vectors, *LIMITS[kind])
    found = SpaceVectors(tmp_path / "s.faiss").search(base.astype(np.float32), 5, None)
    assert [row for row, _ in found] == [9, 8, 7, 6, 5]


@pytest.mark.parametrize("kind", APPROXIMATE)
def test_equal_scores_rank_by_row(tmp_path: Path, kind: Kind) -> None:
    vectors = np.concatenate([np.tile(VECTORS[:1], (5, 1)), VECTORS[1:500]])
    rows = np.arange(len(vectors))[::-1].copy() * 2
    write_vectors(tmp_path / "s.faiss", rows, vectors, *LIMITS[kind])
    found = SpaceVectors(tmp_path / "s.faiss").search(VECTORS[0], 5, None)
    assert [row for row, _ in found] == sorted(rows[:5].tolist())
    assert len({score for _, score in found}) == 1


@pytest.mark.parametrize("kind", APPROXIMATE)
def test_k_beyond_the_count_gives_all(tmp_path: Path, kind: Kind) -> None:
    write_vectors(tmp_path / "s.faiss", np.arange(30) + 3, VECTORS[:30], *LIMITS[kind])
    space = SpaceVectors(tmp_path / "s.faiss")
    assert sorted(row for row, _ in space.search(QUERIES[0], 99, None)) == list(range(3, 33))
    mask = np.zeros(40, np.bool_)
    mask[[4, 8]] = True
    assert sorted(row for row, _ in space.search(QUERIES[0], 99, mask)) == [4, 8]
    assert space.search(QUERIES[0], 0, None) == []
    assert space.search(QUERIES[0], 5, np.zeros(40, np.bool_)) == []


@pytest.mark.parametrize("kind", list(Kind))
def test_vectors_are_those_written(spaces: dict[Kind, SpaceVectors], kind: Kind) -> None:
    assert (spaces[kind].vectors() == VECTORS).all()
    assert spaces[kind].rows.tolist() == list(range(COUNT))


@pytest.mark.parametrize("kind", APPROXIMATE)
def test_many_threads_agree(spaces: dict[Kind, SpaceVectors], kind: Kind) -> None:
    space = spaces[kind]
    mask = np.arange(COUNT) % 3 > 0
    tasks = [(query, chosen) for query in QUERIES for chosen in (None, mask)]
    alone = [space.search(query, 10, chosen) for query, chosen in tasks]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda task: space.search(task[0], 10, task[1]), tasks)) == alone


_COUNT_THREADS = """
import os, sys, faiss, numpy as np
from pathlib import Path
from indexer.store.vectors import SpaceVectors
spaces = [SpaceVectors(Path(path)) for path in sys.argv[1:]]
faiss.omp_set_num_threads(4)
before = len(os.listdir("/proc/self/task"))
for space in spaces:
    for mask in (None, np.arange(len(space.rows)) % 2 > 0, np.arange(len(space.rows)) < 20):
        space.search(space.vectors()[0], 10, mask)
print(len(os.listdir("/proc/self/task")) - before)
"""


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="threads are counted in /proc")
def test_one_query_starts_no_threads(folder: Path, written: dict[Kind, SpaceFile]) -> None:
    paths = [str(folder / f"{kind}.faiss") for kind in written]
    done = subprocess.run(
        [sys.executable, "-c", _COUNT_THREADS, *paths], check=True, capture_output=True, text=True
    )
    assert done.stdout == "0\n"


@pytest.mark.parametrize("kind", APPROXIMATE)
@pytest.mark.parametrize("suffix", [".ann", ".ann.json"])
@pytest.mark.parametrize("kept", [None, 0, 20, 0.5])
def test_damage_is_an_error(tmp_path: Path, kind: Kind, suffix: str, kept: float | None) -> None:
    write_vectors(tmp_path / "s.faiss", np.arange(300), VECTORS[:300], *LIMITS[kind])
    path = tmp_path / f"s{suffix}"
    data = path.read_bytes()
    if kept is None:
        path.unlink()
    else:
        path.write_bytes(data[: int(kept if kept > 1 else kept * len(data))])
    with pytest.raises((RuntimeError, ValueError, OSError)):
        SpaceVectors(tmp_path / "s.faiss")


@pytest.mark.parametrize(
    "fault", [{"kind": "tree"}, {"effort": 0}, {"widen": "x"}, {"effort": None}]
)
def test_a_setting_that_is_none_is_refused(tmp_path: Path, fault: dict[str, object]) -> None:
    said = {"kind": "graph", "effort": 64, "widen": 1.0} | fault
    (tmp_path / "s.ann.json").write_text(json.dumps(said))
    with pytest.raises(ValueError, match=r"s\.ann\.json"):
        read_setting(tmp_path / "s.ann")


def test_another_space_s_codes_are_refused(tmp_path: Path) -> None:
    write_vectors(tmp_path / "a.faiss", np.arange(300), VECTORS[:300], 0)
    write_vectors(tmp_path / "b.faiss", np.arange(200), VECTORS[:200], 0)
    (tmp_path / "b.ann").rename(tmp_path / "a.ann")
    with pytest.raises(ValueError, match="200 codes of dimension 32 beside 300"):
        SpaceVectors(tmp_path / "a.faiss")


def test_lists_by_count() -> None:
    assert [lists.list_count(n) for n in (1, 3, 20, 4000, 200_000, 10_000_000)] == [
        1, 2, 16, 256, 2048, 16384,
    ]  # fmt: skip


def test_many_lists_are_found_by_a_graph(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lists, "_MOST_FLAT_LISTS", 16)
    written = write_vectors(tmp_path / "s.faiss", np.arange(COUNT), VECTORS, 0, 0)
    assert written.recall_at_10 >= tune.TARGET
    assert recall(SpaceVectors(tmp_path / "s.faiss"), None) >= 0.98


def test_the_cheapest_setting_that_reaches_the_target_is_chosen() -> None:
    """An index whose codes rank the true neighbours 4th to 13th, from effort 2 on."""
    asked: list[int] = []

    def search(queries: Vectors, fetch: int, effort: int) -> NDArray[np.int64]:
        asked.append(effort)
        order = np.argsort(-(queries @ VECTORS.T), axis=1)
        wrong = order[:, -3:] if effort > 1 else order[:, -fetch:]
        return np.asarray(np.concatenate([wrong, order], axis=1)[:, :fetch])

    ladder = tune.Ladder(efforts=(1, 2, 4, 64), widens=(1.0, 2.0, 3.0), step=10)
    tuned = tune.tune(search, VECTORS, ladder)
    assert tuned == tune.Tuned(Setting(2, 1.0), 1.0)  # 18 candidates hold 3 wrong and 10 right
    assert asked == [1, 2]  # a step to 4 costs more than all of it
    assert tune.tune(search, VECTORS, tune.Ladder((1,), (1.0, 2.0), 10)).recall_at_10 == 0
    content = tune.Ladder((1, 2), (1.0,), 10, target=0.0)
    assert tune.tune(search, VECTORS, content) == tune.Tuned(Setting(1, 1.0), 0.0)


def test_the_sample_is_near_the_vectors_and_not_among_them() -> None:
    queries = tune.sample(VECTORS)
    nearest = (queries @ VECTORS.T).max(axis=1)
    assert len(queries) == 500
    assert np.linalg.norm(queries, axis=1) == pytest.approx(np.ones(500), abs=1e-5)
    assert 0.9 < nearest.mean() < 0.999
