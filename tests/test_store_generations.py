"""Generations: commits, kills, retention, going back and forth, one writer at a time."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from indexer.errors import BadConfig, IndexBusy, IndexDamaged
from indexer.store import generations as generations_module
from indexer.store.generations import Change, commit, generations, rollback
from indexer.store.index import Index, writer_lock
from indexer.store.ledgers import read_ledger
from tests.segments import (
    SPACES,
    add,
    build,
    live,
    numbers,
    remove,
    segment,
    titles,
)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    build(tmp_path / "index", "alpha", "beta", "gamma")
    return tmp_path / "index"


def test_a_generation_says_how_it_was_made(root: Path) -> None:
    manifest = add(root, "delta")
    assert (manifest.generation, manifest.parent, manifest.cause) == (2, 1, "add")
    assert manifest.made.endswith("+00:00")
    assert manifest == live(root)
    assert read_ledger(root, manifest.ledger) == b"{}"
    first, second = generations(root)
    assert (first.number, first.cause, first.parent, first.live) == (1, "index", 0, False)
    assert (second.documents, second.chunks, second.segments, second.live) == (4, 8, 2, True)
    assert 0 < first.bytes < second.bytes
    assert second.made == manifest.made


def test_counts_are_carried_from_generation_to_generation(root: Path) -> None:
    first, second = live(root), remove(root, "alpha")
    id = first.segments[0].id
    assert second.tombstones == {id: (0,)}
    assert [(ref.documents, ref.chunks, ref.dead) for ref in second.segments] == [(3, 6, 2)]
    third = remove(root, "gamma")
    assert (third.tombstones, third.segments[0].dead) == ({id: (0, 2)}, 4)
    assert (third.documents, third.chunks) == (1, 2)
    assert third.counts["modality"] == {"text": 1, "image": 1}
    with segment(root, "alpha", "delta") as info:
        change = Change(
            "add", SPACES, {}, b"{}", third, added=[info], removed={id: [0, 1], info.id: [1]}
        )
        fourth = commit(root, change)
    assert (fourth.tombstones, fourth.documents) == ({info.id: (1,)}, 1)
    assert [ref.id for ref in fourth.segments] == [info.id]
    assert fourth.counts["kind"] == {"manual": 1}
    with Index.open(root) as index:
        assert [document.path for document in index.documents()] == ["alpha.md"]


def test_a_change_of_what_is_no_longer_live(root: Path) -> None:
    old = live(root)
    add(root, "delta")
    with pytest.raises(BadConfig, match="changed meanwhile, from generation 1 to 2; try again"):
        commit(root, Change("remove", SPACES, {}, b"{}", old))
    assert numbers(root) == [1, 2]


def test_changes_that_make_no_sense(root: Path) -> None:
    base = live(root)
    id = base.segments[0].id
    for removed in ({id: [3]}, {id: [-1]}, {"none": [0]}):
        with pytest.raises(ValueError, match="no documents"):
            commit(root, Change("remove", SPACES, {}, b"{}", base, removed=removed))
    other = {**SPACES, "text": replace(SPACES["text"], fingerprint="bb")}
    with pytest.raises(ValueError, match="space text is not the one of generation 1"):
        commit(root, Change("add", other, {}, b"{}", base))
    with segment(root, "x") as info, pytest.raises(ValueError, match="clip have 4 dimensions"):
        commit(root, Change("add", {"text": SPACES["text"]}, {}, b"{}", added=[info]))
    assert live(root) == base


def test_a_sealed_segment_that_went_is_not_committed(root: Path) -> None:
    with segment(root, "delta") as info:
        pass
    build(root, "epsilon")
    with pytest.raises(IndexDamaged, match=r"segment\.json: is missing; mend the index with"):
        commit(root, Change("add", SPACES, {}, b"{}", live(root), added=[info]))


def test_killed_before_sealing(root: Path) -> None:
    code = f"""
import os
from pathlib import Path
from indexer.store.index import SegmentWriter
from tests.segments import fill
writer = SegmentWriter(Path({str(root)!r}))
fill(writer, "left")
os._exit(9)
"""
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 9
    assert len(list((root / "segments").glob(".partial-*"))) == 1
    with Index.open(root) as index:
        assert index.generation == 1
    build(root, "delta")
    assert not list((root / "segments").glob(".partial-*"))
    assert not (root / "thumbs" / "left.webp").exists()


def test_killed_before_the_commit(root: Path) -> None:
    with segment(root, "delta") as left:
        pass
    with Index.open(root) as index:
        assert index.generation == 1
    build(root, "epsilon")
    assert not (root / "segments" / left.id).exists()
    assert not (root / "thumbs" / "delta.webp").exists()


def test_killed_before_current_is_replaced(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(generations_module, "write_current", killed)
        with pytest.raises(KeyboardInterrupt):
            build(root, "delta")
    (root / ".CURRENT.tmp").write_text("half")
    with Index.open(root) as index:
        assert index.generation == 1
        assert titles(index, index.words("alpha", 1, None)) == ["alpha"]
    assert build(root, "epsilon") == 3
    assert numbers(root) == [1, 2, 3]
    assert not (root / ".CURRENT.tmp").exists()
    rollback(root, 2)  # it was whole, only not promoted
    with Index.open(root) as index:
        assert titles(index, index.words("delta", 1, None)) == ["delta"]


def test_a_rebuild_mends_a_damaged_index(root: Path) -> None:
    (root / "CURRENT").write_bytes(b"\xff garbage")
    next(root.rglob("segment.json")).write_bytes(b"{")
    assert build(root, "delta") == 2
    with Index.open(root) as index:
        assert titles(index, index.words("delta", 1, None)) == ["delta"]


def test_back_and_forth(root: Path) -> None:
    add(root, "delta")
    remove(root, "alpha")
    for number, documents in ((1, 3), (3, 3), (2, 4), (3, 3)):
        assert rollback(root, number).documents == documents
        with Index.open(root) as index:
            assert (index.generation, len(index.documents())) == (number, documents)
    assert numbers(root) == [1, 2, 3]
    rollback(root, 1)
    assert add(root, "epsilon").generation == 4
    assert [(facts.number, facts.live) for facts in generations(root)] == [
        (1, False), (2, False), (3, False), (4, True),
    ]  # fmt: skip


def test_a_generation_that_is_not_promoted(root: Path) -> None:
    with segment(root, "delta") as info:
        change = Change("rebuild", SPACES, {}, b"{}", added=[info])
        assert commit(root, change, promote=False).generation == 2
    with Index.open(root) as index:
        assert (index.generation, index.changed()) == (1, False)
    assert [(facts.number, facts.live) for facts in generations(root)] == [(1, True), (2, False)]
    rollback(root, 2)
    with Index.open(root) as index:
        assert titles(index, index.words("delta", 1, None)) == ["delta"]


def test_damaged_generations_say_so(root: Path) -> None:
    build(root, "delta")
    add(root, "epsilon")
    (root / "generations" / "000001.json").write_bytes(b"{")
    (root / "segments" / live(root).segments[1].id / "segment.json").unlink()
    first, second, third = generations(root)
    assert "has no format version" in first.damaged
    assert second.damaged == ""
    assert "is missing" in third.damaged
    assert third.documents == 2
    with pytest.raises(IndexDamaged, match="is missing"):
        rollback(root, 3)
    with pytest.raises(IndexDamaged, match="has no format version"):
        rollback(root, 1)


def test_a_reader_keeps_its_generation_and_sees_the_change(root: Path) -> None:
    with Index.open(root) as old:
        assert not old.changed()
        for name in ("b1", "b2", "b3", "b4"):
            build(root, name)
        assert old.changed()
        # Its files are gone from the folder by now, and still open here.
        assert titles(old, old.words("alpha", 1, None)) == ["alpha"]
        with Index.open(root) as new:
            assert (new.generation, titles(new, new.words("b4", 1, None))) == (5, ["b4"])


def test_one_commit_at_a_time(root: Path) -> None:
    code = f"""
from pathlib import Path
from indexer.errors import IndexBusy
from indexer.store.generations import Change, commit
from indexer.store.index import SegmentWriter, writer_lock
root = Path({str(root)!r})
with SegmentWriter(root):
    print("writes")
for attempt in (lambda: writer_lock(root).__enter__(),
                lambda: commit(root, Change("index", {{}}, {{}}, b""))):
    try:
        attempt()
    except IndexBusy as error:
        print(error)
"""
    with writer_lock(root):
        with pytest.raises(IndexBusy, match="another build is writing"), writer_lock(root):
            pass
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        )
        message = f"{root}: another build is writing to this index (process {os.getpid()})"
        first, *rest = done.stdout.splitlines()
        assert first == "writes"
        assert [line.startswith(message) for line in rest] == [True] * 2
    with writer_lock(root):
        pass


def test_the_lock_dies_with_its_process(root: Path) -> None:
    code = (
        "import os, sys; from pathlib import Path; from indexer.store.index import writer_lock;"
        f"lock = writer_lock(Path({str(root)!r})); lock.__enter__(); os._exit(9)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 9
    assert build(root, "delta") == 2


def test_names_that_are_not_utf8_fit_in_the_manifest(root: Path) -> None:
    with segment(root, "x") as info:
        commit(root, Change("index", SPACES, {"skipped": ["caf\udce9.md"]}, b"", added=[info]))
    with Index.open(root) as index:
        assert index.manifest.build == {"skipped": ["caf\udce9.md"]}
