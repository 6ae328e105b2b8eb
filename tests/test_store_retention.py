"""Retention: which generations are kept, and that what none of them needs goes."""

from __future__ import annotations

from pathlib import Path

import pytest

from indexer.errors import BadConfig, IndexDamaged
from indexer.store.catalog import Origin
from indexer.store.clear import clear
from indexer.store.generations import Change, commit, rollback
from indexer.store.index import SegmentWriter
from indexer.store.ledgers import read_ledger
from indexer.store.uploads import UPLOADED, store_upload, upload_fault, uploads_folder
from tests.segments import (
    SPACES,
    add,
    build,
    document,
    fill,
    live,
    names_in,
    numbers,
    remove,
    segment,
)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    build(tmp_path / "index", "alpha", "beta", "gamma")
    return tmp_path / "index"


def test_retention_keeps_the_newest_and_the_newest_builds(root: Path) -> None:
    for cause in ("add", "add", "rebuild", "add", "repair", "index", "add"):
        build(root, f"b{len(numbers(root))}", cause=cause)
    # 1 index, 2 3 add, 4 rebuild, 5 add, 6 repair, 7 index, 8 add
    assert numbers(root) == [4, 6, 7, 8]
    for _ in range(4):
        add(root)
    assert numbers(root) == [4, 6, 7, 10, 11, 12]
    rollback(root, 4)
    add(root)
    assert numbers(root) == [4, 6, 7, 11, 12, 13]
    assert live(root).parent == 4


def test_what_no_generation_needs_goes(root: Path) -> None:
    for name in ("b2", "b3", "b4"):
        build(root, name)
    assert numbers(root) == [2, 3, 4]
    assert len(names_in(root / "segments")) == 3
    assert names_in(root / "thumbs") == ["b2.webp", "b3.webp", "b4.webp"]
    with pytest.raises(BadConfig, match="no generation 1; kept: 2, 3, 4"):
        rollback(root, 1)


def test_previews_of_deleted_documents_stay_while_a_segment_has_them(root: Path) -> None:
    for name in ("alpha", "beta"):
        remove(root, name)
    assert names_in(root / "thumbs") == ["alpha.webp", "beta.webp", "gamma.webp"]
    clear(root, only_live=True)
    assert numbers(root) == [3]
    assert names_in(root / "thumbs") == ["alpha.webp", "beta.webp", "gamma.webp"]


def keep(root: Path, id: str, data: bytes) -> str:
    (root.parent / "upload").write_bytes(data)
    return store_upload(root, root.parent / "upload", id, ".md")


def test_originals_and_ledgers_go_with_the_last_generation_that_needs_them(root: Path) -> None:
    with SegmentWriter(root) as writer:
        name, stray = keep(root, "up", b"one"), keep(root, "stray", b"two")
        fill(writer, "delta")
        writer.add(Origin(UPLOADED, name, "k"), document("up.md"), [])
        info = writer.seal()
        commit(root, Change("add", SPACES, {}, b'{"n": 2}', live(root), added=[info]))
    path = uploads_folder(root) / name
    assert (path.read_bytes(), upload_fault(path)) == (b"one", None)
    ledger = live(root).ledger
    for n in range(3):
        build(root, f"b{n}")
    assert names_in(uploads_folder(root)) == []
    assert not (uploads_folder(root) / stray).exists()
    assert ledger not in {path.stem for path in (root / "ledgers").iterdir()}
    assert len(names_in(root / "ledgers")) == 1


def test_altered_originals_and_ledgers_are_named(root: Path) -> None:
    path = uploads_folder(root) / keep(root, "up", b"one")
    path.write_bytes(b"two")
    assert upload_fault(path) == "was altered"
    assert keep(root, "up", b"one") == path.name  # written again
    assert upload_fault(path) is None
    path.unlink()
    assert upload_fault(path) == "is missing"
    ledger = root / "ledgers" / f"{live(root).ledger}.json"
    ledger.write_bytes(b"[]")
    with pytest.raises(IndexDamaged, match="was altered; mend"):
        read_ledger(root, ledger.stem)
    ledger.unlink()
    with pytest.raises(IndexDamaged, match="is missing; mend"):
        read_ledger(root, ledger.stem)


def test_what_a_writer_holds_stays(root: Path) -> None:
    with SegmentWriter(root) as writer:
        fill(writer, "held")
        with segment(root, "sealed") as sealed:
            for n in range(3):
                build(root, f"b{n}")
            assert (root / "segments" / sealed.id).is_dir()
            assert len(list((root / "segments").glob(".partial-*"))) == 1
            assert {"held.webp", "sealed.webp"} <= set(names_in(root / "thumbs"))
        info = writer.seal()
        manifest = commit(root, Change("add", SPACES, {}, b"{}", live(root), added=[info]))
    assert [ref.id for ref in manifest.segments][1:] == [info.id]
    assert not (root / "segments" / sealed.id).exists()
    assert names_in(root / "thumbs") == ["b0.webp", "b1.webp", "b2.webp", "held.webp"]


def test_other_things_in_the_folder_stay(root: Path) -> None:
    for name in ("vectors", "feedback"):
        (root / name).mkdir()
        (root / name / "keep").write_text("x")
    build(root, "b2")
    assert (root / "vectors" / "keep").exists()
    assert (root / "feedback" / "keep").exists()
