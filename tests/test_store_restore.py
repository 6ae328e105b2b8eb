"""Small files made whole again from their copies, and what can be dropped or must stay."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from indexer.store.copies import copy_path, read_copy, write_with_copy
from indexer.store.generations import rollback
from indexer.store.index import Index
from indexer.store.manifest import (
    CATALOG,
    Current,
    current_path,
    generation_path,
    read_current,
    segment_path,
    write_current,
)
from indexer.store.restore import committed_numbers, drop_damaged, is_on_disk, named, restore
from indexer.store.verify import verify
from tests.segments import add, build, live, numbers, remove


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Three generations: alpha; alpha and beta; beta."""
    build(tmp_path, "alpha")
    add(tmp_path, "beta")
    remove(tmp_path, "alpha")
    return tmp_path


def _paths(root: Path) -> list[str]:
    with Index.open(root) as index:
        return [document.path for document in index.documents()]


def test_a_copy_proves_itself_and_its_original(tmp_path: Path) -> None:
    path = tmp_path / "facts.json"
    write_with_copy(path, b"data\nmore")
    assert (path.read_bytes(), read_copy(path)) == (b"data\nmore", b"data\nmore")
    copy = copy_path(path)
    assert copy == tmp_path / "facts.copy"
    whole = copy.read_bytes()
    for place in range(len(whole)):
        altered = bytearray(whole)
        altered[place] ^= 1
        copy.write_bytes(altered)
        assert read_copy(path) is None, place
    for length in range(len(whole)):
        copy.write_bytes(whole[:length])
        assert read_copy(path) is None, length
    copy.unlink()
    assert read_copy(path) is None


@pytest.mark.parametrize("name", ["CURRENT", "generations/000003.json", "generations/000002.json"])
@pytest.mark.parametrize("data", [b"", b"x", None])
def test_a_small_file_comes_back_as_it_was(root: Path, name: str, data: bytes | None) -> None:
    path = root / name
    for spoilt in (path, copy_path(path)):
        before = {place: place.read_bytes() for place in (path, copy_path(path))}
        spoilt.unlink()
        if data is not None:
            spoilt.write_bytes(data)
        assert [fault.path for fault in verify(root)] == [spoilt.relative_to(root).as_posix()]
        restore(root)
        assert {place: place.read_bytes() for place in before} == before
        assert verify(root) == []


def test_without_current_and_its_copy_the_newest_generation_is_live(root: Path) -> None:
    rollback(root, 2)
    current_path(root).unlink()
    copy_path(current_path(root)).unlink()
    assert named(root) is None
    restore(root)
    assert (read_current(root).generation, _paths(root)) == (3, ["beta.md"])


def test_current_of_a_killed_rollback_names_what_it_did(root: Path) -> None:
    """The copy is written first: it may say what CURRENT does not yet."""
    before = current_path(root).read_bytes()
    rollback(root, 1)
    current_path(root).write_bytes(before)
    assert verify(root) == []
    restore(root)
    assert read_current(root).generation == 3
    assert copy_path(current_path(root)).read_bytes().endswith(before)


def test_current_that_names_another_file_than_the_one_there_is_mended(root: Path) -> None:
    write_current(root, Current(3, "0" * 64))
    assert named(root) is None
    assert [fault.path for fault in verify(root)] == ["CURRENT"]
    restore(root)
    assert (verify(root), _paths(root)) == ([], ["beta.md"])


def test_a_generation_lost_with_its_copy_goes_and_the_one_before_is_live(root: Path) -> None:
    generation_path(root, 3).write_bytes(b"")
    copy_path(generation_path(root, 3)).write_bytes(b"")
    restore(root)
    assert (numbers(root), _paths(root)) == ([1, 2], ["alpha.md", "beta.md"])
    assert verify(root) == []


def test_a_copy_of_a_generation_that_was_never_live_is_no_damage(root: Path) -> None:
    """Where a commit was killed before it was through."""
    copy_path(generation_path(root, 4)).write_bytes(
        copy_path(generation_path(root, 3)).read_bytes()
    )
    assert (committed_numbers(root), verify(root)) == ([1, 2, 3], [])
    generation_path(root, 2).unlink()
    assert committed_numbers(root) == [1, 2, 3]


def test_a_generation_is_on_disk_by_its_file_or_by_its_copy(root: Path) -> None:
    current, path = read_current(root), generation_path(root, 3)
    path.write_bytes(b"")
    assert is_on_disk(root, current)
    restore(root)
    copy_path(path).unlink()
    assert is_on_disk(root, current)
    path.write_bytes(b"")
    assert not is_on_disk(root, current)


def test_nothing_to_restore_is_left_alone(root: Path) -> None:
    before = {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}
    restore(root)
    after = {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}
    assert after == before


def test_generations_that_need_what_is_lost_are_dropped_but_the_live_one(root: Path) -> None:
    (alpha, *_) = _segments_of(root, 2)
    assert alpha not in _segments_of(root, 3)
    path = segment_path(root, alpha) / CATALOG
    path.unlink()
    lost = [fault.path for fault in verify(root)]
    assert lost == [f"segments/{alpha}/{CATALOG}"]
    drop_damaged(root, lost)
    assert (numbers(root), verify(root), _paths(root)) == ([3], [], ["beta.md"])
    assert not segment_path(root, alpha).exists()


def test_the_live_generation_is_never_dropped(root: Path) -> None:
    (beta,) = _segments_of(root, 3)
    drop_damaged(root, [f"segments/{beta}/{CATALOG}"])
    assert (numbers(root), _paths(root)) == ([1, 3], ["beta.md"])


def test_generations_with_a_lost_ledger_are_dropped(root: Path) -> None:
    (root / "ledgers" / f"{live(root).ledger}.json").write_bytes(b"")
    faults = verify(root)
    assert [fault.reason for fault in faults] == ["was altered"]  # all share it
    drop_damaged(root, [fault.path for fault in faults])
    assert numbers(root) == [3]


def _segments_of(root: Path, generation: int) -> list[str]:
    data = json.loads(generation_path(root, generation).read_bytes())
    return [segment["id"] for segment in data["segments"]]
