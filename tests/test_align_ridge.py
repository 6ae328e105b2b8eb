"""The memory for answers that are all known, by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from indexer.adapter import Memory
from indexer.align import ridge
from indexer.align.examples import Examples
from indexer.align.keys import answer_values
from indexer.align.pool import Pool
from indexer.align.ridge import ridge_memory
from indexer.records import Vectors
from tests.arrays import numbers, rows

NONE = numbers()


def taught(queries: Vectors, answers: list[int], passages: Vectors) -> tuple[Examples, Pool]:
    """Question i is answered by the passage of number `answers[i]`."""
    pool = Pool(passages, np.arange(len(passages)), {})
    right = tuple(numbers(answer) for answer in answers)
    groups = np.arange(len(answers))
    return Examples(queries, right, (NONE,) * len(answers), numbers(*answers), groups), pool


def recalled(memory: Memory, *queries: list[float]) -> Vectors:
    found: Vectors = Memory(
        memory.keys, memory.values, memory.temperature, -10.0, 1.0, memory.mapped
    ).recall(rows(*queries))
    return found


def test_two_opposite_questions() -> None:
    # Passages (0, ±1) are whitened along (0, 1) alone, so that values point there. The kernel
    # between the questions is e = exp(-2 / 0.3); the coefficients are ±c, a question recalls
    # (c - e·c) / (1 + e), which is scaled to 1: c = (1 + e) / (1 - e).
    questions = rows([1, 0], [-1, 0])
    memory = ridge_memory(
        *_mapped(questions, [0, 1], rows([0, 1], [0, -1])),
    )
    far = math.exp(-2 / 0.3)
    coefficient = (1 + far) / (1 - far)
    np.testing.assert_allclose(memory.values, [[0, coefficient], [0, -coefficient]], atol=1e-5)
    np.testing.assert_array_equal(memory.keys, questions)
    assert memory.mapped
    np.testing.assert_allclose(recalled(memory, [1, 0], [-1, 0]), [[0, 1], [0, -1]], atol=1e-5)
    # halfway between them nothing is known
    np.testing.assert_allclose(recalled(memory, [0, 1]), [[0, 0]], atol=1e-6)


def test_values_solve_the_ridge() -> None:
    questions = rows([1, 0], [0.6, 0.8], [-0.8, 0.6])
    examples, mapped, pool = _mapped(questions, [0, 0, 1], rows([0, 1], [0.6, -0.8]))
    memory = ridge_memory(examples, mapped, pool)
    # kernel exp((x·y - 1) / 0.3) of the cosines 0.6, -0.8 and 0
    a, b, c = math.exp(-0.4 / 0.3), math.exp(-1.8 / 0.3), math.exp(-1 / 0.3)
    kernel = np.array([[1, a, b], [a, 1, c], [b, c, 1]])
    first, second = answer_values(examples, pool, numbers(0, 0, 1), 2, 0.03)
    # less their mean, aims are a third, a third and minus two thirds of the difference
    aims = np.outer([1 / 3, 1 / 3, -2 / 3], first - second)
    solved = np.linalg.inv(kernel + 0.1 * np.eye(3)) @ aims
    ratio = float(memory.values[2] @ solved[2]) / float(solved[2] @ solved[2])
    np.testing.assert_allclose(memory.values, ratio * solved, rtol=1e-4)
    lengths = np.linalg.norm(recalled(memory, *questions.tolist()), axis=1)
    assert float(lengths.mean()) == pytest.approx(1, rel=1e-5)


def test_the_same_question_with_two_answers_recalls_neither() -> None:
    questions = rows([1, 0], [1, 0])
    memory = ridge_memory(*_mapped(questions, [0, 1], rows([0, 1], [0, -1])))
    assert np.isfinite(memory.values).all()
    np.testing.assert_allclose(recalled(memory, [1, 0]), [[0, 0]], atol=1e-5)


def test_keys_are_spread_over_many_questions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ridge, "_MOST", 2)
    questions = rows([1, 0], [1, 0], [-1, 0], [-1, 0])
    memory = ridge_memory(*_mapped(questions, [0, 0, 1, 1], rows([0, 1], [0, -1])))
    np.testing.assert_array_equal(memory.keys, rows([1, 0], [-1, 0]))
    np.testing.assert_allclose(recalled(memory, [1, 0], [-1, 0]), [[0, 1], [0, -1]], atol=1e-5)


def _mapped(
    questions: Vectors, answers: list[int], passages: Vectors
) -> tuple[Examples, Vectors, Pool]:
    examples, pool = taught(questions, answers, passages)
    return examples, questions, pool
