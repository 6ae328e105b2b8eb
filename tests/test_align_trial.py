"""Learning an adapter: folds, ranks, chance, and the parts that are learnt."""

from __future__ import annotations

import numpy as np
import pytest

from indexer.align.examples import Examples, examples_of
from indexer.align.keys import key_gradient, learn_memory
from indexer.align.metric import learn_metric, spread
from indexer.align.pairs import Pair
from indexer.align.pool import Pool
from indexer.align.trial import chosen, compare, folds, ranks
from indexer.records import Vectors
from tests.arrays import numbers, rows

NONE = np.empty(0, np.int64)


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


def test_a_choice_by_recall_alone_overlooks_ranks() -> None:
    first, second = numbers(1, 20, 20, 20), numbers(2, 2, 2, 2)
    fold = numbers(0, 0, 1, 1)
    # sums of recall@1 and mrr@10: 1 + 1 for the first, four halves for the second; the earlier wins
    assert chosen([second, first], fold)[0] == 0
    assert chosen([second, first], fold, ("recall@1",))[0] == 1


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
