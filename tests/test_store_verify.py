"""Verification beyond checksums: segments whose every file is as written, and wrong."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from indexer.errors import IndexNotFound
from indexer.records import Vectors
from indexer.store.durable import sum_file
from indexer.store.generations import Change, commit
from indexer.store.index import Index, SegmentWriter
from indexer.store.manifest import (
    CATALOG,
    SEGMENT_FILE,
    WORDS,
    SegmentInfo,
    generation_path,
    segment_path,
    space_path,
    words_key,
    write_current,
    write_manifest,
    write_segment_info,
)
from indexer.store.tables import connect
from indexer.store.vectors import Rows, write_vectors
from indexer.store.verify import Fault, verify
from indexer.store.words import WordFields, WordsWriter
from tests.segments import SPACES, add, build, fill, live, remove


def _made(root: Path, spoil: Callable[[Path, SegmentInfo], SegmentInfo]) -> list[Fault]:
    """The faults of an index of one segment (3 documents, 6 chunks) that was sealed wrong."""
    with SegmentWriter(root) as writer:
        fill(writer, "alpha", "beta", "gamma")
        info = writer.seal()
        folder = segment_path(root, info.id)
        info = spoil(folder, info)
        kept = [path for path in folder.rglob("*") if path.is_file() and path.name != SEGMENT_FILE]
        sums = {path.relative_to(folder).as_posix(): sum_file(path) for path in kept}
        info = replace(info, files=sums)
        write_segment_info(folder, info)
        commit(root, Change("index", SPACES, {}, b"{}", added=[info]))
    faults = verify(root)
    assert {fault.segment for fault in faults} <= {info.id}
    assert {fault.path for fault in faults} <= {f"segments/{info.id}"}
    return faults


def _vectors(
    change: Callable[[Rows, Vectors], tuple[Rows, Vectors]],
) -> Callable[[Path, SegmentInfo], SegmentInfo]:
    """Write the vectors of the text space, rows 0, 2 and 4, otherwise."""

    def spoil(folder: Path, info: SegmentInfo) -> SegmentInfo:
        rows = np.array([0, 2, 4], np.int64)
        rows, vectors = change(rows, np.eye(3, 2, dtype=np.float32))
        write_vectors(space_path(folder, "text"), rows, vectors)
        return info

    return spoil


def _catalog(sql: str) -> Callable[[Path, SegmentInfo], SegmentInfo]:
    def spoil(folder: Path, info: SegmentInfo) -> SegmentInfo:
        connection = connect(folder / CATALOG, read_only=False)
        connection.execute(sql)
        connection.execute("CHECKPOINT")
        connection.close()
        return info

    return spoil


def _words(rows: list[int], shift: int = 0) -> Callable[[Path, SegmentInfo], SegmentInfo]:
    def spoil(folder: Path, info: SegmentInfo) -> SegmentInfo:
        shutil.rmtree(folder / WORDS)
        writer = WordsWriter(folder / WORDS, words_key(info.id) ^ shift)
        for row in rows:
            writer.add(row, WordFields("title", "", "body", ""))
        writer.close()
        return info

    return spoil


def _unit(rows: Rows, vectors: Vectors) -> tuple[Rows, Vectors]:
    vectors[2] = (0.6, 0.8)
    return rows, vectors


def _long(rows: Rows, vectors: Vectors) -> tuple[Rows, Vectors]:
    vectors[2] = (3.0, 4.0)
    return rows, vectors


def _nan(rows: Rows, vectors: Vectors) -> tuple[Rows, Vectors]:
    vectors[1] = np.nan
    return _unit(rows, vectors)


def _beyond(rows: Rows, vectors: Vectors) -> tuple[Rows, Vectors]:
    return rows + 2, _unit(rows, vectors)[1]


def _twice(rows: Rows, vectors: Vectors) -> tuple[Rows, Vectors]:
    return np.array([0, 2, 2], np.int64), _unit(rows, vectors)[1]


def _fewer(rows: Rows, vectors: Vectors) -> tuple[Rows, Vectors]:
    return rows[:2], vectors[:2]


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (_vectors(_long), "space text: vector 2 has length 5, not 1"),
        (_vectors(_nan), "space text: vector 1 has length nan, not 1"),
        (_vectors(_beyond), "space text: vectors of chunks that are not there"),
        (_vectors(_twice), "space text: 3 vectors of 2 chunks, not 3"),
        (_vectors(_fewer), "space text: 2 vectors of 2 chunks, not 3"),
        (_words([0, 1, 2, 3, 4]), "the words are of 5 chunks, not of all 6"),
        (_words([0, 1, 2, 3, 4, 6]), "the words are of 6 chunks, not of all 6"),
        (_words([0, 1, 2, 3, 4, 5], shift=1), "cannot be opened"),
        (
            _catalog('DELETE FROM chunks WHERE "row" = 5'),
            "the catalogue has 5 chunks, not row 0 to 5",
        ),
        (
            _catalog('UPDATE chunks SET "row" = 7 WHERE "row" = 5'),
            "the catalogue has 6 chunks, not row 0 to 5",
        ),
        (
            _catalog('UPDATE chunks SET document = 3 WHERE "row" = 5'),
            "the catalogue has chunks of documents that are not there",
        ),
        (
            _catalog('UPDATE chunks SET document = 2 WHERE "row" = 0'),
            "the catalogue has the chunks of a document apart",
        ),
        (
            _catalog("DELETE FROM documents WHERE document = 1"),
            "the catalogue has 2 documents, not number 0 to 2",
        ),
        (_catalog("DROP TABLE documents"), "cannot be read"),
    ],
)
def test_what_was_written_wrong_is_found(
    tmp_path: Path, spoil: Callable[[Path, SegmentInfo], SegmentInfo], reason: str
) -> None:
    assert any(reason in fault.reason for fault in _made(tmp_path, spoil))


def test_the_same_by_hand_and_right_has_no_fault(tmp_path: Path) -> None:
    assert _made(tmp_path, _vectors(_unit)) == []


def test_counts_of_a_segment_have_to_be_those_of_its_catalogue(tmp_path: Path) -> None:
    def spoil(_: Path, info: SegmentInfo) -> SegmentInfo:
        return replace(info, counts={**info.counts, "kind": {"manual": 2, "ticket": 1}})

    (fault,) = _made(tmp_path, spoil)
    assert fault.reason == "the counts are not those of the catalogue: kind"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"documents": 3}, "counts 3 documents, not 4"),
        ({"chunks": 7}, "counts 7 chunks, not 8"),
        ({"counts": {"kind": {"manual": 5}}}, "the counts are not those of its segments: kind"),
    ],
)
def test_counts_of_a_generation_have_to_be_those_of_its_segments(
    tmp_path: Path, change: dict[str, object], reason: str
) -> None:
    build(tmp_path, "alpha", "beta", "gamma")
    add(tmp_path, "delta", "epsilon")
    remove(tmp_path, "beta")
    assert verify(tmp_path) == []
    manifest = live(tmp_path)
    assert (manifest.documents, manifest.chunks) == (4, 8)
    counts = manifest.counts
    if "counts" in change:
        change = {"counts": {**counts, "kind": {"manual": 5}}}
    write_current(tmp_path, write_manifest(tmp_path, replace(manifest, **change)))  # type: ignore[arg-type]
    (fault,) = verify(tmp_path)
    assert fault == Fault("generations/000003.json", reason)
    assert generation_path(tmp_path, 3) == tmp_path / fault.path


def test_a_reader_of_a_whole_index_agrees_with_verify(tmp_path: Path) -> None:
    build(tmp_path, "alpha", "beta")
    remove(tmp_path, "alpha")
    assert verify(tmp_path) == []
    with Index.open(tmp_path, verify=True) as index:
        assert [document.path for document in index.documents()] == ["beta.md"]


def test_every_fault_is_listed_not_just_the_first(tmp_path: Path) -> None:
    build(tmp_path, "alpha")
    add(tmp_path, "beta")
    first, second = live(tmp_path).segments
    (segment_path(tmp_path, first.id) / CATALOG).unlink()
    path = space_path(segment_path(tmp_path, second.id), "text")
    path.write_bytes(path.read_bytes() + b"x")
    (tmp_path / "thumbs" / "beta.webp").unlink()
    (tmp_path / "CURRENT").write_bytes(b"")
    found = {fault.path: fault.reason for fault in verify(tmp_path)}
    assert found == {
        "CURRENT": "does not name a generation",
        f"segments/{first.id}/{CATALOG}": "is missing",
        f"segments/{second.id}/text.faiss": found[f"segments/{second.id}/text.faiss"],
    }
    assert "bytes, not" in found[f"segments/{second.id}/text.faiss"]


def test_a_folder_without_an_index(tmp_path: Path) -> None:
    with pytest.raises(IndexNotFound, match="triptych index SOURCE"):
        verify(tmp_path)
