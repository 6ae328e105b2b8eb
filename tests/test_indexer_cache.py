from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from indexer.cache import Cache, content_key
from indexer.encoders.cached import CachedEncoder
from indexer.readers.cached import CachedReader
from indexer.records import Box, Line
from tests.fakes import FakeEncoder, FakeReader

RED = [1, 0, 0, 0, 0, 0, 0, 0]
PUMP = [0, 0, 0, 1, 0, 0, 0, 0]
VALVE = [0, 0, 0, 0, 1, 0, 0, 0]


def test_values_come_back_by_kind_and_key(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    cache.put("a", {"1": b"one", "2": b"two"})
    cache.put("b", {"1": b"other"})
    assert cache.get("a", ["1", "2", "3"]) == {"1": b"one", "2": b"two"}
    assert cache.get("b", ["1", "2"]) == {"1": b"other"}
    cache.close()
    assert Cache(tmp_path).get("a", ["2"]) == {"2": b"two"}


def test_more_keys_than_sqlite_takes_at_once(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    values = {str(i): str(i).encode() for i in range(2500)}
    cache.put("many", values)
    assert cache.get("many", values) == values


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_a_damaged_file_is_replaced(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "cache.sqlite").write_bytes(b"not a database at all" * 100)
    cache = Cache(tmp_path)
    assert "is damaged" in caplog.text
    cache.put("a", {"1": b"one"})
    assert cache.get("a", ["1"]) == {"1": b"one"}


def test_a_text_is_encoded_once(tmp_path: Path) -> None:
    encoder = FakeEncoder("demo", tmp_path, 1)
    cached = CachedEncoder(encoder, Cache(tmp_path))
    first = cached.texts(["pump", "valve", "pump"])
    assert first.tolist() == [PUMP, VALVE, PUMP]
    second = cached.texts(["valve", "red"])
    assert second.tolist() == [VALVE, RED]
    assert encoder.encoded == ["pump", "valve", "red"]


def test_vectors_of_another_model_are_not_taken(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    CachedEncoder(FakeEncoder("one", tmp_path, 1), cache).texts(["pump"])
    other = FakeEncoder("two", tmp_path, 1)
    CachedEncoder(other, cache).texts(["pump"])
    assert other.encoded == ["pump"]


def test_a_cached_vector_of_the_wrong_length_is_encoded_again(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    encoder = FakeEncoder("demo", tmp_path, 1)
    cache.put("vectors/fake-demo", {content_key("pump"): b"short"})
    assert CachedEncoder(encoder, cache).texts(["pump"]).tolist() == [PUMP]


def test_an_image_is_read_once_and_its_lines_survive(tmp_path: Path) -> None:
    reader = FakeReader(1, 1)
    cached = CachedReader(reader, Cache(tmp_path))
    image = Image.new("RGB", (8, 4))
    line = Line("8x4", Box(0.0, 0.0, 1.0, 0.5), 0.9)
    assert cached.read([("key", image), ("key", image)]) == [(line,), (line,)]
    assert cached.read([("key", image)]) == [(line,)]
    assert reader.calls == 1


def test_no_texts_give_no_rows(tmp_path: Path) -> None:
    vectors = CachedEncoder(FakeEncoder("demo", tmp_path, 1), Cache(tmp_path)).texts([])
    assert vectors.shape == (0, 8)
    assert vectors.dtype == np.float32
