"""One text half for several encoders, which remembers what it was asked last."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

import indexer.encoders.text_tower as module
from indexer.encoders.facts import TOKENIZER_NAME, ModelFacts, TokenFacts
from indexer.encoders.text_tower import FEW, TextTower, share_towers
from indexer.encoders.tokens import Tokens
from indexer.records import Vectors

TOKENS = TokenFacts(max_tokens=8, pad_id=0, inputs=("input_ids",))
FACTS = ModelFacts("e", "m", 2, "f", TOKENS)


class Counted(TextTower):
    """Says (length, 1) of every text, and which texts it ran."""

    def __init__(self, folder: Path, facts: ModelFacts = FACTS, threads: int = 1) -> None:
        super().__init__(folder, "text.onnx", facts, threads)
        self.ran: list[list[str]] = []

    def run(self, texts: Sequence[str]) -> Vectors:
        self.ran.append(list(texts))
        return np.array([[len(text), 1] for text in texts], np.float32).reshape(-1, 2)


class Encoder:
    def __init__(self, tower: TextTower) -> None:
        self.tower = tower


def exported(folder: Path, graph: bytes = b"graph", tokenizer: bytes = b"{}") -> Path:
    folder.mkdir()
    (folder / "text.onnx").write_bytes(graph)
    (folder / TOKENIZER_NAME).write_bytes(tokenizer)
    return folder


def test_a_text_is_run_once_and_order_is_kept(tmp_path: Path) -> None:
    tower = Counted(tmp_path)
    assert tower.encode(["pump", "valve", "pump"]).tolist() == [[4, 1], [5, 1], [4, 1]]
    assert tower.encode(["oil", "valve"]).tolist() == [[3, 1], [5, 1]]
    assert tower.encode([]).shape == (0, 2)
    assert tower.ran == [["pump", "valve"], ["oil"], []]


def test_what_is_handed_out_is_not_what_is_remembered(tmp_path: Path) -> None:
    tower = Counted(tmp_path)
    tower.encode(["pump"])[0] = 9
    assert tower.encode(["pump"]).tolist() == [[4, 1]]


def test_many_texts_at_once_are_documents_and_not_remembered(tmp_path: Path) -> None:
    tower = Counted(tmp_path)
    many = ["x" * n for n in range(FEW + 1)]
    assert tower.encode(many)[:, 0].tolist() == list(range(FEW + 1))
    tower.encode(["x"])
    assert tower.ran == [many, ["x"]]


def test_the_text_asked_longest_ago_is_forgotten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "REMEMBERED", 2)
    tower = Counted(tmp_path)
    for text in ("a", "b", "a", "c", "a", "b"):
        tower.encode([text])
    assert tower.ran == [["a"], ["b"], ["c"], ["b"]]


def test_several_threads_get_their_own_texts(tmp_path: Path) -> None:
    tower = Counted(tmp_path)
    texts = ["x" * (n % 7) for n in range(200)]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda text: float(tower.encode([text])[0, 0]), texts))
    assert found == [len(text) for text in texts]


def test_towers_of_equal_files_are_one(tmp_path: Path) -> None:
    first = Encoder(Counted(exported(tmp_path / "a")))
    equal = Encoder(Counted(exported(tmp_path / "b")))
    other = Encoder(Counted(exported(tmp_path / "c", b"grapH")))
    words = Encoder(Counted(exported(tmp_path / "d", tokenizer=b"[]")))
    longer = TokenFacts(max_tokens=9, pad_id=0, inputs=("input_ids",))
    cut = Encoder(Counted(exported(tmp_path / "e"), ModelFacts("e", "m", 2, "f", longer)))
    kept = [one.tower for one in (first, other, words, cut)]
    share_towers([first, object(), equal, other, words, cut, first])
    assert equal.tower is first.tower
    assert [one.tower for one in (first, other, words, cut)] == kept


def test_rows_of_a_batch_are_about_equally_long(tmp_path: Path) -> None:
    tokens = Tokens(tmp_path, TOKENS)
    rows = [[1] * n for n in (2, 8, 7, 5, 1)]
    groups = [(where, feeds["input_ids"].shape) for where, feeds in tokens.batches(rows, 2, 0.7)]
    assert groups == [([1, 2], (2, 8)), ([3], (1, 5)), ([0], (1, 2)), ([4], (1, 1))]
    plain = [where for where, _ in tokens.batches(rows, 2)]
    assert plain == [[1, 2], [3, 0], [4]]
    fixed = Tokens(tmp_path, TokenFacts(8, 0, ("input_ids",), fixed=True))
    assert [where for where, _ in fixed.batches(rows, 4, 0.7)] == [[1, 2, 3, 0], [4]]
