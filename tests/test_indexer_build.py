from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from indexer.building.build import build
from indexer.building.facts import BuildResult
from indexer.building.progress import Silent
from indexer.config import Settings
from indexer.errors import BadFile
from indexer.records import Modality, StoredChunk
from indexer.store.index import Index


def _build(source: Path, into: Path, settings: Settings, captions: bool = True) -> BuildResult:
    return build([source], into, settings, captions, Silent())


def _chunks(into: Path) -> list[StoredChunk]:
    with Index.open(into) as index:
        return index.get(index.ids())


def test_a_source_becomes_documents_and_chunks(
    manual: Path, tmp_path: Path, fake_settings: Settings
) -> None:
    result = _build(manual, tmp_path / "ix", fake_settings)
    assert (result.generation, result.documents, result.unchanged) == (1, 5, False)
    assert result.skipped == ()
    chunks = _chunks(tmp_path / "ix")
    assert list(dict.fromkeys(chunk.document for chunk in chunks)) == [
        "pump.md",
        "tickets.csv#T1",
        "tickets.csv#T2",
        "valve.md",
        "lamp.png",
    ]
    assert {chunk.source for chunk in chunks} == {str(manual)}


def test_an_image_that_a_page_shows_is_a_chunk_of_that_page(
    manual: Path, tmp_path: Path, fake_settings: Settings
) -> None:
    _build(manual, tmp_path / "ix", fake_settings)
    images = {c.asset: c for c in _chunks(tmp_path / "ix") if c.modality is Modality.IMAGE}
    assert set(images) == {"images/panel.png", "lamp.png"}
    panel = images["images/panel.png"]
    assert panel.document == "pump.md"
    assert panel.text == "The red panel"
    assert panel.place.heading[-1] == "Start"
    assert "Open the valve before the pump runs." in panel.context
    assert "The panel shows the state." in panel.context
    assert [line.text for line in panel.lines] == ["40x30"]
    assert images["lamp.png"].document == "lamp.png"


def test_without_captions_they_are_nowhere_in_the_index(
    manual: Path, tmp_path: Path, fake_settings: Settings
) -> None:
    _build(manual, tmp_path / "ix", fake_settings, captions=False)
    assert all(
        "The red panel" not in chunk.text + chunk.context for chunk in _chunks(tmp_path / "ix")
    )
    with Index.open(tmp_path / "ix") as index:
        assert index.words("red", 5, None) == []


def test_the_same_files_again_change_nothing(
    manual: Path, tmp_path: Path, fake_settings: Settings
) -> None:
    first = _build(manual, tmp_path / "ix", fake_settings)
    again = _build(manual, tmp_path / "ix", fake_settings)
    assert again.unchanged
    assert replace(again, unchanged=False, added=5, seconds=first.seconds) == first


@pytest.mark.parametrize("change", ["text", "picture", "new", "gone", "captions", "chunking"])
def test_any_change_makes_a_new_generation(
    manual: Path, tmp_path: Path, fake_settings: Settings, change: str
) -> None:
    _build(manual, tmp_path / "ix", fake_settings)
    settings, captions = fake_settings, True
    if change == "text":
        (manual / "valve.md").write_text("# Valve\n\nTurn it the other way.\n")
    elif change == "picture":
        Image.new("RGB", (40, 30), (0, 255, 0)).save(manual / "images" / "panel.png")
    elif change == "new":
        (manual / "new.txt").write_text("A new page.")
    elif change == "gone":
        (manual / "lamp.png").unlink()
    elif change == "captions":
        captions = False
    else:
        chunking = settings.chunking.model_copy(update={"target": 100})
        settings = settings.model_copy(update={"chunking": chunking})
    again = _build(manual, tmp_path / "ix", settings, captions)
    assert (again.unchanged, again.generation) == (False, 2)


def test_a_picture_in_a_hidden_folder_counts_as_a_change(
    tmp_path: Path, fake_settings: Settings
) -> None:
    source = tmp_path / "book"
    (source / ".assets").mkdir(parents=True)
    picture = source / ".assets" / "x.png"
    Image.new("RGB", (9, 9), "red").save(picture)
    (source / "page.md").write_text("# Page\n\n![X](.assets/x.png)\n")
    assert _build(source, tmp_path / "ix", fake_settings).documents == 1
    assert _build(source, tmp_path / "ix", fake_settings).unchanged
    Image.new("RGB", (9, 9), "blue").save(picture)
    assert not _build(source, tmp_path / "ix", fake_settings).unchanged


def test_bad_files_are_named_and_the_rest_goes_on(
    manual: Path, tmp_path: Path, fake_settings: Settings
) -> None:
    (manual / "empty.md").write_bytes(b"")
    (manual / "latin.txt").write_bytes("Größe".encode("latin-1"))
    (manual / "cut.pdf").write_bytes(b"%PDF-1.7\n1 0 obj\n<<")
    (manual / "page.png").write_text("<html>not found</html>")
    (manual / "loop").symlink_to(manual)
    (manual / "shows.md").write_text("# Shows\n\nText.\n\n![Broken](page2.png)\n")
    (manual / "page2.png").write_text("<html>not found</html>")
    result = _build(manual, tmp_path / "ix", fake_settings)
    reasons = {skip.path.name: skip.reason for skip in result.skipped}
    assert set(reasons) == {"empty.md", "latin.txt", "cut.pdf", "page.png", "loop", "page2.png"}
    assert "empty" in reasons["empty.md"]
    assert "not UTF-8 text (byte 0xf6 at offset 2)" in reasons["latin.txt"]
    assert "it holds HTML" in reasons["page.png"]
    assert "symlink loop" in reasons["loop"]
    assert result.documents == 6
    texts = [chunk.text for chunk in _chunks(tmp_path / "ix") if chunk.document == "shows.md"]
    assert texts == ["Text.", "Broken"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_file_is_named(manual: Path, tmp_path: Path, fake_settings: Settings) -> None:
    (manual / "valve.md").chmod(0)
    result = _build(manual, tmp_path / "ix", fake_settings)
    assert [(s.path.name, s.reason) for s in result.skipped] == [
        ("valve.md", "cannot be read: Permission denied")
    ]


def test_nothing_to_index_leaves_the_live_generation(
    manual: Path, tmp_path: Path, fake_settings: Settings
) -> None:
    _build(manual, tmp_path / "ix", fake_settings)
    bad = tmp_path / "bad"
    bad.mkdir()
    (bad / "empty.md").write_bytes(b"")
    with pytest.raises(BadFile, match=r"nothing to index.*empty\.md: empty file"):
        _build(bad, tmp_path / "ix", fake_settings)
    with Index.open(tmp_path / "ix") as index:
        assert index.generation == 1


def test_progress_counts_every_file_and_every_chunk(
    manual: Path, tmp_path: Path, fake_settings: Settings
) -> None:
    class Counting:
        def __init__(self) -> None:
            self.stages: list[list[object]] = []

        def stage(self, name: str, total: int) -> None:
            self.stages.append([name, total, 0])

        def step(self, count: int = 1) -> None:
            self.stages[-1][2] += count  # type: ignore[operator]

    progress = Counting()
    build([manual], tmp_path / "ix", fake_settings, True, progress)
    assert progress.stages == [["reading files", 5, 5], ["reading images, encoding", 9, 9]]


def test_a_killed_build_leaves_the_live_generation(
    manual: Path, tmp_path: Path, fake_settings: Settings
) -> None:
    _build(manual, tmp_path / "ix", fake_settings)
    (manual / "valve.md").write_text("# Valve\n\nNew text.\n")

    class Killed(Silent):
        def step(self, count: int = 1) -> None:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build([manual], tmp_path / "ix", fake_settings, True, Killed())
    with Index.open(tmp_path / "ix") as index:
        assert index.generation == 1
    assert _build(manual, tmp_path / "ix", fake_settings).generation == 2


def test_a_file_that_changes_during_a_build_is_taken_up_by_the_next(
    manual: Path, tmp_path: Path, fake_settings: Settings
) -> None:
    class Writing(Silent):
        def stage(self, name: str, total: int) -> None:
            if name != "reading files":  # everything is read, nothing is committed yet
                (manual / "valve.md").write_text("# Valve\n\nWritten meanwhile.\n")

    build([manual], tmp_path / "ix", fake_settings, True, Writing())
    again = _build(manual, tmp_path / "ix", fake_settings)
    assert not again.unchanged
    assert "Written meanwhile." in [chunk.text for chunk in _chunks(tmp_path / "ix")]
    assert _build(manual, tmp_path / "ix", fake_settings).unchanged


def test_a_damaged_index_is_built_again(
    manual: Path, tmp_path: Path, fake_settings: Settings
) -> None:
    _build(manual, tmp_path / "ix", fake_settings)
    path = next((tmp_path / "ix").glob("segments/*/catalog.duckdb"))
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    again = _build(manual, tmp_path / "ix", fake_settings)
    assert (again.unchanged, again.generation) == (False, 2)
    assert len(_chunks(tmp_path / "ix")) == again.chunks


def test_an_index_inside_its_own_source_is_not_indexed(
    manual: Path, fake_settings: Settings
) -> None:
    first = _build(manual, manual / "index", fake_settings)
    again = _build(manual, manual / "index", fake_settings)
    assert (first.documents, again.documents, again.unchanged) == (5, 5, True)


def test_two_sources_with_the_same_path_are_both_kept(
    tmp_path: Path, fake_settings: Settings
) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "page.md").write_text(f"# Page\n\nThe pump of {name}.\n")
    result = build(
        [tmp_path / "one", tmp_path / "two"], tmp_path / "ix", fake_settings, True, Silent()
    )
    assert result.documents == 2
    assert [chunk.text for chunk in _chunks(tmp_path / "ix")] == [
        "The pump of one.",
        "The pump of two.",
    ]
