"""Originals of uploads: kept once, provable, and known by id whatever else is lost."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from indexer.records import Document, Kind
from indexer.store.durable import sha256_bytes
from indexer.store.generations import Change, commit
from indexer.store.index import Origin, SegmentWriter
from indexer.store.restore import is_proved, restore
from indexer.store.uploads import (
    UPLOADED,
    StoredUpload,
    facts_name,
    original_name,
    store_upload,
    stored_uploads,
    upload_fault,
    uploads_folder,
)
from indexer.store.verify import verify
from tests.segments import SPACES, names_in, remove


def _store(root: Path, id: str, data: bytes, suffix: str = ".md") -> Path:
    path = root / "came"
    path.write_bytes(data)
    return uploads_folder(root) / store_upload(root, path, id, suffix)


def _commit(root: Path, *ids: str) -> list[Path]:
    """An index of uploads that say their own id."""
    with SegmentWriter(root) as writer:
        kept = [_store(root, id, id.encode()) for id in ids]
        for id, path in zip(ids, kept, strict=True):
            document = Document(id, id, Kind.MANUAL, (), "h")
            writer.add(Origin(UPLOADED, path.name, "k"), document, [])
        (root / "came").unlink()
        commit(root, Change("add", SPACES, {}, b"{}", added=[writer.seal()]))
    return kept


def test_an_original_is_named_by_its_id_and_content(tmp_path: Path) -> None:
    kept = _store(tmp_path, "faq/a.md", b"text")
    content = sha256_bytes(b"text")
    assert kept.name == sha256_bytes(f"faq/a.md\0{content}".encode()) + ".md"
    assert kept.read_bytes() == b"text"
    facts = json.loads((kept.parent / facts_name(kept.name)).read_bytes())
    assert (facts["id"], facts["sha256"]) == ("faq/a.md", content)
    assert original_name(facts_name(kept.name)) == original_name(kept.name) == kept.name
    assert names_in(kept.parent) == sorted([kept.name, facts_name(kept.name)])
    assert (upload_fault(kept), is_proved(kept)) == (None, True)


def test_the_same_upload_again_is_kept_once_and_another_beside_it(tmp_path: Path) -> None:
    first = _store(tmp_path, "a.md", b"one")
    about = first.parent / facts_name(first.name)
    facts = about.read_bytes()
    assert _store(tmp_path, "a.md", b"one") == first
    assert about.read_bytes() == facts
    others = {_store(tmp_path, "a.md", b"two"), _store(tmp_path, "b.md", b"one")}
    assert len(others | {first}) == 3


def test_the_newest_of_every_id_is_listed(tmp_path: Path) -> None:
    _store(tmp_path, "b.md", b"old")
    new = _store(tmp_path, "b.md", b"new")
    other = _store(tmp_path, "ä.txt", b"x", ".txt")
    found = stored_uploads(tmp_path)
    assert [(upload.id, upload.name) for upload in found] == [
        ("b.md", new.name),
        ("ä.txt", other.name),
    ]
    assert found[0] == StoredUpload("b.md", new.name, found[0].made)
    new.write_bytes(b"spoilt")
    assert [upload.id for upload in stored_uploads(tmp_path)] == ["b.md", "ä.txt"]
    assert stored_uploads(tmp_path)[0].name != new.name
    assert stored_uploads(tmp_path / "none") == []


@pytest.mark.parametrize(
    ("data", "fault"),
    [(b"tex", "was altered"), (b"", "was altered"), (b"tent", "was altered"), (None, "is missing")],
)
def test_a_damaged_original_is_noticed_and_stored_again(
    tmp_path: Path, data: bytes | None, fault: str
) -> None:
    kept = _store(tmp_path, "a.md", b"text")
    kept.unlink()
    if data is not None:
        kept.write_bytes(data)
    assert upload_fault(kept) == fault
    assert _store(tmp_path, "a.md", b"text") == kept
    assert (upload_fault(kept), kept.read_bytes()) == (None, b"text")


def test_any_change_of_an_id_or_hash_beside_an_original_is_noticed(tmp_path: Path) -> None:
    (kept,) = _commit(tmp_path, "faq.md")
    about = kept.parent / facts_name(kept.name)
    whole = about.read_bytes()
    for field in (b"faq.md", sha256_bytes(b"faq.md").encode(), b'"id"', b'"sha256"'):
        for place in range(whole.index(field), whole.index(field) + len(field)):
            data = bytearray(whole)
            data[place] ^= 1
            about.write_bytes(data)
            assert not is_proved(kept)
            assert f"documents/{about.name}" in {fault.path for fault in verify(tmp_path)}, place
    about.write_bytes(whole)
    assert verify(tmp_path) == []


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b'{"id": 1, "sha256": 2}', b"\xff", None])
def test_what_lay_beside_an_original_is_restored_from_the_catalogue(
    tmp_path: Path, data: bytes | None
) -> None:
    first, second = _commit(tmp_path, "a.md", "faq/b.md")
    about = first.parent / facts_name(first.name)
    about.unlink()
    if data is not None:
        about.write_bytes(data)
    assert [fault.path for fault in verify(tmp_path)] == [f"documents/{about.name}"]
    restore(tmp_path)
    assert verify(tmp_path) == []
    found = {upload.id: upload for upload in stored_uploads(tmp_path)}
    assert {id: upload.name for id, upload in found.items()} == {
        "a.md": first.name,
        "faq/b.md": second.name,
    }
    assert found["a.md"].made == first.stat().st_mtime_ns


def test_nothing_is_restored_beside_an_original_that_is_damaged_too(tmp_path: Path) -> None:
    (kept,) = _commit(tmp_path, "a.md")
    about = kept.parent / facts_name(kept.name)
    about.unlink()
    kept.write_bytes(b"other")
    restore(tmp_path)
    assert not about.exists()


def test_originals_go_with_the_last_generation_that_needs_them(tmp_path: Path) -> None:
    first, second = _commit(tmp_path, "a.md", "b.md")
    remove(tmp_path, "a", "b")
    assert names_in(uploads_folder(tmp_path)) != []
    for name in "cdefgh":
        third = _commit(tmp_path, f"{name}.md")[0]
        assert verify(tmp_path) == []
    left = names_in(uploads_folder(tmp_path))
    assert (first.name in left, second.name in left, third.name in left) == (False, False, True)
