"""Merging and purging: what is live stays as it was, what is deleted leaves the disk."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from indexer.errors import IndexBusy, IndexDamaged
from indexer.records import Filter
from indexer.store.catalog import Origin
from indexer.store.generations import Change, commit
from indexer.store.index import Index, SegmentWriter
from indexer.store.manifest import read_segment_info
from indexer.store.merge import compact, is_due, merge, replace_by, rewrite
from indexer.store.purge import Purged, purge
from indexer.store.uploads import UPLOADED, store_upload, uploads_folder
from tests.segments import (
    EAST,
    NAMES,
    SPACES,
    add,
    build,
    document,
    fill,
    live,
    names_in,
    numbers,
    remove,
    titles,
)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Three segments: alpha, (beta), gamma; delta; (epsilon), zeta; in brackets deleted."""
    root = tmp_path / "index"
    build(root, "alpha", "beta", "gamma")
    add(root, "delta")
    add(root, "epsilon", "zeta")
    remove(root, "beta", "epsilon")
    return root


def ids(root: Path) -> list[str]:
    return [ref.id for ref in live(root).segments]


def answers(index: Index) -> dict[str, object]:
    """What an index says to everything, ids and generation left out."""
    return {
        "counts": index.counts(),
        "documents": [(d.number, d.source, d.path, d.file, d.key) for d in index.documents()],
        "chunks": [
            [(c.title, c.text, c.asset, c.thumb, c.place) for c in index.get([row])]
            for row in range(index.manifest.chunks)
        ],
        "text": [(s.id, s.score) for s in index.nearest("text", EAST, 9, None)],
        "clip": [index.nearest("clip", axis, 9, None) for axis in np.eye(4, dtype=np.float32)],
        "words": [index.words(f"about {name}", 20, None) for name in NAMES],
        "rarity": index.rarity(["about", "delta", "beta"]),
        "filtered": index.select([Filter("n", ">=", "3")], frozenset()),
    }


def test_a_merge_equals_a_fresh_index_of_the_same_documents(root: Path) -> None:
    before = live(root)
    merged = merge(root, ids(root))
    build(root.parent / "fresh", "alpha", "gamma", "delta", "zeta")
    fresh = live(root.parent / "fresh")
    assert merged is not None
    assert merged == live(root)
    assert (merged.cause, merged.parent, merged.tombstones) == ("merge", before.generation, {})
    assert (merged.ledger, merged.build, merged.spaces) == (before.ledger, before.build, SPACES)
    assert merged.counts == fresh.counts == before.counts
    assert merged.quality == fresh.quality
    infos = [
        read_segment_info(folder, manifest.segments[0])
        for folder, manifest in ((root, merged), (root.parent / "fresh", fresh))
    ]
    for name in ("chunks", "documents", "counts", "metadata_keys", "spaces"):
        assert getattr(infos[0], name) == getattr(infos[1], name)
    with Index.open(root) as one, Index.open(root.parent / "fresh") as other:
        found, expected = answers(one), answers(other)
        masks = [found.pop("filtered"), expected.pop("filtered")]
        assert found == expected
        assert [mask.masks[0].tolist() for mask in masks] == [[False] * 4 + [True] * 4] * 2  # type: ignore[attr-defined]


def test_only_the_given_segments_are_merged_oldest_first(root: Path) -> None:
    first, second, third = ids(root)
    manifest = merge(root, [third, first])
    assert manifest is not None
    assert len(manifest.segments) == 2
    assert manifest.segments[0].id == second
    with Index.open(root) as index:
        assert [document.path for document in index.documents()] == [
            "delta.md", "alpha.md", "gamma.md", "zeta.md",
        ]  # fmt: skip
        assert titles(index, index.nearest("text", EAST, 9, None)) == [
            "alpha", "gamma", "delta", "zeta",
        ]  # fmt: skip
        assert [chunk.id for chunk in index.document(1 << 32)] == [1 << 32, 1 << 32 | 1]


def test_what_is_deleted_during_a_merge_stays_deleted(root: Path) -> None:
    inputs = ids(root)[:2]
    with SegmentWriter(root) as writer:
        rewritten = rewrite(root, inputs, writer)
        assert rewritten is not None
        assert [numbers.tolist() for numbers in rewritten.numbers.values()] == [[0, -1, 1], [2]]
        remove(root, "gamma", "zeta")
        add(root, "eta")
        manifest = replace_by(root, rewritten)
    assert manifest is not None
    assert manifest.tombstones == {rewritten.info.id: (1,)}
    assert (manifest.documents, manifest.chunks) == (3, 6)
    assert manifest.counts["modality"] == {"text": 3, "image": 3}
    assert [ref.dead for ref in manifest.segments] == [0, 2]
    with Index.open(root) as index:
        assert sorted(document.path for document in index.documents()) == [
            "alpha.md", "delta.md", "eta.md",
        ]  # fmt: skip
        assert index.words("gamma zeta beta", 9, None) == []
        assert titles(index, index.nearest("text", EAST, 9, None)) == ["alpha", "delta", "eta"]


def test_everything_deleted_during_a_merge(root: Path) -> None:
    inputs = ids(root)[1:]
    with SegmentWriter(root) as writer:
        rewritten = rewrite(root, inputs, writer)
        assert rewritten is not None
        remove(root, "delta", "zeta")
        assert replace_by(root, rewritten) is None
        assert len(live(root).segments) == 1
    add(root, "eta")
    assert rewritten.info.id not in names_in(root / "segments")


def test_segments_that_are_no_longer_live_are_not_merged(root: Path) -> None:
    inputs = ids(root)
    build(root, "eta")
    assert merge(root, inputs) is None
    with SegmentWriter(root) as writer:
        rewritten = rewrite(root, ids(root), writer)
        assert rewritten is not None
        build(root, "theta")
        assert replace_by(root, rewritten) is None
    with Index.open(root) as index:
        assert [document.path for document in index.documents()] == ["theta.md"]


def test_documents_without_chunks_or_vectors_survive(tmp_path: Path) -> None:
    for name in ("one", "two"):
        with SegmentWriter(tmp_path) as writer:
            writer.add(Origin("src", f"{name}.md", "k"), document(f"{name}.md", groups=("g",)), [])
            base = live(tmp_path) if name == "two" else None
            change = Change("add", SPACES, {}, b"{}", base, added=[writer.seal()])
            commit(tmp_path, change)
    manifest = merge(tmp_path, ids(tmp_path))
    assert manifest is not None
    assert (manifest.documents, manifest.chunks, len(manifest.segments)) == (2, 0, 1)
    assert read_segment_info(tmp_path, manifest.segments[0]).spaces == {}
    with Index.open(tmp_path) as index:
        assert [found.path for found in index.documents()] == ["one.md", "two.md"]
        assert index._segments[0].catalog.read(0, 1)[0].document.groups == ("g",)


def test_many_documents_are_copied_in_batches(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("indexer.store.merge._BATCH", 3)
    build(tmp_path, *NAMES)
    remove(tmp_path, "gamma")
    merge(tmp_path, ids(tmp_path))
    with Index.open(tmp_path) as index:
        left = [name for name in NAMES if name != "gamma"]
        assert [document.path for document in index.documents()] == [f"{n}.md" for n in left]
        assert titles(index, index.nearest("text", EAST, 9, None)) == left


def test_damage_is_found_and_not_copied(root: Path) -> None:
    path = root / "segments" / ids(root)[0] / "text.faiss"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    before = live(root)
    with pytest.raises(IndexDamaged, match=r"text\.faiss: was altered"):
        merge(root, ids(root))
    assert live(root) == before
    assert not list((root / "segments").glob(".partial-*"))


def test_compacting_ends_within_the_limit(tmp_path: Path) -> None:
    build(tmp_path, "alpha")
    for name in NAMES[1:7]:
        add(tmp_path, name)
    assert not is_due(tmp_path)
    assert compact(tmp_path) == 0
    add(tmp_path, "theta")
    assert is_due(tmp_path)
    assert compact(tmp_path) == 1
    assert len(ids(tmp_path)) == 1
    remove(tmp_path, "alpha", "beta", "gamma")
    assert compact(tmp_path) == 1
    assert live(tmp_path).tombstones == {}
    assert live(tmp_path).documents == 5


def test_a_purge_leaves_nothing_of_what_was_deleted(root: Path) -> None:
    (root.parent / "upload").write_bytes(b"secret")
    with SegmentWriter(root) as writer:
        name = store_upload(root, root.parent / "upload", "eta.md", ".md")
        writer.add(Origin(UPLOADED, name, "k"), document("eta.md"), [])
        fill(writer, "theta")
        change = Change("add", SPACES, {}, b"{}", live(root), added=[writer.seal()])
        commit(root, change)
    remove(root, "eta")
    assert (uploads_folder(root) / name).exists()
    purged = purge(root)
    assert purged == Purged(7, documents=3, segments=3, bytes=purged.bytes)
    assert purged.bytes > 0
    assert numbers(root) == [7]
    manifest = live(root)
    assert (manifest.cause, manifest.tombstones, manifest.documents) == ("purge", {}, 5)
    assert set(names_in(root / "segments")) == set(ids(root))
    assert names_in(root / "thumbs") == [
        f"{n}.webp" for n in ("alpha", "delta", "gamma", "theta", "zeta")
    ]
    assert names_in(uploads_folder(root)) == []
    kept = b"".join(path.read_bytes() for path in root.rglob("*") if path.is_file())
    assert b"gamma" in kept
    assert b"epsilon" not in kept
    with Index.open(root) as index:
        assert index.words("beta epsilon", 9, None) == []
    assert purge(root) == Purged(7, documents=0, segments=0, bytes=0)


def test_a_purge_waits_for_nobody_and_says_so(root: Path) -> None:
    with SegmentWriter(root), pytest.raises(IndexBusy, match="a segment is being written"):
        purge(root)
    assert purge(root).generation == 5


def test_a_purge_proves_what_it_says(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("indexer.store.clear.shutil.rmtree", lambda *_, **__: None)
        with pytest.raises(IndexDamaged, match="is still there after the purge"):
            purge(root)
    assert purge(root).documents == 2
    with monkeypatch.context() as patch:
        remove(root, "alpha")
        patch.setattr("indexer.store.purge.merge", lambda *_: None)
        with pytest.raises(IndexDamaged, match="deleted documents are there after the purge"):
            purge(root)
