"""The index folder: sealed segments, atomic generations, damage, the lock, many readers."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from indexer.encoders.base import Space
from indexer.errors import (
    BadConfig,
    BadQuery,
    IndexDamaged,
    IndexMismatch,
    IndexNotFound,
    UnknownName,
)
from indexer.records import Chunk, Document, Filter, Kind, Modality, Picture, Place, Scored
from indexer.store import generations
from indexer.store import index as index_module
from indexer.store.base import Store
from indexer.store.generations import rollback
from indexer.store.index import (
    ChunkRow,
    Index,
    SegmentWriter,
    WordFields,
    commit,
    writer_lock,
)
from indexer.store.manifest import Current, Manifest, SegmentInfo, write_manifest

SPACES = {"clip": Space("clip", "fake", "m", 4, "ff"), "text": Space("text", "fake", "m", 2, "aa")}


def write_segment(root: Path, *names: str) -> SegmentInfo:
    """One document per name, of a text chunk (in both spaces) and an image chunk (in one)."""
    writer = SegmentWriter(root)
    for place, name in enumerate(names):
        document = Document(
            f"{name}.md", name, Kind.MANUAL, (), "h", "en", "Pump", date(2024, 1, 1 + place),
            metadata={"n": str(place)},
        )  # fmt: skip
        text = Chunk(Modality.TEXT, Place(), f"about {name}")
        image = Chunk(Modality.IMAGE, Place(), picture=Picture(f"{name}.png", b"x"))
        rows = writer.add(
            "src",
            document,
            [
                ChunkRow(text, "", WordFields(name, "", f"about {name}", "")),
                ChunkRow(image, f"{name}.webp", WordFields("", "", "", f"seen {name}")),
            ],
        )
        writer.add_vectors("clip", rows, np.eye(4, dtype=np.float32)[[place % 4, 3 - place % 4]])
        angle = place / 10
        writer.add_vectors("text", rows[:1], np.array([[np.cos(angle), np.sin(angle)]], np.float32))
        writer.add_thumb(f"{name}.webp", name.encode())
    return writer.seal()


def build(root: Path, *names: str) -> int:
    with writer_lock(root):
        return commit(root, [write_segment(root, *names)], SPACES, {"by": "test"})


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
        if path.is_file() and path.name != "writer.lock" and path.parent.name != "thumbs"
    ]


def titles(index: Index, found: list[Scored]) -> list[str]:
    return [chunk.title for chunk in index.get([scored.id for scored in found])]


def test_search_in_every_way(root: Path) -> None:
    with Index.open(root) as index:
        store: Store = index
        east = np.array([1, 0], np.float32)
        found = store.nearest("text", east, 2, None)
        assert titles(index, found) == ["alpha", "beta"]
        assert [scored.score for scored in found] == pytest.approx([1, np.cos(0.1)])
        assert [s.id for s in store.nearest("clip", np.eye(4, dtype=np.float32)[1], 2, None)] == [
            2,
            5,
        ]
        assert [scored.id for scored in store.words("gamma", 5, None)] == [4, 5]
        selection = store.select([Filter("n", ">=", "1")], frozenset({"gamma.png"}))
        assert selection is not None
        assert selection.masks[0].tolist() == [False, False, True, True, True, False]
        assert titles(index, store.nearest("text", east, 9, selection)) == ["beta", "gamma"]
        assert [scored.id for scored in store.words("gamma seen", 5, selection)] == [4, 3]
        assert store.thumb("beta.webp") == root / "thumbs" / "beta.webp"


def test_the_index_describes_itself(root: Path) -> None:
    with Index.open(root) as index:
        assert index.generation == 1
        assert index.spaces == SPACES
        assert index.manifest.build == {"by": "test"}
        assert index.manifest.quality["text"] == {"vectors": 3.0, "recall_at_10": 1.0}
        assert index.counts() == {
            "documents": 3,
            "chunks": 6,
            "kind": {"manual": 3},
            "language": {"en": 3},
            "modality": {"text": 3, "image": 3},
            "product": {"Pump": 3},
        }


def test_no_filter_selects_everything(root: Path) -> None:
    with Index.open(root) as index:
        assert index.select([], frozenset()) is None
        assert index.select([], frozenset({"nothing"})) is None
        assert index.select([Filter("kind", "=", "manual")], frozenset()) is None
        nothing = index.select([Filter("kind", "=", "ticket")], frozenset())
        assert nothing is not None
        assert nothing.count == 0
        assert index.words("alpha", 5, nothing) == []
        assert index.nearest("text", np.array([1, 0], np.float32), 5, nothing) == []


def test_wrong_questions(root: Path) -> None:
    with Index.open(root) as index:
        with pytest.raises(UnknownName, match="unknown space 'sound'; this index has: clip, text"):
            index.nearest("sound", np.zeros(2, np.float32), 1, None)
        with pytest.raises(BadQuery, match="space text takes finite vectors of 2 numbers"):
            index.nearest("text", np.zeros(3, np.float32), 1, None)
        with pytest.raises(BadQuery, match="unknown filter key 'x'"):
            index.select([Filter("x", "=", "1")], frozenset())
        for unknown in (6, -1, 1 << 32, 10**30):
            with pytest.raises(BadQuery, match=f"no chunk {unknown} in generation 1"):
                index.get([0, unknown])
        for name in ("", "..", "../CURRENT", "/etc/passwd", "none.webp", "a/b", ".hidden"):
            assert index.thumb(name) is None


def test_get_keeps_order_and_repeats(root: Path) -> None:
    with Index.open(root) as index:
        assert [chunk.id for chunk in index.get([5, 0, 5, 2])] == [5, 0, 5, 2]
        assert index.get([]) == []


def test_a_whole_document(tmp_path: Path) -> None:
    with writer_lock(tmp_path):
        parts = [write_segment(tmp_path, "alpha", "beta"), write_segment(tmp_path, "gamma")]
        commit(tmp_path, parts, SPACES, {})
    with Index.open(tmp_path) as index:
        assert [chunk.id for chunk in index.document(3)] == [2, 3]
        assert [chunk.title for chunk in index.document(1 << 32)] == ["gamma", "gamma"]
        with pytest.raises(BadQuery, match="no chunk 4 in generation 1"):
            index.document(4)


def test_several_segments_answer_as_one(tmp_path: Path) -> None:
    with writer_lock(tmp_path):
        first = write_segment(tmp_path, "alpha", "beta")
        second = write_segment(tmp_path, "gamma", "alpha")
        commit(tmp_path, [first, second], SPACES, {})
    with Index.open(tmp_path) as index:
        ids = [scored.id for scored in index.nearest("text", np.array([1, 0], np.float32), 3, None)]
        assert ids == [0, 1 << 32, 2]
        assert titles(index, index.words("alpha about", 2, None)) == ["alpha", "alpha"]
        chosen = index.select([Filter("title", "=", "alpha")], frozenset())
        assert chosen is not None
        assert [mask.tolist() for mask in chosen.masks] == [
            [True, True, False, False],
            [False, False, True, True],
        ]
        assert index.counts()["documents"] == 4


def test_tombstones_are_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A later version deletes by tombstones; this one must already respect them."""
    with writer_lock(tmp_path):
        info = write_segment(tmp_path, "alpha", "beta")

        def with_tombstones(root: Path, manifest: Manifest) -> Current:
            return write_manifest(root, replace(manifest, tombstones={info.id: (0,)}))

        monkeypatch.setattr(generations, "write_manifest", with_tombstones)
        commit(tmp_path, [info], SPACES, {})
    with Index.open(tmp_path) as index:
        assert [s.id for s in index.nearest("text", np.array([1, 0], np.float32), 9, None)] == [2]
        assert [s.id for s in index.words("alpha", 9, None)] == [1]
        chosen = index.select([], frozenset())
        assert chosen is not None
        assert chosen.masks[0].tolist() == [False, True, True, True]


def test_an_empty_index(tmp_path: Path) -> None:
    build(tmp_path)
    with Index.open(tmp_path) as index:
        assert index.words("x", 5, None) == []
        assert index.nearest("clip", np.eye(4, dtype=np.float32)[0], 5, None) == []
        assert index.counts()["chunks"] == 0


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
    import hashlib

    path = root / "generations" / "000001.json"
    data = path.read_bytes().replace(b'"format": 1', b'"format": 9', 1)
    path.write_bytes(data)
    (root / "CURRENT").write_text(f"000001 {hashlib.sha256(data).hexdigest()}\n")
    with pytest.raises(IndexMismatch, match="format version 9, this program reads 1; rebuild"):
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
            missing = name == Path("CURRENT") and harm == "missing"
            with pytest.raises(IndexNotFound if missing else IndexDamaged) as caught:
                Index.open(root)
            if name != Path("CURRENT"):
                assert str(path) in str(caught.value)
            assert "triptych index SOURCE --into" in str(caught.value)
            assert "\n" not in str(caught.value)
            path.write_bytes(data)
    Index.open(root).close()


def test_a_large_index_has_its_ends_checked_and_all_on_request(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index_module, "ALWAYS_VERIFIED", 0)
    Index.open(root).close()
    path = next(root.rglob("catalog.duckdb"))
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    for verify in (False, True):
        with pytest.raises(IndexDamaged, match=r"catalog\.duckdb: was altered; rebuild"):
            Index.open(root, verify=verify)


def test_a_rebuild_mends_a_damaged_index(root: Path) -> None:
    (root / "CURRENT").write_bytes(b"\xff garbage")
    next(root.rglob("segment.json")).write_bytes(b"{")
    assert build(root, "delta") == 2
    with Index.open(root) as index:
        assert titles(index, index.words("delta", 1, None)) == ["delta"]


def test_killed_before_sealing(root: Path) -> None:
    code = f"""
import os
from pathlib import Path
from indexer.records import Document, Kind
from indexer.store.index import SegmentWriter
writer = SegmentWriter(Path({str(root)!r}))
writer.add("src", Document("x.md", "x", Kind.MANUAL, (), "h"), [])
writer.add_thumb("left.webp", b"x")
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
    left = write_segment(root, "delta")
    with Index.open(root) as index:
        assert index.generation == 1
    build(root, "epsilon")
    assert not (root / "segments" / left.id).exists()


def test_killed_before_current_is_replaced(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(generations, "write_current", killed)
        with pytest.raises(KeyboardInterrupt):
            build(root, "delta")
    assert (root / "generations" / "000002.json").exists()
    (root / ".CURRENT.tmp").write_text("half")
    with Index.open(root) as index:
        assert index.generation == 1
        assert titles(index, index.words("alpha", 1, None)) == ["alpha"]
    assert build(root, "epsilon") == 3
    assert sorted(p.name for p in (root / "generations").iterdir()) == [
        "000001.json",
        "000003.json",
    ]
    assert len(list((root / "segments").iterdir())) == 2
    assert not (root / ".CURRENT.tmp").exists()


def test_a_reader_keeps_its_generation_and_sees_the_change(root: Path) -> None:
    with Index.open(root) as old:
        assert not old.changed()
        for name in ("b1", "b2", "b3", "b4"):
            build(root, name)
        assert old.changed()
        # Its files are gone from the folder by now, and still open here.
        assert titles(old, old.words("alpha", 1, None)) == ["alpha"]
        assert old.select([Filter("n", "=", "2")], frozenset()) is not None
        with Index.open(root) as new:
            assert (new.generation, titles(new, new.words("b4", 1, None))) == (5, ["b4"])


def test_three_generations_are_kept_and_can_come_back(root: Path) -> None:
    for name in ("b2", "b3", "b4"):
        build(root, name)
    numbers = sorted(path.stem for path in (root / "generations").iterdir())
    assert numbers == ["000002", "000003", "000004"]
    assert len(list((root / "segments").iterdir())) == 3
    assert sorted(p.name for p in (root / "thumbs").iterdir()) == ["b2.webp", "b3.webp", "b4.webp"]
    with pytest.raises(BadConfig, match="no generation 1; kept: 2, 3, 4"):
        rollback(root, 1)
    rollback(root, 3)
    with Index.open(root) as index:
        assert (index.generation, titles(index, index.words("b3", 1, None))) == (3, ["b3"])
    assert build(root, "b5") == 5


def test_other_things_in_the_folder_stay(root: Path) -> None:
    for name in ("vectors", "feedback"):
        (root / name).mkdir()
        (root / name / "keep").write_text("x")
    build(root, "b2")
    assert (root / "vectors" / "keep").exists()
    assert (root / "feedback" / "keep").exists()


def test_a_folder_with_other_files_is_not_taken_over(tmp_path: Path) -> None:
    (tmp_path / "segments").mkdir()
    (tmp_path / "segments" / "thesis.doc").write_text("mine")
    with pytest.raises(BadConfig, match="holds other files"):
        SegmentWriter(tmp_path)
    with pytest.raises(BadConfig, match="cannot write an index here"):
        SegmentWriter(tmp_path / "segments" / "thesis.doc")
    assert (tmp_path / "segments" / "thesis.doc").read_text() == "mine"


def test_one_writer_at_a_time(root: Path) -> None:
    code = f"""
import sys
from pathlib import Path
from indexer.errors import BadConfig
from indexer.store.index import SegmentWriter, commit, writer_lock
root = Path({str(root)!r})
for attempt in (lambda: writer_lock(root).__enter__(), lambda: SegmentWriter(root),
                lambda: commit(root, [], {{}}, {{}})):
    try:
        attempt()
    except BadConfig as error:
        print(error)
"""
    with writer_lock(root):
        with pytest.raises(BadConfig, match="another build is writing"), writer_lock(root):
            pass
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        )
        message = f"{root}: another build is writing to this index (process {os.getpid()})"
        assert [line.startswith(message) for line in done.stdout.splitlines()] == [True] * 3
    with writer_lock(root):
        pass


def test_the_lock_dies_with_its_process(root: Path) -> None:
    code = (
        "import os, sys; from pathlib import Path; from indexer.store.index import writer_lock;"
        f"lock = writer_lock(Path({str(root)!r})); lock.__enter__(); os._exit(9)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 9
    assert build(root, "delta") == 2


def test_a_second_process_reads_while_open(root: Path) -> None:
    code = (
        "from pathlib import Path; from indexer.store.index import Index;"
        f"index = Index.open(Path({str(root)!r}));"
        "print(index.get([index.words('beta', 1, None)[0].id])[0].title)"
    )
    with Index.open(root) as index:
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        )
        assert done.stdout == "beta\n"
        assert titles(index, index.words("beta", 1, None)) == ["beta"]


def test_many_threads_at_once(root: Path) -> None:
    vector = np.array([0.9, 0.1], np.float32)
    with Index.open(root) as index:

        def ask(number: int) -> tuple[list[Scored], list[Scored], str, int]:
            chosen = index.select([Filter("n", "<", str(1 + number % 3))], frozenset())
            count = 6 if chosen is None else chosen.count
            nearest = index.nearest("text", vector, 3, chosen)
            words = index.words("about gamma alpha", 6, chosen)
            return nearest, words, index.get([number % 6])[0].title, count

        alone = [ask(number) for number in range(6)]
        with ThreadPoolExecutor(12) as pool:
            assert list(pool.map(ask, range(60))) == alone * 10
        assert [answer[3] for answer in alone[:3]] == [2, 4, 6]


def test_discard_leaves_nothing(tmp_path: Path) -> None:
    writer = SegmentWriter(tmp_path)
    writer.add("src", Document("x.md", "x", Kind.MANUAL, (), "h"), [])
    writer.discard()
    writer.discard()
    assert list((tmp_path / "segments").iterdir()) == []
    with writer_lock(tmp_path):
        pass


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[SegmentWriter]:
    made = SegmentWriter(tmp_path)
    row = ChunkRow(Chunk(Modality.TEXT, Place()), "", WordFields("", "", "", ""))
    assert made.add("src", Document("x.md", "x", Kind.MANUAL, (), "h"), [row, row]) == [0, 1]
    assert made.add("src", Document("y.md", "y", Kind.MANUAL, (), "h"), [row]) == [2]
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


def test_names_cannot_leave_the_folder(writer: SegmentWriter) -> None:
    with pytest.raises(ValueError, match="thumb name"):
        writer.add_thumb("../x", b"")
    with pytest.raises(ValueError, match="space name"):
        writer.add_vectors("../x", [], np.empty((0, 2), np.float32))


def test_commit_wants_the_spaces_of_the_vectors(tmp_path: Path) -> None:
    with writer_lock(tmp_path):
        info = write_segment(tmp_path, "alpha")
        with pytest.raises(ValueError, match="vectors of clip have 4 dimensions"):
            commit(tmp_path, [info], {"text": SPACES["text"]}, {})


def test_names_that_are_not_utf8_fit_in_the_manifest(root: Path) -> None:
    with writer_lock(root):
        commit(root, [write_segment(root, "x")], SPACES, {"skipped": ["caf\udce9.md"]})
    with Index.open(root) as index:
        assert index.manifest.build == {"skipped": ["caf\udce9.md"]}


def test_segment_file_lists_every_file(sealed: Path) -> None:
    path = next(sealed.rglob("segment.json"))
    listed = set(json.loads(path.read_text())["files"])
    there = {p.relative_to(path.parent).as_posix() for p in path.parent.rglob("*") if p.is_file()}
    assert listed == there - {"segment.json"}
