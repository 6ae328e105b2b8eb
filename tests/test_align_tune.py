"""Learning an adapter: pairs, folds, ranks, chance, and the parts that are learnt."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from indexer.adapter import read_adapter
from indexer.align.examples import Examples, examples_of
from indexer.align.keys import key_gradient, learn_memory
from indexer.align.learn import Worth
from indexer.align.metric import learn_metric, spread
from indexer.align.pairs import Pair, read_pairs
from indexer.align.pool import Pool, load_pool, narrow
from indexer.align.trial import Change, chosen, compare, folds, ranks
from indexer.align.tune import helps, tune
from indexer.building.build import build
from indexer.building.progress import Silent
from indexer.config import Models, Settings
from indexer.errors import BadQuery, IndexMismatch
from indexer.lanes import TEXT
from indexer.records import Vectors
from indexer.store.generations import Change as Commit
from indexer.store.generations import commit
from indexer.store.index import Index
from indexer.store.segment import SegmentWriter
from tests import segments
from tests.fakes import AXES

NONE = np.empty(0, np.int64)


def rows(*values: list[float]) -> Vectors:
    return np.array(values, np.float32)


def numbers(*values: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.array(values, np.int64)


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
        pool = load_pool(index, TEXT)
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


def test_examples_number_answers_and_groups() -> None:
    pool = Pool(rows([1, 0], [0, 1]), numbers(0, 1), {"a": numbers(0), "b": numbers(1)})
    pairs = [
        Pair(1, "x", ("a", "b"), frozenset({"b"}), "g"),
        Pair(2, "y", ("b",), frozenset(), "h"),
        Pair(3, "z", ("b", "a"), frozenset(), "g"),
    ]
    found = examples_of(pairs, rows([1, 0], [0, 1], [1, 0]), pool)
    assert [right.tolist() for right in found.right] == [[0], [1], [0, 1]]
    assert [out.tolist() for out in found.out] == [[1], [], []]
    assert found.answers.tolist() == [0, 1, 0]
    assert found.groups.tolist() == [0, 1, 0]


def test_folds_keep_groups_whole_and_even() -> None:
    groups = np.repeat(np.arange(10), [9, 1, 1, 1, 1, 1, 1, 1, 1, 1])
    fold = folds(groups)
    assert all(len(set(fold[groups == group])) == 1 for group in range(10))
    # the group of nine has a fold to itself; nine groups of one go to the other four
    assert sorted(np.bincount(fold, minlength=5).tolist()) == [2, 2, 2, 3, 9]


def test_a_document_ranks_by_its_best_passage_and_behind_its_equals() -> None:
    vectors = rows([1, 0], [0, 1], [0.6, 0.8], [0.6, 0.8])
    pool = Pool(vectors, numbers(0, 1, 0, 2), {})
    queries = rows([1, 0], [0.6, 0.8], [0, 1], [1, 0])
    examples = Examples(
        queries,
        (numbers(3), numbers(0, 2), numbers(0, 2), numbers(3)),
        (NONE, NONE, NONE, numbers(0, 2)),
        numbers(0, 1, 1, 0),
        numbers(0, 1, 1, 0),
    )
    # 1: documents score 1, 0, .6; 2: 1, .8, 1; 3: .8, 1, .8; 4: without document 0
    assert ranks(queries, examples, pool).tolist() == [2, 2, 3, 1]


def test_measures_with_chance_by_group() -> None:
    before = numbers(2, 2, 11, 1)
    after = numbers(1, 1, 5, 1)
    found = compare(before, after, numbers(0, 0, 1, 2))
    assert (found["recall@1"].before, found["recall@1"].after) == (0.25, 0.75)
    assert (found["recall@5"].before, found["recall@5"].after) == (0.75, 1.0)
    assert found["mrr@10"].before == pytest.approx(0.5)
    assert found["mrr@10"].after == pytest.approx(0.8)
    # two groups change, so that half of the swaps change as much
    assert found["mrr@10"].chance == pytest.approx(0.5, abs=0.05)
    assert found["recall@1"].low == 0.0
    same = compare(before, before, numbers(0, 0, 1, 2))["mrr@10"]
    assert (same.low, same.high, same.chance) == (0.0, 0.0, 1.0)


def test_a_choice_is_measured_on_folds_it_was_not_made_on() -> None:
    fold = numbers(0, 0, 1, 1)
    first, second = numbers(1, 1, 3, 3), numbers(2, 2, 1, 1)
    best, found = chosen([first, second], fold)
    # fold 0 sees that the second is best on fold 1, and the other way round
    assert found.tolist() == [2, 2, 3, 3]
    assert best == 1


def test_spread_has_the_trace_of_the_identity() -> None:
    np.testing.assert_allclose(spread(rows([2, 0], [0, 1])), [[1.6, 0], [0, 0.4]])
    np.testing.assert_allclose(spread(rows([0, 0])), np.eye(2))


def test_the_gradient_of_keys_is_that_of_their_loss() -> None:
    rng = np.random.default_rng(1)
    keys = rng.standard_normal((3, 4)).astype(np.float32)
    queries = rng.standard_normal((5, 4))
    queries = (queries / np.linalg.norm(queries, axis=1, keepdims=True)).astype(np.float32)
    labels = numbers(0, 1, 2, 1, 0)

    def loss(at: Vectors) -> float:
        wide = at.astype(np.float64)
        logits = queries @ (wide / np.linalg.norm(wide, axis=1, keepdims=True)).T / 0.05
        shifted = logits - logits.max(axis=1, keepdims=True)
        return float((np.log(np.exp(shifted).sum(1)) - shifted[np.arange(5), labels]).mean())

    found = key_gradient(keys, queries, labels)
    for place in np.ndindex(*keys.shape):
        up, down = keys.astype(np.float64), keys.astype(np.float64)
        up[place] += 1e-4
        down[place] -= 1e-4
        slope = (loss(up) - loss(down)) / 2e-4  # type: ignore[arg-type]
        assert found[place] == pytest.approx(slope, rel=1e-3, abs=1e-3)


def test_a_value_reaches_its_own_passage_by_one_and_no_other() -> None:
    eye = np.eye(4, dtype=np.float32)
    pool = Pool(eye, np.arange(4), {})
    right = tuple(numbers(place) for place in range(4))
    examples = Examples(eye[[1, 2, 3, 0]], right, (NONE,) * 4, np.arange(4), np.arange(4))
    memory = learn_memory(examples, pool)
    centred = eye - eye.mean(axis=0)
    reach = memory.values @ centred.T
    np.testing.assert_allclose(np.diag(reach), 1, atol=1e-5)
    np.testing.assert_allclose(reach[~np.eye(4, dtype=bool)], -1 / 3, atol=1e-5)
    # a key is nearest to the question of its own answer
    assert (examples.queries @ memory.keys.T).argmax(axis=1).tolist() == [0, 1, 2, 3]


def test_the_linear_part_weakens_what_differs_within_documents() -> None:
    # two documents, apart along the first axis, and passages apart along the second
    vectors = rows([0.8, 0.6], [0.8, -0.6], [-0.8, 0.6], [-0.8, -0.6])
    pool = Pool(vectors, numbers(0, 0, 1, 1), {})
    right = (numbers(0, 1), numbers(2, 3)) * 2
    examples = Examples(
        rows([0.8, 0.6], [-0.8, 0.6], [0.8, -0.6], [-0.8, -0.6]),
        right,
        (NONE,) * 4,
        numbers(0, 1, 0, 1),
        numbers(0, 1, 0, 1),
    )
    residual, offset = learn_metric(examples, pool)
    assert residual[0, 0] > 0 > residual[1, 1]
    assert residual[0, 0] + residual[1, 1] == pytest.approx(0, abs=1e-6)
    np.testing.assert_allclose(offset, 0, atol=1e-6)


def change(before: float, after: float, chance: float) -> Change:
    return Change(before, after, 0, 0, chance)


@pytest.mark.parametrize(
    ("first", "rank", "new", "closed", "expected"),
    [
        ((0.5, 0.6), (0.6, 0.7, 0.01), (0.6, 0.6, 1.0), False, True),
        ((0.5, 0.6), (0.6, 0.7, 0.06), (0.6, 0.6, 1.0), False, False),
        ((0.5, 0.6), (0.7, 0.6, 0.01), (0.6, 0.6, 1.0), False, False),
        ((0.5, 0.4), (0.6, 0.7, 0.01), (0.6, 0.6, 1.0), False, False),
        ((0.5, 0.6), (0.6, 0.7, 0.01), (0.6, 0.5, 0.01), False, False),
        ((0.5, 0.6), (0.6, 0.7, 0.01), (0.6, 0.5, 0.01), True, True),
    ],
)
def test_what_counts_as_help(
    first: tuple[float, float],
    rank: tuple[float, float, float],
    new: tuple[float, float, float],
    closed: bool,
    expected: bool,
) -> None:
    known = {"recall@1": change(*first, 0.5), "mrr@10": change(*rank)}
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
    english = fake_settings.model_copy(update={"models": Models(text="fake:english", reader="")})
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
