"""Indexing again: what changed is written, what is gone dies, the rest is not touched."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from indexer.building.build import build
from indexer.building.progress import Silent
from indexer.config import Models, Settings
from indexer.store.index import Index
from tests.building import changes, contents, index, paths, picture, texts, watch

ALL = ["lamp.png", "pump.md", "tickets.csv#T1", "tickets.csv#T2", "valve.md"]


def _chunking(settings: Settings, target: int) -> Settings:
    chunking = settings.chunking.model_copy(update={"target": target})
    return settings.model_copy(update={"chunking": chunking})


def test_unchanged_files_are_not_parsed_read_or_encoded(
    manual: Path, tmp_path: Path, fake_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = watch(monkeypatch)
    index(manual, tmp_path / "ix", fake_settings)
    assert sorted(work.parsed) == ["lamp.png", "pump.md", "tickets.csv", "valve.md"]
    assert (work.images, work.read) == (2, 2)
    work.clear()
    again = index(manual, tmp_path / "ix", fake_settings)
    assert (again.unchanged, again.generation, changes(again)) == (True, 1, (0, 0, 0))
    assert work.nothing


def test_one_changed_file_is_all_that_is_done(
    manual: Path, tmp_path: Path, fake_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = watch(monkeypatch)
    root = tmp_path / "ix"
    index(manual, root, fake_settings)
    work.clear()
    (manual / "valve.md").write_text("# Valve\n\nTurn it the other way.\n")
    again = index(manual, root, fake_settings)
    assert (again.generation, again.documents, changes(again)) == (2, 5, (0, 1, 0))
    assert work.parsed == ["valve.md"]
    assert set(work.encoded) == {"Valve. Turn it the other way."}
    assert (work.images, work.read) == (0, 0)
    assert texts(root, "valve.md") == ["Turn it the other way."]
    with Index.open(root) as opened:
        added = opened.manifest.segments[-1]
        assert (added.documents, len(opened.manifest.segments)) == (1, 2)


def test_files_added_deleted_and_renamed(
    manual: Path, tmp_path: Path, fake_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "ix"
    index(manual, root, fake_settings)
    (manual / "new.md").write_text("# New\n\nA new page.\n")
    assert changes(index(manual, root, fake_settings)) == (1, 0, 0)
    (manual / "new.md").unlink()
    assert changes(index(manual, root, fake_settings)) == (0, 0, 1)
    assert paths(root) == ALL
    work = watch(monkeypatch)
    (manual / "valve.md").rename(manual / "tap.md")
    assert changes(index(manual, root, fake_settings)) == (1, 0, 1)
    assert (work.parsed, work.encoded) == (["tap.md"], [])  # its text is in the cache
    assert texts(root, "tap.md") == ["Turn the valve clockwise to close it."]
    assert "valve.md" not in paths(root)


def test_of_many_records_the_changed_one_is_written(
    manual: Path, tmp_path: Path, fake_settings: Settings
) -> None:
    rows = [f"R{i},Subject {i},The pump number {i} fails.,Mend it." for i in range(600)]
    table = manual / "many.csv"
    table.write_text("\n".join(["id,subject,description,resolution", *rows]) + "\n")
    root = tmp_path / "ix"
    assert index(manual, root, fake_settings).documents == 605
    rows[300] = "R300,Subject 300,The valve drips.,Mend it."
    del rows[10]
    rows.append("R600,Subject 600,The pump number 600 fails.,Mend it.")
    table.write_text("\n".join(["id,subject,description,resolution", *rows]) + "\n")
    again = index(manual, root, fake_settings)
    assert (again.documents, changes(again)) == (605, (1, 1, 1))
    with Index.open(root) as opened:
        assert opened.manifest.segments[-1].documents == 2
    assert "The valve drips." in " ".join(texts(root, "many.csv#R300"))
    assert texts(root, "many.csv#R10") == []


def test_an_image_becomes_part_of_a_page_and_stands_alone_again(
    manual: Path, tmp_path: Path, fake_settings: Settings
) -> None:
    root = tmp_path / "ix"
    index(manual, root, fake_settings)
    before = (manual / "valve.md").read_text()
    (manual / "valve.md").write_text(before + "\n![Lamp](lamp.png)\n")
    assert changes(index(manual, root, fake_settings)) == (0, 1, 1)
    assert "lamp.png" not in paths(root)
    assert index(manual, root, fake_settings).unchanged
    (manual / "valve.md").write_text(before)
    assert changes(index(manual, root, fake_settings)) == (1, 1, 0)
    assert paths(root) == ALL


def test_a_page_follows_its_pictures(manual: Path, tmp_path: Path, fake_settings: Settings) -> None:
    root = tmp_path / "ix"
    page = manual / "page.md"
    page.write_text("# Page\n\nText.\n\n![Hidden](.assets/h.png)\n\n![Late](late.png)\n")
    picture(manual / ".assets" / "h.png", (255, 0, 0))
    first = index(manual, root, fake_settings)
    assert [note.reason for note in first.notes] == ["links to late.png, which is not there"]
    picture(manual / "images" / "panel.png", (0, 255, 0))
    assert changes(index(manual, root, fake_settings)) == (0, 1, 0)
    picture(manual / ".assets" / "h.png", (0, 255, 0))
    assert changes(index(manual, root, fake_settings)) == (0, 1, 0)
    picture(manual / "late.png", (0, 0, 255))
    late = index(manual, root, fake_settings)
    assert (changes(late), late.notes) == ((0, 1, 0), ())
    assert texts(root, "page.md") == ["Text.", "Hidden", "Late"]
    assert "late.png" not in paths(root)
    (manual / "late.png").unlink()
    assert changes(index(manual, root, fake_settings)) == (0, 1, 0)
    assert texts(root, "page.md") == ["Text.", "Hidden"]
    assert contents(root) == _fresh(manual, tmp_path, fake_settings)


def test_documents_of_the_same_text_are_both_kept(
    manual: Path, tmp_path: Path, fake_settings: Settings
) -> None:
    root = tmp_path / "ix"
    index(manual, root, fake_settings)
    shutil.copy(manual / "valve.md", manual / "twin.md")
    assert changes(index(manual, root, fake_settings)) == (1, 0, 0)
    assert texts(root, "twin.md") == texts(root, "valve.md")
    (manual / "valve.md").unlink()
    assert changes(index(manual, root, fake_settings)) == (0, 0, 1)
    assert texts(root, "twin.md") == ["Turn the valve clockwise to close it."]


def test_a_touch_is_no_change(
    manual: Path, tmp_path: Path, fake_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "ix"
    index(manual, root, fake_settings)
    work = watch(monkeypatch)
    for path in manual.rglob("*.*"):
        os.utime(path, ns=(1, 1))
    again = index(manual, root, fake_settings)
    assert (again.unchanged, again.generation) == (True, 1)
    assert work.nothing


def test_another_chunking_writes_only_what_it_changes(
    manual: Path, tmp_path: Path, fake_settings: Settings
) -> None:
    root = tmp_path / "ix"
    (manual / "long.md").write_text("# Long\n\n" + "The pump moves water. " * 60 + "\n")
    index(manual, root, fake_settings)
    small = _chunking(fake_settings, 40)
    again = index(manual, root, small)
    assert (changes(again), again.documents) == ((0, 1, 0), 6)
    assert index(manual, root, small).unchanged
    assert contents(root) == _fresh(manual, tmp_path, small)


def test_other_models_write_everything_anew(
    manual: Path, tmp_path: Path, fake_settings: Settings
) -> None:
    root = tmp_path / "ix"
    index(manual, root, fake_settings)
    models = Models(text="fake:other", clip="fake:demo", reader="fake")
    other = fake_settings.model_copy(update={"models": models})
    again = index(manual, root, other)
    assert (again.generation, again.documents) == (2, 5)
    with Index.open(root) as opened:
        assert opened.spaces["text"].fingerprint == "fake-other"
        assert len(opened.manifest.segments) == 1
    assert index(manual, root, other).unchanged


def test_captions_off_and_on_touch_pages_with_pictures_only(
    manual: Path, tmp_path: Path, fake_settings: Settings
) -> None:
    root = tmp_path / "ix"
    index(manual, root, fake_settings)
    with_captions = contents(root)
    for captions, text in ((False, ""), (True, "The red panel")):
        again = build([manual], root, fake_settings, captions, Silent())
        assert changes(again) == (0, 1, 0)
        assert texts(root, "pump.md")[2] == text
    assert contents(root) == with_captions


def test_sources_come_go_and_stand_in_any_order(
    manual: Path, tmp_path: Path, fake_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, other = tmp_path / "ix", tmp_path / "other"
    shutil.copytree(manual, other)
    index(manual, root, fake_settings)
    work = watch(monkeypatch)
    both = index([manual, other], root, fake_settings)
    assert (both.documents, changes(both)) == (10, (5, 0, 0))
    work.clear()
    for sources in ([other, manual], [manual, other, manual]):
        assert index(sources, root, fake_settings).unchanged
    assert work.nothing
    alone = index(other, root, fake_settings)
    assert (changes(alone), work.nothing) == ((0, 0, 5), True)
    with Index.open(root) as opened:
        assert {document.source for document in opened.documents()} == {str(other)}


def test_a_file_of_an_indexed_folder_alone(
    manual: Path, tmp_path: Path, fake_settings: Settings
) -> None:
    root = tmp_path / "ix"
    index(manual, root, fake_settings)
    only = index(manual / "valve.md", root, fake_settings)
    assert (changes(only), paths(root)) == ((0, 0, 4), ["valve.md"])
    index([manual / "valve.md", manual], root, fake_settings)
    assert paths(root) == ALL


def _fresh(source: Path, tmp_path: Path, settings: Settings) -> object:
    into = tmp_path / "fresh"
    shutil.rmtree(into, ignore_errors=True)
    index(source, into, settings)
    return contents(into)
