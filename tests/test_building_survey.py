"""What is wrong with files stays told, what cost nothing is not done twice, and random edits."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from indexer.building.build import add
from indexer.building.progress import Silent
from indexer.config import Settings
from indexer.errors import BadFile
from indexer.loaders.base import LOADERS, SourceFile
from indexer.store.index import Index
from indexer.store.ledgers import ledger_path
from tests.building import change, changes, contents, index, paths, picture, texts, watch

BAD = "<html>not found</html>"


def _add(path: Path, root: Path, settings: Settings) -> tuple[int, int, int]:
    return changes(add([path], root, settings, Silent()))


def _chunking(settings: Settings, target: int) -> Settings:
    chunking = settings.chunking.model_copy(update={"target": target})
    return settings.model_copy(update={"chunking": chunking})


def test_a_bad_picture_in_a_page_stays_told(
    manual: Path, tmp_path: Path, fake_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "ix"
    (manual / "shows.md").write_text("# Shows\n\nText.\n\n![Broken](bad.png)\n")
    (manual / "bad.png").write_text(BAD)
    first = index(manual, root, fake_settings)
    assert [skip.path for skip in first.skipped] == [manual / "bad.png"]
    assert "it holds HTML" in first.skipped[0].reason
    work = watch(monkeypatch)
    again = index(manual, root, fake_settings)
    assert (again.unchanged, again.skipped, work.nothing) == (True, first.skipped, True)
    # whatever else of the page or the settings changes, and is read without its pictures
    other = index(manual, root, _chunking(fake_settings, 100))
    assert (changes(other), other.skipped) == ((0, 0, 0), first.skipped)
    added = add([manual / "shows.md"], root, _chunking(fake_settings, 100), Silent())
    assert (added.unchanged, added.skipped) == (True, first.skipped)
    picture(manual / "bad.png", (255, 0, 0))
    good = index(manual, root, _chunking(fake_settings, 100))
    assert (changes(good), good.skipped) == ((0, 1, 0), ())


def test_a_bad_image_of_its_own_is_no_commit_every_time(
    manual: Path, tmp_path: Path, fake_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "ix"
    index(manual, root, fake_settings)
    (manual / "bad.png").write_text(BAD)
    told = index(manual, root, fake_settings)
    assert (told.generation, changes(told)) == (2, (0, 0, 0))
    assert [skip.path for skip in told.skipped] == [manual / "bad.png"]
    work = watch(monkeypatch)
    again = index(manual, root, fake_settings)
    assert (again.unchanged, again.skipped, work.nothing) == (True, told.skipped, True)
    (manual / "lamp.png").write_text(BAD)  # good before
    gone = index(manual, root, fake_settings)
    assert (changes(gone), len(gone.skipped)) == ((0, 0, 1), 2)
    assert "lamp.png" not in paths(root)


def test_an_empty_picture_is_looked_at_again_once_it_is_filled(
    manual: Path, tmp_path: Path, fake_settings: Settings
) -> None:
    root = tmp_path / "ix"
    (manual / "shows.md").write_text("# Shows\n\nText.\n\n![Filled later](.h/x.png)\n")
    (manual / ".h").mkdir()
    (manual / ".h" / "x.png").write_bytes(b"")
    first = index(manual, root, fake_settings)
    assert [skip.reason for skip in first.skipped] == ["empty file, not an image"]
    assert index(manual, root, fake_settings).unchanged
    picture(manual / ".h" / "x.png", (255, 0, 0))
    again = index(manual, root, fake_settings)
    assert (changes(again), again.skipped) == ((0, 1, 0), ())
    assert texts(root, "shows.md") == ["Text.", "Filled later"]


def test_a_wider_limit_lets_a_picture_in(
    manual: Path, tmp_path: Path, fake_settings: Settings
) -> None:
    root = tmp_path / "ix"
    limits = fake_settings.limits.model_copy(update={"image_pixels": 1000})
    tight = fake_settings.model_copy(update={"limits": limits})
    first = index(manual, root, tight)  # the panel has 1,200 pixels, the lamp 3,072
    assert {skip.path.name for skip in first.skipped} == {"panel.png", "lamp.png"}
    assert paths(root) == ["pump.md", "tickets.csv#T1", "tickets.csv#T2", "valve.md"]
    wide = index(manual, root, fake_settings)
    assert (wide.skipped, changes(wide)) == ((), (1, 1, 0))
    with Index.open(root) as opened:
        assert opened.counts()["modality"] == {"text": 7, "image": 2}


def test_an_unreadable_file_is_named_until_it_can_be_read(
    manual: Path, tmp_path: Path, fake_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "ix"
    index(manual, root, fake_settings)
    (manual / "valve.md").write_text("# Valve\n\nNew.\n")

    class Refused:
        def load(self, file: SourceFile, report: object) -> object:
            raise PermissionError(13, "Permission denied")

    loader_of = LOADERS.get
    with monkeypatch.context() as patch:
        patch.setattr(
            LOADERS, "get", lambda s: (lambda _: Refused()) if s == ".md" else loader_of(s)
        )
        bad = index(manual, root, fake_settings)
    reasons = [(skip.path.name, skip.reason) for skip in bad.skipped]
    assert reasons == [("valve.md", "cannot be read: Permission denied")]
    assert (changes(bad), "valve.md" in paths(root)) == ((0, 0, 1), False)
    (manual / "valve.md").write_text("# Valve\n\nReadable.\n")
    assert changes(index(manual, root, fake_settings)) == (1, 0, 0)


def test_add_takes_files_and_folders_beside_the_sources(
    manual: Path, tmp_path: Path, fake_settings: Settings
) -> None:
    root, more = tmp_path / "ix", tmp_path / "more"
    more.mkdir()
    (more / "a.md").write_text("# A\n\nAlpha.\n")
    (more / "b.md").write_text("# B\n\nBeta.\n")
    index(manual, root, fake_settings)
    assert _add(more / "a.md", root, fake_settings) == (1, 0, 0)
    assert _add(more, root, fake_settings) == (1, 0, 0)
    assert index(manual, root, fake_settings).unchanged
    (more / "b.md").write_text("# B\n\nGamma.\n")
    assert changes(index(manual, root, fake_settings)) == (0, 1, 0)
    # once it is part of a source it is there once
    whole = index([manual, more], root, fake_settings)
    assert whole.documents == 7
    assert index([manual, tmp_path / "more"], root, fake_settings).unchanged
    shutil.rmtree(more)
    with pytest.raises(BadFile, match="more: was added to this index and is gone"):
        index(manual, root, fake_settings)
    assert change(root, fake_settings, gone=[str(more)]).deleted == 2
    assert change(root, fake_settings, gone=[str(more / "a.md")]).deleted == 0
    assert index(manual, root, fake_settings).documents == 5


def test_an_added_folder_inside_a_later_source_is_not_there_twice(
    manual: Path, tmp_path: Path, fake_settings: Settings
) -> None:
    root, folder = tmp_path / "ix", tmp_path / "more" / "deep"
    folder.mkdir(parents=True)
    (folder / "a.md").write_text("# A\n\nAlpha.\n")
    index(manual, root, fake_settings)
    assert _add(folder, root, fake_settings) == (1, 0, 0)
    assert index([manual, tmp_path / "more"], root, fake_settings).documents == 6
    assert paths(root).count("deep/a.md") == 1
    assert "a.md" not in paths(root)


def test_add_inside_a_source_brings_that_part_up_to_date(
    manual: Path, tmp_path: Path, fake_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "ix"
    index(manual, root, fake_settings)
    (manual / "valve.md").write_text("# Valve\n\nNew valve.\n")
    (manual / "pump.md").write_text("# Pump\n\nNew pump.\n")
    work = watch(monkeypatch)
    assert _add(manual / "valve.md", root, fake_settings) == (0, 1, 0)
    assert work.parsed == ["valve.md"]
    assert texts(root, "pump.md")[0] == "The pump moves water."
    assert changes(index(manual, root, fake_settings)) == (1, 1, 0)  # the panel stands alone


def test_an_added_picture_reaches_the_page_that_lacks_it(
    manual: Path, tmp_path: Path, fake_settings: Settings
) -> None:
    root = tmp_path / "ix"
    (manual / "page.md").write_text("# Page\n\nText.\n\n![Late](late.png)\n")
    index(manual, root, fake_settings)
    picture(manual / "late.png", (0, 0, 255))
    assert _add(manual / "late.png", root, fake_settings) == (1, 0, 0)
    again = index(manual, root, fake_settings)
    assert (changes(again), again.notes) == ((0, 1, 1), ())
    assert texts(root, "page.md") == ["Text.", "Late"]


def test_add_under_other_settings_leaves_the_rest_to_the_next_index(
    manual: Path, tmp_path: Path, fake_settings: Settings
) -> None:
    root, more = tmp_path / "ix", tmp_path / "more.md"
    (manual / "long.md").write_text("# Long\n\n" + "The pump moves water. " * 60 + "\n")
    more.write_text("# More\n\nMore.\n")
    index(manual, root, fake_settings)
    small = _chunking(fake_settings, 40)
    assert _add(more, root, small) == (1, 0, 0)
    assert changes(index(manual, root, small)) == (0, 1, 0)


def test_without_its_ledger_an_index_loses_nothing(
    manual: Path, tmp_path: Path, fake_settings: Settings
) -> None:
    root, more = tmp_path / "ix", tmp_path / "more.md"
    more.write_text("# More\n\nMore.\n")
    index(manual, root, fake_settings)
    before = contents(root)
    with Index.open(root) as opened:
        ledger_path(root, opened.manifest.ledger).unlink()
    assert _add(more, root, fake_settings) == (1, 0, 0)
    assert change(root, fake_settings, gone=[str(more)]).deleted == 1
    assert changes(index(manual, root, fake_settings)) == (0, 0, 0)
    assert contents(root) == before


def _edits(source: Path, rng: random.Random) -> list[Callable[[], None]]:
    """Things that may happen to a source."""
    name = rng.choice("abcd")
    page, image = source / f"{name}.md", source / f"{name}.png"
    colour = (rng.choice((0, 255)), rng.choice((0, 255)), 255)
    shown = rng.choice(["", f"![{name}]({rng.choice('abcd')}.png)", "![up](../b.png)"])
    rows = "".join(f"T{i},Pump {rng.randint(0, 2)},Text {i}.\n" for i in range(rng.randint(1, 4)))

    def write(path: Path, text: str) -> Callable[[], None]:
        def edit() -> None:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)

        return edit

    return [
        write(page, f"# {name}\n\nThe valve {rng.randint(0, 1)}.\n\n{shown}\n"),
        write(source / "in" / f"{name}.md", f"Valve {rng.randint(0, 1)}.\n\n{shown}\n"),
        lambda: page.unlink(missing_ok=True),
        lambda: picture(image, colour),
        lambda: image.unlink(missing_ok=True),
        write(image, BAD),
        write(source / "t.csv", "id,subject,description\n" + rows),
    ]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_after_any_edits_it_is_as_if_made_anew(
    tmp_path: Path, fake_settings: Settings, seed: int
) -> None:
    rng = random.Random(seed)
    source, root = tmp_path / "source", tmp_path / "ix"
    source.mkdir()
    (source / "first.md").write_text("# First\n\nThe pump.\n")
    for step in range(12):
        for _ in range(rng.randint(1, 3)):
            rng.choice(_edits(source, rng))()
        result = index(source, root, fake_settings)
        if step % 3 == 2:
            fresh = index(source, tmp_path / f"fresh{step}", fake_settings)
            assert contents(root) == contents(tmp_path / f"fresh{step}")
            assert set(result.skipped) == set(fresh.skipped)
            assert set(result.notes) == set(fresh.notes)
        assert index(source, root, fake_settings).unchanged
