"""Learning an adapter for an index: pairs, what helps, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from indexer.adapter import read_adapter
from indexer.align.learn import Worth
from indexer.align.pairs import Pair, read_pairs
from indexer.align.pool import Pool, load_passages, narrow, pool_of
from indexer.align.trial import Change
from indexer.align.tune import helps, tune
from indexer.building.build import build
from indexer.building.progress import Silent
from indexer.config import Models, Settings
from indexer.errors import BadQuery, IndexMismatch
from indexer.lanes import TEXT
from indexer.store.generations import Change as Commit
from indexer.store.generations import commit
from indexer.store.index import Index
from indexer.store.segment import SegmentWriter
from tests import segments
from tests.arrays import numbers, rows
from tests.fakes import AXES

NONE = np.empty(0, np.int64)


def written(path: Path, *lines: object) -> Path:
    path.write_text(
        "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines)
    )
    return path


def test_pairs_as_query_files_have_them(tmp_path: Path) -> None:
    file = written(
        tmp_path / "p.jsonl",
        {"id": "q1", "text": " How? ", "relevant": ["a.md", "b.md", "a.md"]},
        "",
        {"text": "Why?", "relevant": ["b.md"], "exclude": ["c.md"], "group": 7},
    )
    assert read_pairs(file) == [
        Pair(1, "How?", ("a.md", "b.md"), frozenset(), "a.md"),
        Pair(3, "Why?", ("b.md",), frozenset({"c.md"}), "7"),
    ]


def test_every_line_at_fault_is_named_up_to_ten(tmp_path: Path) -> None:
    bad: list[object] = [
        "{",
        [1],
        {"text": " ", "relevant": ["a"]},
        {"text": "x"},
        {"text": "x", "relevant": "a"},
        {"text": "x", "relevant": ["a"], "group": []},
    ]
    with pytest.raises(BadQuery) as caught:
        read_pairs(written(tmp_path / "p.jsonl", *bad, *["{"] * 6))
    said = str(caught.value)
    for part in (
        "line 1: not JSON",
        "line 2: not a JSON object",
        "line 3: no 'text'",
        "line 4: no 'relevant'",
        "line 5: 'relevant' is not a list of strings",
        "line 6: 'group' is neither",
        "line 10: not JSON",
        "and 2 more",
    ):
        assert part in said
    assert "line 11" not in said


def test_an_empty_file_holds_no_pairs(tmp_path: Path) -> None:
    with pytest.raises(BadQuery, match="holds no pairs"):
        read_pairs(written(tmp_path / "p.jsonl", ""))


def test_the_pool_of_an_index_leaves_deleted_documents_out(tmp_path: Path) -> None:
    segments.build(tmp_path, "alpha", "beta")
    segments.add(tmp_path, "gamma")
    segments.remove(tmp_path, "beta")
    with Index.open(tmp_path) as index:
        pool = pool_of(*load_passages(index, TEXT))
    np.testing.assert_allclose(pool.vectors, [[1, 0], [np.cos(0.2), np.sin(0.2)]], atol=1e-6)
    assert pool.owners.tolist() == [0, 1]
    assert {name: found.tolist() for name, found in pool.named.items()} == {
        "alpha.md": [0],
        "gamma.md": [1],
    }


def test_a_large_pool_keeps_what_is_needed_or_near() -> None:
    vectors = np.zeros((30, 2), np.float32)
    vectors[:, 0] = np.linspace(1, -1, 30)
    pool = Pool(vectors, np.arange(30) // 2, {"far": numbers(28), "gone": numbers(25)})
    small = narrow(pool, rows([1, 0]), ["far"], most=10)
    np.testing.assert_allclose(small.vectors[:, 0], vectors[[*range(20), 28], 0])
    assert small.owners.tolist() == [*(np.arange(20) // 2), 10]
    assert {name: found.tolist() for name, found in small.named.items()} == {"far": [20]}
    assert narrow(pool, rows([1, 0]), ["far"], most=30) is pool


def change(before: float, after: float, chance: float) -> Change:
    return Change(before, after, 0, 0, chance)


@pytest.mark.parametrize(
    ("first", "rank", "new", "closed", "expected"),
    [
        ((0.5, 0.6, 0.5), (0.6, 0.7, 0.01), (0.6, 0.6, 1.0), False, True),
        ((0.5, 0.6, 0.5), (0.6, 0.7, 0.06), (0.6, 0.6, 1.0), False, False),
        ((0.5, 0.6, 0.5), (0.7, 0.6, 0.01), (0.6, 0.6, 1.0), False, False),
        ((0.5, 0.4, 0.5), (0.6, 0.7, 0.01), (0.6, 0.6, 1.0), False, False),
        ((0.5, 0.6, 0.5), (0.6, 0.7, 0.01), (0.6, 0.5, 0.01), False, False),
        ((0.5, 0.6, 0.5), (0.6, 0.7, 0.01), (0.6, 0.5, 0.01), True, False),
        ((0.5, 0.6, 0.01), (0.7, 0.6, 0.01), (0.6, 0.5, 0.01), True, True),
    ],
)
def test_what_counts_as_help(
    first: tuple[float, float, float],
    rank: tuple[float, float, float],
    new: tuple[float, float, float],
    closed: bool,
    expected: bool,
) -> None:
    known = {"recall@1": change(*first), "mrr@10": change(*rank)}
    assert helps(Worth(0.0, 0.0, known, {"mrr@10": change(*new)}), closed) is expected


@pytest.fixture
def pages(tmp_path: Path, fake_settings: Settings) -> Path:
    """An index of a page for each of AXES."""
    source = tmp_path / "pages"
    source.mkdir()
    for axis in AXES:
        (source / f"{axis}.md").write_text(f"# Page\n\nAll about {axis}.\n")
    build([source], tmp_path / "ix", fake_settings, True, Silent())
    return tmp_path / "ix"


Shifted = Callable[..., Path]


@pytest.fixture
def shifted(tmp_path: Path) -> Shifted:
    """Pairs whose question names one thing and whose answer is the page of the next."""

    def write(copies: int, grouped: bool = False) -> Path:
        pairs = [
            {
                "text": f"{axis} {' '.join([axis] * copy)}",
                "relevant": [f"{AXES[(place + 1) % len(AXES)]}.md"],
            }
            | ({} if grouped else {"group": f"{axis} {copy}"})
            for place, axis in enumerate(AXES)
            for copy in range(copies)
        ]
        return written(tmp_path / "pairs.jsonl", *pairs)

    return write


def test_known_answers_are_remembered(
    pages: Path, shifted: Shifted, fake_settings: Settings
) -> None:
    found = tune(pages, shifted(6), fake_settings, closed=True)
    assert found.installed
    assert (found.pairs, found.groups, found.left_out) == (36, 36, 0)
    assert (found.worth.known["recall@1"].before, found.worth.known["recall@1"].after) == (0, 1)
    adapter = read_adapter(pages, TEXT)
    assert adapter is not None
    assert adapter.figures["pairs"] == 36
    with Index.open(pages) as index:
        for place in range(len(AXES)):
            query = adapter.apply(np.eye(8, dtype=np.float32)[[place]])[0]
            best = index.get([index.nearest(TEXT, query, 1, None)[0].id])[0]
            assert best.document == f"{AXES[(place + 1) % len(AXES)]}.md"


def test_what_does_not_help_is_not_installed(
    pages: Path, shifted: Shifted, fake_settings: Settings
) -> None:
    found = tune(pages, shifted(6, grouped=True), fake_settings)
    assert not found.installed
    assert found.worth.new is found.worth.known
    assert read_adapter(pages, TEXT) is None


def test_names_that_the_index_lacks(pages: Path, tmp_path: Path, fake_settings: Settings) -> None:
    lines = [{"text": "x", "relevant": ["red.md", f"no{number}.md"]} for number in range(12)]
    with pytest.raises(BadQuery, match=r"12 of its entries.*line 1: 'no0.md'.*line 10.*2 more"):
        tune(pages, written(tmp_path / "p.jsonl", *lines), fake_settings)


@pytest.mark.parametrize(("copies", "said"), [(1, "6 pairs in 6 groups"), (3, "18 pairs")])
def test_too_few_pairs(
    pages: Path, shifted: Shifted, fake_settings: Settings, copies: int, said: str
) -> None:
    with pytest.raises(BadQuery, match=f"{said}.*it takes 20 pairs"):
        tune(pages, shifted(copies), fake_settings)


def test_all_excluded(pages: Path, tmp_path: Path, fake_settings: Settings) -> None:
    lines = [
        {"text": "x", "relevant": [f"{axis}.md"], "exclude": [f"{axis}.md"]} for axis in AXES
    ] * 4
    with pytest.raises(BadQuery, match="takes away all that is relevant: line 1; line 2"):
        tune(pages, written(tmp_path / "p.jsonl", *lines), fake_settings)


def test_an_index_without_a_text_space(tmp_path: Path, fake_settings: Settings) -> None:
    root = tmp_path / "ix"
    with SegmentWriter(root) as writer:
        info = writer.seal()
        commit(root, Commit("index", {}, {}, b"{}", added=[info]))
    pairs = written(tmp_path / "p.jsonl", {"text": "x", "relevant": ["a"]})
    with pytest.raises(IndexMismatch, match="no text space"):
        tune(root, pairs, fake_settings)


def test_questions_that_the_encoder_does_not_read_are_left_out(
    tmp_path: Path, fake_settings: Settings, shifted: Shifted
) -> None:
    english = fake_settings.model_copy(
        update={"models": Models(text="fake:english", clip="", reader="")}
    )
    source = tmp_path / "pages"
    source.mkdir()
    for axis in AXES:
        (source / f"{axis}.md").write_text(f"# Page\n\nAll about {axis}.\n")
    build([source], tmp_path / "ix", english, True, Silent())
    file = shifted(4)
    with file.open("a") as pairs:
        pairs.write("\n" + json.dumps({"text": "水泵如何启动", "relevant": ["pump.md"]}))
    found = tune(tmp_path / "ix", file, english)
    assert (found.pairs, found.left_out) == (24, 1)
