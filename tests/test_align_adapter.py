"""An adapter: its arithmetic, its file, and where a question meets it."""

from __future__ import annotations

import io
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from indexer.adapter import (
    Adapter,
    Memory,
    adapters_for,
    adapters_stamp,
    read_adapter,
    remove_adapter,
    write_adapter,
)
from indexer.cache import Cache
from indexer.config import Settings
from indexer.encoders.base import Space
from indexer.errors import IndexDamaged
from indexer.lanes import TEXT
from indexer.readers.cached import CachedReader
from indexer.records import Vectors
from indexer.store.index import Index
from search.about import OTHER_WEIGHTS, describe
from search.prepare import Preparer, Stopwatch
from search.query import Query
from tests.fakes import FakeEncoder, FakeReader
from tests.segments import SPACES, build


def rows(*values: list[float]) -> Vectors:
    return np.array(values, np.float32)


def adapter(memory: Memory | None = None, space: Space = SPACES["text"]) -> Adapter:
    """q → unit(q·[[1, 1], [0, 1]] + (0, 1)), in two dimensions."""
    return Adapter(
        space.name,
        space.fingerprint,
        residual=rows([0, 1], [0, 0]),
        offset=np.array([0, 1], np.float32),
        memory=memory or Memory.none(2),
        scale=1.5,
        figures={"pairs": 20},
    )


def test_the_linear_part() -> None:
    # (1, 0) → (1, 1) + (0, 1) = (1, 2); (0, 1) → (0, 1) + (0, 1) = (0, 2)
    mapped = adapter().apply(rows([1, 0], [0, 1]))
    np.testing.assert_allclose(mapped, [[0.4472136, 0.8944272], [0.0, 1.0]], atol=1e-6)
    assert mapped.dtype == np.float32


def test_the_memory_shares_its_weight_by_softmax_with_none_of_these() -> None:
    # similarities 1 and 0 and the floor 0.5, over a temperature of 0.5: e², e⁰ and e¹
    memory = Memory(rows([1, 0], [0, 1]), rows([0, 10], [10, 0]), 0.5, 0.5, 0.2)
    high, half = math.exp(2), math.exp(1)
    total = high + 1 + half
    added = memory.recall(rows([1, 0]))
    assert added[0].tolist() == pytest.approx([2 / total, 2 * high / total], rel=1e-5)


def test_a_memory_leaves_alone_what_it_does_not_know() -> None:
    memory = Memory(rows([1, 0]), rows([0, 10]), 0.05, 0.6, 1.0)
    assert memory.recall(rows([0, 1])).max() < 1e-4
    assert memory.recall(rows([1, 0]))[0, 1] == pytest.approx(10 / (1 + math.exp(-0.4 / 0.05)))


def test_the_memory_joins_after_the_linear_part() -> None:
    # (0, 1) → (0, 1), whose one key is (0, 1): 1 / (1 + e⁻²⁰) of the value is added
    memory = Memory(rows([0, 1]), rows([1, 0]), 0.05, 0.0, 1.0)
    np.testing.assert_allclose(
        adapter(memory).apply(rows([0, 1])), [[0.7071068, 0.7071068]], atol=1e-6
    )


def test_what_is_written_is_read(tmp_path: Path) -> None:
    memory = Memory(rows([1, 0]), rows([0, 2]), 0.05, 0.4, 0.3)
    write_adapter(tmp_path, adapter(memory))
    found = read_adapter(tmp_path, TEXT)
    assert found is not None
    assert (found.space, found.fingerprint, found.scale) == (TEXT, "aa", 1.5)
    assert found.figures == {"pairs": 20}
    assert (found.memory.temperature, found.memory.floor, found.memory.strength) == (0.05, 0.4, 0.3)
    np.testing.assert_array_equal(found.memory.values, [[0, 2]])
    np.testing.assert_array_equal(found.residual, [[0, 1], [0, 0]])
    assert [path.name for path in (tmp_path / "adapters").iterdir()] == ["text.safetensors"]


def test_one_without_a_memory_is_read(tmp_path: Path) -> None:
    write_adapter(tmp_path, adapter())
    found = read_adapter(tmp_path, TEXT)
    assert found is not None
    assert found.memory.keys.shape == (0, 2)


def test_other_weights_are_no_match(tmp_path: Path) -> None:
    write_adapter(tmp_path, adapter())
    assert list(adapters_for(tmp_path, SPACES)) == [TEXT]
    others = {TEXT: replace(SPACES["text"], fingerprint="bb")}
    assert adapters_for(tmp_path, others) == {}


def test_removing(tmp_path: Path) -> None:
    assert not remove_adapter(tmp_path, TEXT)
    write_adapter(tmp_path, adapter())
    assert remove_adapter(tmp_path, TEXT)
    assert read_adapter(tmp_path, TEXT) is None


def test_the_stamp_tells_every_change(tmp_path: Path) -> None:
    stamps = [adapters_stamp(tmp_path)]
    write_adapter(tmp_path, adapter())
    stamps.append(adapters_stamp(tmp_path))
    assert adapters_stamp(tmp_path) == stamps[1]
    write_adapter(tmp_path, adapter())
    stamps.append(adapters_stamp(tmp_path))
    assert len(set(stamps)) == 3
    remove_adapter(tmp_path, TEXT)
    assert adapters_stamp(tmp_path) == stamps[0] == ()


@pytest.mark.parametrize("data", [b"", b"\xff" * 40])
def test_what_is_no_adapter_is_damage_with_the_way_out(tmp_path: Path, data: bytes) -> None:
    write_adapter(tmp_path, adapter())
    (tmp_path / "adapters" / "text.safetensors").write_bytes(data)
    with pytest.raises(IndexDamaged, match=r"tune --index .* --remove"):
        read_adapter(tmp_path, TEXT)


def test_info_says_whether_it_is_in_use_across_generations(tmp_path: Path) -> None:
    build(tmp_path, "alpha")
    with Index.open(tmp_path) as index:
        assert "adapters" not in describe(index)
    write_adapter(tmp_path, adapter())
    build(tmp_path, "beta")
    with Index.open(tmp_path) as index:
        assert describe(index)["adapters"] == {TEXT: {"pairs": 20}}
    write_adapter(tmp_path, replace(adapter(), fingerprint="bb"))
    with Index.open(tmp_path) as index:
        assert describe(index)["adapters"] == {TEXT: OTHER_WEIGHTS}


def swap(scale: float = 2.0) -> Adapter:
    """Takes `pump` for `valve` and the other way round."""
    residual = np.zeros((8, 8), np.float32)
    residual[3, 3] = residual[4, 4] = -1
    residual[3, 4] = residual[4, 3] = 1
    return Adapter(TEXT, "fake-demo", residual, np.zeros(8, np.float32), Memory.none(8), scale)


def picture() -> bytes:
    data = io.BytesIO()
    Image.new("RGB", (40, 30)).save(data, "PNG")
    return data.getvalue()


def prepared(query: Query, settings: Settings, model: str = "demo") -> Vectors | None:
    encoder = FakeEncoder(model, settings.cache, 1)
    cache = Cache(settings.cache)
    reader = CachedReader(FakeReader(1, 1), cache)
    try:
        preparer = Preparer({TEXT: encoder}, reader, settings.limits, {TEXT: swap()})
        return preparer.prepare(query, preparer.look(query, Stopwatch())).vector
    finally:
        cache.close()


def test_a_question_in_words_is_adapted_and_scaled(fake_settings: Settings) -> None:
    vector = prepared(Query("pump"), fake_settings)
    assert vector is not None
    np.testing.assert_allclose(vector, [0, 0, 0, 0, 2, 0, 0, 0], atol=1e-6)


def test_text_read_in_an_image_is_not(fake_settings: Settings) -> None:
    vector = prepared(Query(image=picture()), fake_settings)
    assert vector is not None
    np.testing.assert_allclose(vector, [0, 0, 0, 0, 0, 0, 1, 0], atol=1e-6)


def test_of_both_only_the_question_is(fake_settings: Settings) -> None:
    vector = prepared(Query("pump", image=picture()), fake_settings)
    assert vector is not None
    np.testing.assert_allclose(vector, [0, 0, 0, 0, 0.5**0.5, 0, 0.5**0.5, 0], atol=1e-6)


def test_a_question_that_the_encoder_does_not_read_has_no_vector(fake_settings: Settings) -> None:
    assert prepared(Query("水泵如何启动"), fake_settings, "english") is None
