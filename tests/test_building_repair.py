"""Rebuilding beside the live generation, and mending a damaged index."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from indexer.building.build import add, build, rebuild
from indexer.building.progress import Silent
from indexer.building.repair import repair
from indexer.config import Models, Settings
from indexer.errors import BadFile, IndexNotFound
from indexer.store.generations import rollback
from indexer.store.index import Index
from indexer.store.manifest import CATALOG, read_current, segment_path
from indexer.store.thumbs import thumbs_folder
from indexer.store.uploads import uploads_folder
from indexer.store.verify import verify
from tests.building import change, changes, contents, index, paths, upload, watch


@pytest.fixture
def root(manual: Path, tmp_path: Path, fake_settings: Settings) -> Path:
    """Segment 0 of the manual, segment 1 of an upload and of one more page."""
    root = tmp_path / "ix"
    index(manual, root, fake_settings)
    change(root, fake_settings, [upload(tmp_path / "bodies", "up.md", "# Up\n\nAn upload.\n")])
    (manual / "late.md").write_text("# Late\n\nThe screen.\n")
    index(manual, root, fake_settings)
    return root


def _other(settings: Settings) -> Settings:
    models = Models(text="fake:other", clip="fake:other", reader="fake")
    return settings.model_copy(update={"models": models})


def _damage(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def _segment(root: Path, place: int) -> str:
    with Index.open(root) as opened:
        return opened.manifest.segments[place].id


def _segments(root: Path) -> list[str]:
    with Index.open(root) as opened:
        return [ref.id for ref in opened.manifest.segments]


def test_a_rebuild_that_is_not_promoted_waits(
    root: Path, manual: Path, fake_settings: Settings
) -> None:
    before = contents(root)
    result = rebuild(root, _other(fake_settings), Silent(), promote=False)
    assert (result.generation, result.documents, read_current(root).generation) == (4, 7, 3)
    assert contents(root) == before
    with Index.open(root, generation=4) as opened:
        assert opened.spaces["text"].fingerprint == "fake-other"
    # changes to the live one go on beside it
    assert change(root, fake_settings, gone=["late.md"]).generation == 5
    rollback(root, 4)
    with Index.open(root) as opened:
        assert opened.spaces["text"].fingerprint == "fake-other"
    assert paths(root) == sorted(path for _, path in before)
    assert index(manual, root, _other(fake_settings)).unchanged


def test_a_rebuild_parses_everything_and_encodes_nothing_twice(
    root: Path, fake_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, work = contents(root), watch(monkeypatch)
    rebuild(root, fake_settings, Silent())
    parsed = ["late.md", "pump.md", "tickets.csv", "valve.md", "lamp.png", "up.md"]
    assert (work.parsed, work.encoded, work.images, work.read) == (parsed, [], 0, 0)
    assert (contents(root), len(_segments(root))) == (before, 1)


def test_a_rebuild_needs_its_sources(
    root: Path, manual: Path, tmp_path: Path, fake_settings: Settings
) -> None:
    more = tmp_path / "more.md"
    more.write_text("More.")
    add([more], root, fake_settings, Silent())
    before = contents(root)
    more.unlink()
    with pytest.raises(BadFile, match=r"more\.md: was added to this index and is gone; put it"):
        rebuild(root, fake_settings, Silent())
    more.write_text("More.")
    shutil.rmtree(manual)
    with pytest.raises(BadFile, match="source: no such file or folder"):
        rebuild(root, fake_settings, Silent())
    assert contents(root) == before
    with pytest.raises(IndexNotFound, match="no index in"):
        rebuild(tmp_path / "none", fake_settings, Silent())


@pytest.mark.parametrize("by", ["repair", "index"])
def test_of_a_damaged_segment_its_documents_alone_are_written(
    root: Path, manual: Path, fake_settings: Settings, monkeypatch: pytest.MonkeyPatch, by: str
) -> None:
    before, segments = contents(root), _segments(root)
    _damage(segment_path(root, segments[0]) / CATALOG)
    work = watch(monkeypatch)
    if by == "repair":
        mended = repair(root, fake_settings, Silent())
        assert {fault.segment for fault in mended.faults} == {segments[0]}
        assert mended.gone == ()
    else:
        index(manual, root, fake_settings)
    assert work.parsed == ["pump.md", "tickets.csv", "valve.md", "lamp.png"]
    assert (work.encoded, work.images, work.read) == ([], 0, 0)
    assert contents(root) == before
    assert segments[1:] == [id for id in _segments(root) if id in segments]
    assert verify(root) == []
    assert repair(root, fake_settings, Silent()).result is None


def test_uploads_of_a_damaged_segment_come_back(root: Path, fake_settings: Settings) -> None:
    before = contents(root)
    _damage(segment_path(root, _segments(root)[1]) / CATALOG)
    result = repair(root, fake_settings, Silent()).result
    assert result is not None
    assert (result.added, result.documents) == (1, 7)
    assert contents(root) == before


def test_removed_documents_do_not_come_back_with_a_repair(
    root: Path, tmp_path: Path, fake_settings: Settings
) -> None:
    table = "id,subject,description\nX1,Pump,It drips.\nX2,Valve,It drips.\n"
    change(root, fake_settings, [upload(tmp_path / "bodies", "t.csv", table)])
    change(root, fake_settings, gone=["t.csv", "up.md", "valve.md"])
    left = paths(root)
    for segment in _segments(root):
        _damage(segment_path(root, segment) / CATALOG)
    repair(root, fake_settings, Silent())
    assert paths(root) == left == ["lamp.png", "late.md", "pump.md", "tickets.csv#T1",
                                   "tickets.csv#T2"]  # fmt: skip


def test_what_a_lost_source_has_in_whole_segments_stays(
    root: Path, manual: Path, fake_settings: Settings
) -> None:
    _damage(segment_path(root, _segments(root)[0]) / CATALOG)
    shutil.rmtree(manual)
    mended = repair(root, fake_settings, Silent())
    assert mended.gone == (manual,)
    assert paths(root) == ["late.md", "up.md"]
    assert verify(root) == []


def test_a_source_that_is_back_after_a_repair_is_taken_in(
    root: Path, manual: Path, tmp_path: Path, fake_settings: Settings
) -> None:
    before = contents(root)
    _damage(segment_path(root, _segments(root)[0]) / CATALOG)
    manual.rename(tmp_path / "away")
    repair(root, fake_settings, Silent())
    (tmp_path / "away").rename(manual)
    assert changes(index(manual, root, fake_settings)) == (5, 0, 0)
    assert contents(root) == before


def test_lost_previews_are_made_again(root: Path, fake_settings: Settings) -> None:
    before = contents(root)
    previews = sorted(thumbs_folder(root).iterdir())
    _damage(previews[0])
    previews[1].unlink()
    result = repair(root, fake_settings, Silent()).result
    assert result is not None
    assert result.documents == 7
    assert contents(root) == before
    assert verify(root) == []


def test_a_damaged_original_is_named_by_its_id(
    root: Path, manual: Path, fake_settings: Settings
) -> None:
    [original] = [path for path in uploads_folder(root).iterdir() if path.suffix == ".md"]
    _damage(original)
    with pytest.raises(Exception, match=r"the original of up\.md: upload that again"):
        rebuild(root, fake_settings, Silent())
    assert "up.md" in paths(root)


def test_a_lost_current_and_generation_are_restored(
    root: Path, manual: Path, fake_settings: Settings
) -> None:
    before = contents(root)
    (root / "CURRENT").write_bytes(b"")
    build([manual], root, fake_settings, True, Silent())
    assert contents(root) == before


def test_a_killed_build_before_the_damage_costs_no_document(
    root: Path, manual: Path, fake_settings: Settings
) -> None:
    class Killed(Silent):
        def stage(self, name: str, total: int) -> None:
            if name != "reading files":
                raise KeyboardInterrupt

    table = manual / "tickets.csv"
    table.write_text(table.read_text().replace("grinding", "humming"))
    with pytest.raises(KeyboardInterrupt):
        build([manual], root, fake_settings, True, Killed())
    _damage(segment_path(root, _segments(root)[0]) / CATALOG)
    assert index(manual, root, fake_settings).documents == 7
    assert "tickets.csv#T2" in paths(root)  # it was there when the killed build looked
