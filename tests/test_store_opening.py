"""Opening an index that is missing, of another format or damaged."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import pytest

from indexer.errors import IndexDamaged, IndexMismatch, IndexNotFound
from indexer.store import sealed as sealed_module
from indexer.store.index import Index
from tests.segments import build


@pytest.fixture
def root(tmp_path: Path) -> Path:
    build(tmp_path / "index", "alpha", "beta", "gamma")
    return tmp_path / "index"


@pytest.fixture(scope="module")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index that no test changes; damage is done to copies."""
    root = tmp_path_factory.mktemp("sealed") / "index"
    build(root, "alpha", "beta", "gamma")
    return root


def files_of(root: Path) -> list[Path]:
    """Every file that serving depends on."""
    return [
        path.relative_to(root)
        for path in sorted(root.rglob("*"))
        if path.is_file()
        and path.name != "writer.lock"
        and path.suffix != ".copy"
        and path.parent.name not in {"thumbs", "ledgers"}
    ]


@pytest.mark.parametrize("make", [False, True])
def test_no_index(tmp_path: Path, make: bool) -> None:
    folder = tmp_path / "none"
    if make:
        folder.mkdir()
    with pytest.raises(IndexNotFound) as caught:
        Index.open(folder)
    assert str(caught.value) == (
        f"no index in {folder}; make one with: triptych index SOURCE --into {folder}"
    )


def test_another_format_version(root: Path) -> None:
    path = root / "generations" / "000001.json"
    data = path.read_bytes().replace(b'"format": 3', b'"format": 9', 1)
    path.write_bytes(data)
    (root / "CURRENT").write_text(f"000001 {hashlib.sha256(data).hexdigest()}\n")
    with pytest.raises(IndexMismatch, match="format version 9, this program reads 3; rebuild"):
        Index.open(root)


@pytest.mark.parametrize("harm", ["emptied", "truncated", "longer", "flipped", "missing"])
def test_damage_to_any_file_is_named(sealed: Path, tmp_path: Path, harm: str) -> None:
    root = tmp_path / "index"
    shutil.copytree(sealed, root)
    names = files_of(root)
    assert len(names) >= 10
    for name in names:
        path = root / name
        data = path.read_bytes()
        for place in (0, len(data) // 2, len(data) - 1) if harm == "flipped" else (0,):
            altered = {
                "emptied": b"",
                "truncated": data[:-1],
                "longer": data + b"\n",
                "flipped": data[:place] + bytes([data[place] ^ 0x10]) + data[place + 1 :],
                "missing": None,
            }[harm]
            path.unlink()
            if altered is not None:
                path.write_bytes(altered)
            with pytest.raises(IndexDamaged) as caught:
                Index.open(root)
            if name != Path("CURRENT"):
                assert str(path) in str(caught.value)
                assert f"triptych verify --index {root} --repair" in str(caught.value)
            assert "\n" not in str(caught.value)
            path.write_bytes(data)
    Index.open(root).close()


def test_a_large_index_has_its_ends_checked_and_all_on_request(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sealed_module, "ALWAYS_VERIFIED", 0)
    Index.open(root).close()
    path = next(root.rglob("catalog.duckdb"))
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    for verify in (False, True):
        with pytest.raises(IndexDamaged, match=r"catalog\.duckdb: was altered; mend"):
            Index.open(root, verify=verify)


def test_segment_file_lists_every_file(sealed: Path) -> None:
    path = next(sealed.rglob("segment.json"))
    listed = set(json.loads(path.read_text())["files"])
    there = {p.relative_to(path.parent).as_posix() for p in path.parent.rglob("*") if p.is_file()}
    assert listed == there - {"segment.json"}
