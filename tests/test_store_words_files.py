"""The files of the words lane: parts, sealed folders, temporary links and damage."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
import tantivy

from indexer.store.words import WordFields, Words, WordsWriter

SMALLEST_HEAP = 15_000_000

Folders = list[tuple[Path, int]]


def write(folder: Path, key: int, *texts: str) -> tuple[Path, int]:
    writer = WordsWriter(folder, key)
    for row, text in enumerate(texts):
        writer.add(row, WordFields("", "", text, ""))
    writer.close()
    return folder, key


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    """Two segments."""
    (tmp_path / "index").mkdir()
    return [
        write(tmp_path / "index" / "one", 6, "alpha"),
        write(tmp_path / "index" / "two", 2, "beta", "alpha"),
    ]


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder for temporary files."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def places(words: Words, text: str) -> list[tuple[int, int]]:
    return [(segment, row) for segment, row, _ in words.search(text, 9, [None, None])]


@pytest.mark.parametrize("lengths", [[20_000] * 4 + [4_000] * 15, [20_000] * 20])
def test_parts_of_a_segment_rank_by_row(tmp_path: Path, lengths: list[int]) -> None:
    """The second is long enough for tantivy to merge parts."""
    writer = WordsWriter(tmp_path / "words", 9, SMALLEST_HEAP)
    for row, length in enumerate(lengths):
        writer.add(row, WordFields("same", "", " ".join(f"d{row}x{n}" for n in range(length)), ""))
    writer.close()
    meta = json.loads((tmp_path / "words" / "meta.json").read_text())
    sizes = [part["max_doc"] for part in meta["segments"]]
    assert sum(sizes) == len(lengths)
    assert len(sizes) > 1
    listed = {part["segment_id"].replace("-", "") for part in meta["segments"]}
    files = [path for path in (tmp_path / "words").iterdir() if not path.name.startswith(".")]
    assert {path.stem for path in files} == listed | {"meta"}
    words = Words([(tmp_path / "words", 9)])
    for k in (3, 5, 30):
        assert [row for _, row, _ in words.search("same", k, [None])] == list(range(len(lengths)))[
            :k
        ]
    assert [row for _, row, _ in words.search("d3x77", 5, [None])] == [3]
    assert words.rows()[0].tolist() == list(range(len(lengths)))


def test_a_sealed_folder_stays_as_it_is(folders: Folders, tmp_path: Path) -> None:
    files = tmp_path / "index"
    before = {path: path.stat().st_mtime_ns for path in files.rglob("*")}
    assert not [path for path in before if "lock" in path.name]
    for folder, _ in folders:
        folder.chmod(0o555)
    words = Words(folders)
    assert places(words, "alpha") == [(0, 0), (1, 1)]
    assert {path: path.stat().st_mtime_ns for path in files.rglob("*")} == before


def test_an_open_index_outlives_its_files(folders: Folders) -> None:
    words = Words(folders)
    for folder, _ in folders:
        shutil.rmtree(folder)
    assert places(words, "alpha") == [(0, 0), (1, 1)]
    assert places(words, "beta") == [(1, 0)]
    assert [rows.tolist() for rows in words.rows()] == [[0], [0, 1]]


def test_an_abandoned_writer_leaves_nothing_to_find(tmp_path: Path) -> None:
    writer = WordsWriter(tmp_path / "words", 1)
    writer.add(0, WordFields("", "", "alpha", ""))
    writer.abandon()
    writer.abandon()
    assert Words([(tmp_path / "words", 1)]).rows()[0].tolist() == []


def test_nothing_stays_in_the_temporary_folder(folders: Folders, temporary: Path) -> None:
    words = Words(folders)
    assert list(temporary.iterdir()) == []
    assert places(words, "beta") == [(1, 0)]
    (folders[1][0] / "meta.json").unlink()
    with pytest.raises(OSError, match=r"meta\.json"):
        Words(folders)
    assert list(temporary.iterdir()) == []


DAMAGE: dict[str, Callable[[Path], object]] = {
    "missing": lambda path: path.unlink(),
    "empty": lambda path: path.write_bytes(b""),
    "half": lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]),
}


@pytest.mark.parametrize("damage", DAMAGE)
@pytest.mark.parametrize("suffix", ["fast", "fieldnorm", "idx", "json", "pos", "store", "term"])
def test_a_damaged_file_is_an_error(folders: Folders, suffix: str, damage: str) -> None:
    (path,) = folders[1][0].glob(f"[!.]*.{suffix}")
    DAMAGE[damage](path)
    with pytest.raises((ValueError, OSError), match=rf"{path.name}|positions"):
        Words(folders)


@pytest.mark.parametrize(
    "text", ["1", "[]", "{}", '{"schema": [], "segments": []}', "{'", "\ud800"]
)
def test_another_meta_json_is_an_error(folders: Folders, text: str) -> None:
    (folders[0][0] / "meta.json").write_text(text, errors="surrogatepass")
    with pytest.raises(ValueError, match=r"one/meta\.json"):
        Words(folders)


@pytest.mark.parametrize("part", [1, {}, {"segment_id": "x", "max_doc": 1}])
def test_a_part_that_is_none_is_an_error(folders: Folders, part: object) -> None:
    path = folders[0][0] / "meta.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"segments": [part]}))
    with pytest.raises(ValueError, match=r"JSON|segment|data"):
        Words(folders)


def test_another_schema_is_an_error(folders: Folders, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    schema = tantivy.SchemaBuilder().add_text_field("body").build()
    tantivy.Index(schema, str(tmp_path / "other"))
    with pytest.raises(ValueError, match=r"other/meta\.json describes another schema"):
        Words([*folders, (tmp_path / "other", 9)])


def test_a_key_belongs_to_its_folder(folders: Folders) -> None:
    (one, first), (two, second) = folders
    with pytest.raises(ValueError, match="one has the segment key 00000006, not 00000002"):
        Words([(one, second), (two, first)])
    with pytest.raises(ValueError, match=r"keys \[6, 6\] are not distinct"):
        Words([(one, first), (two, first)])
    with pytest.raises(ValueError, match="segment key 4294967296 is not a number of 32 bits"):
        WordsWriter(one.parent / "three", 1 << 32)
