"""Opening the next generation: what stays is shared, what went is retried."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from indexer.errors import BadConfig, IndexDamaged
from indexer.store import index as index_module
from indexer.store.index import Index
from indexer.store.manifest import SegmentRef
from indexer.store.sealed import Segment, open_segments
from tests.segments import EAST, add, build, remove, titles


def test_what_base_has_open_is_shared_and_closed_once(tmp_path: Path) -> None:
    build(tmp_path, "alpha", "beta")
    first = Index.open(tmp_path)
    add(tmp_path, "gamma")
    second = Index.open(tmp_path, base=first)
    remove(tmp_path, "alpha")
    third = Index.open(tmp_path, base=second)
    assert second._segments[0] is first._segments[0]
    assert third._segments == second._segments
    assert third._words is second._words
    first.close()
    second.close()
    assert titles(third, third.nearest("text", EAST, 9, None)) == ["beta", "gamma"]
    assert [chunk.title for chunk in third.get([2, 1 << 32])] == ["beta", "gamma"]
    catalog = third._segments[0].catalog
    third.close()
    with pytest.raises(Exception, match="closed"):
        catalog.owners()


def test_a_closed_base_is_not_used(tmp_path: Path) -> None:
    build(tmp_path, "alpha")
    closed = Index.open(tmp_path)
    closed.close()
    with Index.open(tmp_path, base=closed) as index:
        assert index._segments[0] is not closed._segments[0]
        assert [chunk.title for chunk in index.get([0])] == ["alpha"]


def test_a_segment_that_moves_up_keeps_serving_both_indexes(tmp_path: Path) -> None:
    build(tmp_path, "alpha")
    add(tmp_path, "beta", "gamma")
    with Index.open(tmp_path) as old:
        assert [chunk.id for chunk in old.get([1 << 32])] == [1 << 32]
        remove(tmp_path, "alpha", "gamma")
        with Index.open(tmp_path, base=old) as new:
            assert [(chunk.id, chunk.title) for chunk in new.get([0])] == [(0, "beta")]
            assert [(c.id, c.title) for c in old.get([1 << 32])] == [(1 << 32, "beta")]
            assert titles(old, old.words("gamma", 1, None)) == ["gamma"]
            assert new.words("gamma", 1, None) == []


def test_damage_to_a_new_segment_leaves_base_whole(tmp_path: Path) -> None:
    build(tmp_path, "alpha")
    with Index.open(tmp_path) as old:
        id = add(tmp_path, "beta").segments[1].id
        (tmp_path / "segments" / id / "text.faiss").write_bytes(b"")
        with pytest.raises(IndexDamaged, match=r"text\.faiss: has 0 bytes"):
            Index.open(tmp_path, base=old)
        assert [chunk.title for chunk in old.get([0])] == ["alpha"]


def test_a_generation_that_is_not_live_opens(tmp_path: Path) -> None:
    build(tmp_path, "alpha")
    add(tmp_path, "beta")
    with Index.open(tmp_path, generation=1) as index:
        assert (index.generation, index.words("beta", 1, None)) == (1, [])
    with Index.open(tmp_path, generation=2) as index:
        assert titles(index, index.words("beta", 1, None)) == ["beta"]
        assert not index.changed()
    with pytest.raises(BadConfig, match="no generation 7; kept: 1, 2"):
        Index.open(tmp_path, generation=7)


def test_a_generation_cleared_away_while_it_is_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build(tmp_path, "alpha")
    opened: list[int] = []

    def late(
        root: Path, refs: Sequence[SegmentRef], verify: bool, base: Sequence[Segment]
    ) -> list[Segment]:
        if not opened:
            for name in ("beta", "gamma", "delta"):
                build(root, name)
        opened.append(len(refs))
        return open_segments(root, refs, verify, base)

    monkeypatch.setattr(index_module, "open_segments", late)
    with Index.open(tmp_path) as index:
        assert (index.generation, titles(index, index.words("delta", 1, None))) == (4, ["delta"])
    assert opened == [1, 1]
