"""Builds that were killed go on where they were; digests that can be trusted, and those that
cannot."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from indexer.building import digests as digests_module
from indexer.building.build import build
from indexer.building.digests import Digest, Digests
from indexer.building.intake import Intake
from indexer.building.ledger import FileEntry, known_digests
from indexer.building.progress import Silent
from indexer.building.spool import Spool, spool_path
from indexer.config import Settings
from indexer.loaders.base import Report, SourceFile
from indexer.loaders.markdown import MarkdownLoader
from indexer.records import Chunk, Document, Kind, Modality, Place
from tests.building import changes, contents, index, paths, picture, texts, watch


class Killed(BaseException):
    """Nothing that a build expects."""


class KilledAt(Silent):
    """Kills a build in a stage after so many steps; `at` its beginning, when `after` is 0."""

    def __init__(self, stage: str, after: int) -> None:
        self._stage = stage
        self._after = after
        self._now = ""

    def stage(self, name: str, total: int) -> None:
        self._now = name
        self._kill(0)

    def step(self, count: int = 1) -> None:
        self._kill(count)

    def _kill(self, count: int) -> None:
        if self._now.startswith(self._stage):
            self._after -= count
            if self._after <= 0:
                raise Killed


READING, ENCODING = "reading files", "reading images"


def _kill(source: Path, root: Path, settings: Settings, stage: str, after: int) -> None:
    with pytest.raises(Killed):
        build([source], root, settings, True, KilledAt(stage, after))


def test_what_a_killed_build_has_read_is_not_read_again(
    manual: Path, tmp_path: Path, fake_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    work, root = watch(monkeypatch), tmp_path / "ix"
    _kill(manual, root, fake_settings, READING, 2)
    assert work.parsed == ["pump.md", "tickets.csv"]
    work.clear()
    assert index(manual, root, fake_settings).documents == 5
    assert work.parsed == ["valve.md", "lamp.png"]
    assert not spool_path(fake_settings.cache, root).exists()
    index(manual, tmp_path / "fresh", fake_settings)
    assert contents(root) == contents(tmp_path / "fresh")


def test_what_a_killed_build_has_encoded_is_not_encoded_again(
    tmp_path: Path, fake_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    work, root, source = watch(monkeypatch), tmp_path / "ix", tmp_path / "source"
    source.mkdir()
    for number in range(300):
        (source / f"p{number:03}.md").write_text(f"# Page {number}\n\nThe pump {number}.\n")
    picture(source / "a.png", (255, 0, 0))
    _kill(source, root, fake_settings, ENCODING, 256)
    first = set(work.encoded)
    assert len(first) == 512  # a batch, and its titles
    work.clear()
    assert index(source, root, fake_settings).documents == 301
    assert work.parsed == []
    assert len(work.encoded) == 90
    assert first.isdisjoint(work.encoded)


@pytest.mark.parametrize(("stage", "after"), [(READING, 0), (READING, 4), (ENCODING, 0)])
def test_a_killed_update_leaves_no_trace_once_it_is_done(
    manual: Path, tmp_path: Path, fake_settings: Settings, stage: str, after: int
) -> None:
    root = tmp_path / "ix"
    index(manual, root, fake_settings)
    (manual / "valve.md").write_text("# Valve\n\nOther words.\n")
    (manual / "lamp.png").unlink()
    picture(manual / "tree.png", (0, 255, 0))
    _kill(manual, root, fake_settings, stage, after)
    assert changes(index(manual, root, fake_settings)) == (1, 1, 1)
    index(manual, tmp_path / "fresh", fake_settings)
    assert contents(root) == contents(tmp_path / "fresh")


def test_a_file_that_changed_after_the_kill_is_read_again(
    manual: Path, tmp_path: Path, fake_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "ix"
    (manual / "page.md").write_text("# Page\n\nText.\n\n![Late](late.png)\n")
    _kill(manual, root, fake_settings, ENCODING, 0)
    (manual / "valve.md").write_text("# Valve\n\nOther words.\n")
    picture(manual / "late.png", (0, 255, 0))
    picture(manual / "images" / "panel.png", (0, 255, 0))
    work = watch(monkeypatch)
    index(manual, root, fake_settings)
    assert work.parsed == ["page.md", "pump.md", "valve.md"]
    assert (texts(root, "valve.md"), texts(root, "page.md")) == (
        ["Other words."],
        ["Text.", "Late"],
    )


def test_other_settings_do_not_go_on_from_a_killed_build(
    manual: Path, tmp_path: Path, fake_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "ix"
    _kill(manual, root, fake_settings, ENCODING, 0)
    work = watch(monkeypatch)
    build([manual], root, fake_settings, False, Silent())
    assert len(work.parsed) == 4
    assert texts(root, "pump.md")[2] == ""


@pytest.mark.parametrize("damage", ["torn", "altered", "grown", "zeros"])
def test_a_torn_spool_costs_its_end_only(
    manual: Path,
    tmp_path: Path,
    fake_settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    damage: str,
) -> None:
    root = tmp_path / "ix"
    _kill(manual, root, fake_settings, ENCODING, 0)
    path = spool_path(fake_settings.cache, root)
    assert path.stat().st_mode & 0o777 == 0o600
    data = path.read_bytes()
    altered = data[:-9] + bytes([data[-9] ^ 1]) + data[-8:]
    ends = {
        "torn": data[:-9],
        "altered": altered,
        "grown": data + b"\x07" * 20,
        "zeros": data + bytes(4096),
    }
    path.write_bytes(ends[damage])
    work = watch(monkeypatch)
    assert index(manual, root, fake_settings).documents == 5
    assert work.parsed == (["lamp.png"] if damage in ("torn", "altered") else [])


def _intake(file: SourceFile, text: str) -> Intake:
    chunk = Chunk(Modality.TEXT, Place(), text)
    document = Document(file.path, text, Kind.MANUAL, (), "h")
    return Intake(str(file.root), file.path, document, (chunk,), text)


def _spooled(spool: Spool, file: SourceFile, *texts: str) -> None:
    for text in texts:
        spool.add([_intake(file, text)])
    entry = FileEntry(str(file.root), file.path, Digest("d"), documents=len(texts))
    spool.finish(entry, {text: text for text in texts})


def test_a_spool_gives_back_whole_files_under_its_heading(tmp_path: Path) -> None:
    a, b = SourceFile(tmp_path, "a.md"), SourceFile(tmp_path, "b.md")
    spool = Spool(tmp_path / "spool", "one")
    _spooled(spool, a, "Alpha", "Beta")
    spool.add([_intake(b, "half of a file")])
    spool.close()
    spool = Spool(tmp_path / "spool", "one")
    assert list(spool.files) == [a]
    assert [intake.key for intake in spool.read(a)] == ["Alpha", "Beta"]
    _spooled(spool, b, "Gamma")
    spool.close()
    spool = Spool(tmp_path / "spool", "one")
    assert [intake.key for file in (b, a) for intake in spool.read(file)] == [
        "Gamma",
        "Alpha",
        "Beta",
    ]
    spool.close()
    spool = Spool(tmp_path / "spool", "two")
    assert spool.files == {}
    spool.delete()
    assert not (tmp_path / "spool").exists()


def test_a_digest_is_trusted_once_its_file_has_settled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = SourceFile(tmp_path, "a.txt")
    file.absolute.write_text("one")
    fresh = Digests({}).of(file)
    assert fresh.sha256 == "7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed"
    assert fresh.stat is None  # it may change again within a tick of the clock
    later = time.time_ns() + 3_000_000_000
    monkeypatch.setattr(time, "time_ns", lambda: later)
    settled = Digests({file: fresh}).of(file)
    found = file.absolute.stat()
    assert settled == Digest(fresh.sha256, (3, found.st_mtime_ns, found.st_ctime_ns))
    monkeypatch.setattr(digests_module, "sha256_file", None)  # it is not read again
    assert Digests({file: settled}).of(file) is settled


def test_a_change_of_the_same_size_and_time_is_seen(tmp_path: Path) -> None:
    file = SourceFile(tmp_path, "a.txt")
    file.absolute.write_text("one")
    found = file.absolute.stat()
    known = Digest(Digests({}).of(file).sha256, (3, found.st_mtime_ns, found.st_ctime_ns))
    file.absolute.write_text("two")
    os.utime(file.absolute, ns=(found.st_mtime_ns, found.st_mtime_ns))
    assert Digests({file: known}).of(file).sha256 != known.sha256


def test_what_moved_since_its_digest_was_taken(tmp_path: Path) -> None:
    a, b, gone = (SourceFile(tmp_path, name) for name in ("a", "b", "gone"))
    a.absolute.write_text("a")
    b.absolute.write_text("b")
    digests = Digests(known_digests([FileEntry(str(tmp_path), "a", Digest("x", (9, 9, 9)))]))
    assert digests.of(gone) == Digest("errno 2")
    assert digests.moved([a, b, gone]) == set()
    b.absolute.write_text("c")
    gone.absolute.write_text("here")
    assert digests.moved([a, b, gone]) == {b, gone}


def test_a_picture_that_changes_during_a_build_is_taken_up_by_the_next(
    manual: Path, tmp_path: Path, fake_settings: Settings
) -> None:
    class Painting(Silent):
        def stage(self, name: str, total: int) -> None:
            if name != READING:
                picture(manual / "images" / "panel.png", (0, 255, 0))

    root = tmp_path / "ix"
    build([manual], root, fake_settings, True, Painting())
    assert changes(index(manual, root, fake_settings)) == (0, 1, 0)
    assert index(manual, root, fake_settings).unchanged
    assert len(paths(root)) == 5


def test_a_file_that_changed_while_it_was_read_and_back_is_read_again(
    manual: Path, tmp_path: Path, fake_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, page = tmp_path / "ix", manual / "valve.md"
    before = page.read_text()
    load = MarkdownLoader.load

    def changed(self: MarkdownLoader, file: SourceFile, report: Report) -> Iterator[Document]:
        if file.path == "valve.md":
            page.write_text("# Valve\n\nIn between.\n")
        yield from load(self, file, report)

    with monkeypatch.context() as patch:
        patch.setattr(MarkdownLoader, "load", changed)
        index(manual, root, fake_settings)
    assert texts(root, "valve.md") == ["In between."]
    page.write_text(before)
    assert changes(index(manual, root, fake_settings)) == (0, 1, 0)


def test_a_picture_that_changes_right_after_it_was_read_is_read_again(
    manual: Path, tmp_path: Path, fake_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    load = MarkdownLoader.load

    def changed(self: MarkdownLoader, file: SourceFile, report: Report) -> Iterator[Document]:
        documents = list(load(self, file, report))
        if file.path == "pump.md":
            picture(manual / "images" / "panel.png", (0, 255, 0))
        yield from documents

    with monkeypatch.context() as patch:
        patch.setattr(MarkdownLoader, "load", changed)
        index(manual, tmp_path / "ix", fake_settings)
    assert changes(index(manual, tmp_path / "ix", fake_settings)) == (0, 1, 0)
