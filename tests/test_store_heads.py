"""Titles and headings by vectors of their own: which chunk each stands above, and what is kept."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from indexer.records import Scored
from indexer.store.generations import Change, commit
from indexer.store.index import Index, SegmentWriter
from indexer.store.merge import merge
from indexer.store.verify import verify
from tests.segments import EAST, SPACES, add, fill, live, remove

NORTH = np.array([0, 1], np.float32)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """alpha (rows 0, 1), one head; beta (2, 3), two heads; gamma (4, 5), none."""
    root = tmp_path / "index"
    with SegmentWriter(root) as writer:
        fill(writer, "alpha", "beta", "gamma")
        writer.add_heads([2, 3], np.array([[0.6, 0.8], [0, 1]], np.float32))
        writer.add_heads([0], EAST[None])
        change = Change("index", SPACES, {}, b"{}", added=[writer.seal()])
        commit(root, change)
    return root


def found(root: Path, vector: np.ndarray = EAST) -> list[tuple[str, int, float]]:
    """Document, place of the chunk in it, and score of all chunks with a head."""
    with Index.open(root, verify=True) as index:
        chunks = {chunk.id: chunk for chunk in index.get(index.ids())}
        scored = index.heads(vector, index.ids())
        return [
            (chunks[one.id].title, int(chunks[one.id].asset is not None), round(one.score, 4))
            for one in scored
        ]


def test_a_head_stands_above_what_follows_it_in_its_document(root: Path) -> None:
    with Index.open(root) as index:
        assert index.heads(EAST, [4, 3, 1, 0]) == [Scored(0, 1.0), Scored(1, 1.0), Scored(3, 0.0)]
        north = index.heads(NORTH, [2, 1])
        assert [(one.id, round(one.score, 6)) for one in north] == [(2, 0.8), (1, 0.0)]
        assert index.heads(EAST, []) == []


def test_a_merge_keeps_the_heads_of_what_is_live(root: Path) -> None:
    add(root, "delta")
    remove(root, "alpha")
    assert found(root) == [("beta", 0, 0.6), ("beta", 1, 0.0)]
    assert merge(root, [ref.id for ref in live(root).segments]) is not None
    assert found(root) == [("beta", 0, 0.6), ("beta", 1, 0.0)]
    assert verify(root) == []


def test_a_segment_without_heads_opens_and_has_none(tmp_path: Path) -> None:
    root = tmp_path / "index"
    add_first = Change("index", SPACES, {}, b"{}")
    with SegmentWriter(root) as writer:
        fill(writer, "alpha")
        info = writer.seal()
        assert "heads.bin" not in info.files
        commit(root, Change(add_first.cause, SPACES, {}, b"{}", added=[info]))
    assert found(root) == []


def test_heads_of_chunks_that_are_not_there_are_found(tmp_path: Path) -> None:
    root = tmp_path / "index"
    with SegmentWriter(root) as writer:
        fill(writer, "alpha")
        writer.add_heads([7], np.array([[3, 0]], np.float32))
        commit(root, Change("index", SPACES, {}, b"{}", added=[writer.seal()]))
    reasons = [fault.reason for fault in verify(root)]
    assert "heads of chunks that are not there, or two of one chunk" in reasons
    assert "heads whose vectors are not of unit length" in reasons
