"""Writing a segment: what is refused, what is left behind."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from indexer.errors import BadConfig
from indexer.records import Chunk, Document, Kind, Modality, Place
from indexer.store.index import ChunkRow, Origin, SegmentWriter, WordFields, writer_lock
from indexer.store.lock import Hold
from tests.segments import fill, names_in

ORIGIN = Origin("src", "x.md", "k")


def test_an_unsealed_segment_leaves_nothing(tmp_path: Path) -> None:
    with SegmentWriter(tmp_path) as writer:
        writer.add(ORIGIN, Document("x.md", "x", Kind.MANUAL, (), "h"), [])
    writer.discard()
    assert list((tmp_path / "segments").iterdir()) == []
    with writer_lock(tmp_path):
        pass


def test_a_sealed_segment_is_held_until_it_is_closed(tmp_path: Path) -> None:
    with SegmentWriter(tmp_path) as writer:
        partial = next((tmp_path / "segments").iterdir())
        assert Hold.take(partial) is None
        folder = tmp_path / "segments" / writer.seal().id
        assert names_in(tmp_path / "segments") == [folder.name]
        assert Hold.take(folder) is None
    hold = Hold.take(folder)
    assert hold is not None
    hold.release()
    assert Hold.take(tmp_path / "none") is None


def test_several_segments_are_written_side_by_side(tmp_path: Path) -> None:
    with SegmentWriter(tmp_path) as one, SegmentWriter(tmp_path) as two:
        fill(one, "alpha")
        fill(two, "beta", "alpha")
        infos = [one.seal(), two.seal()]
    assert [(info.documents, info.chunks) for info in infos] == [(1, 2), (2, 4)]
    assert infos[0].id[:8] != infos[1].id[:8]


def test_no_two_segments_share_the_key_of_their_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = iter(["0123456789abcdef", "01234567aaaaaaaa", "8123456789abcdef"])
    monkeypatch.setattr("indexer.store.segment.secrets.token_hex", lambda _: next(ids))
    with SegmentWriter(tmp_path), SegmentWriter(tmp_path):
        assert names_in(tmp_path / "segments") == [
            ".partial-0123456789abcdef",
            ".partial-8123456789abcdef",
        ]


def test_a_folder_with_other_files_is_not_taken_over(tmp_path: Path) -> None:
    (tmp_path / "segments").mkdir()
    (tmp_path / "segments" / "thesis.doc").write_text("mine")
    with pytest.raises(BadConfig, match="holds other files"):
        SegmentWriter(tmp_path)
    with pytest.raises(BadConfig, match="cannot write an index here"):
        SegmentWriter(tmp_path / "segments" / "thesis.doc")
    assert (tmp_path / "segments" / "thesis.doc").read_text() == "mine"


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[SegmentWriter]:
    made = SegmentWriter(tmp_path)
    row = ChunkRow(Chunk(Modality.TEXT, Place()), "", WordFields("", "", "", ""))
    assert made.add(ORIGIN, Document("x.md", "x", Kind.MANUAL, (), "h"), [row, row]) == [0, 1]
    assert made.add(ORIGIN, Document("y.md", "y", Kind.MANUAL, (), "h"), [row]) == [2]
    yield made
    made.discard()


@pytest.mark.parametrize(
    ("rows", "vectors"),
    [
        ([0], np.ones((1, 4), np.float32)),
        ([0], np.array([[np.nan, 0]], np.float32)),
        ([0, 1], np.eye(2, dtype=np.float32)[:1]),
        ([3], np.eye(2, dtype=np.float32)[:1]),
        ([-1], np.eye(2, dtype=np.float32)[:1]),
        ([0], np.eye(2)[:1]),
    ],
)
def test_unusable_vectors(writer: SegmentWriter, rows: list[int], vectors: NDArray[Any]) -> None:
    with pytest.raises(ValueError, match="space text: "):
        writer.add_vectors("text", rows, vectors)


def test_one_vector_per_chunk_and_space(writer: SegmentWriter) -> None:
    writer.add_vectors("text", [1], np.eye(2, dtype=np.float32)[:1])
    writer.add_vectors("text", [1], np.eye(2, dtype=np.float32)[:1])
    with pytest.raises(ValueError, match="a chunk was given two vectors"):
        writer.seal()


def test_an_ended_space_takes_no_more(writer: SegmentWriter) -> None:
    writer.add_vectors("text", [1, 0], np.eye(2, dtype=np.float32))
    writer.end_space("text")
    with pytest.raises(ValueError, match="space name 'text' is ended"):
        writer.add_vectors("text", [2], np.eye(2, dtype=np.float32)[:1])
    assert writer.seal().spaces["text"].count == 2


def test_names_cannot_leave_the_folder(writer: SegmentWriter) -> None:
    with pytest.raises(ValueError, match="thumb name"):
        writer.add_thumb("../x", b"")
    with pytest.raises(ValueError, match="space name"):
        writer.add_vectors("../x", [], np.empty((0, 2), np.float32))
