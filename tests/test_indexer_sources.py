from __future__ import annotations

import os
from pathlib import Path

import pytest

from indexer.building.sources import discover
from indexer.errors import BadFile
from indexer.loaders.report import ListReport


def _touch(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("x")


def test_files_come_in_path_order_and_hidden_ones_stay_out(tmp_path: Path) -> None:
    for name in ("b.md", "a/z.PDF", "a/b.txt", ".git/x.md", ".hidden.md", "tool.exe", "Makefile"):
        _touch(tmp_path / name)
    report = ListReport()
    source = discover(tmp_path, report)
    assert [file.path for file in source.files] == ["a/b.txt", "a/z.PDF", "b.md"]
    assert source.ignored == {"Makefile": 1, ".exe": 1}
    assert report.skipped == []


def test_a_file_is_a_source_of_its_own(tmp_path: Path) -> None:
    _touch(tmp_path / "tickets.csv")
    source = discover(tmp_path / "tickets.csv", ListReport())
    assert [(file.root, file.path) for file in source.files] == [(tmp_path, "tickets.csv")]


def test_a_path_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match="gone: no such file or folder"):
        discover(tmp_path / "gone", ListReport())


def test_links_are_followed_and_loops_are_reported(tmp_path: Path) -> None:
    _touch(tmp_path / "root" / "page.md")
    _touch(tmp_path / "other" / "more.md")
    (tmp_path / "root" / "linked").symlink_to(tmp_path / "other")
    (tmp_path / "root" / "loop").symlink_to(tmp_path / "root")
    (tmp_path / "root" / "lost").symlink_to(tmp_path / "nowhere")
    (tmp_path / "root" / "self").symlink_to(tmp_path / "root" / "self")
    report = ListReport()
    source = discover(tmp_path / "root", report)
    assert [file.path for file in source.files] == ["linked/more.md", "page.md"]
    found = {skip.path.name: skip.reason for skip in report.skipped}
    assert found["loop"] == f"symlink loop: it leads back to {(tmp_path / 'root').resolve()}"
    assert found["lost"] == "broken link"
    assert "symbolic links" in found["self"]


def test_names_that_are_no_text_are_reported_and_lose_nothing_else(tmp_path: Path) -> None:
    _touch(tmp_path / "page.md")
    _touch(Path(os.fsdecode(os.fsencode(tmp_path) + b"/bad\xff.md")))
    report = ListReport()
    source = discover(tmp_path, report)
    assert [file.path for file in source.files] == ["page.md"]
    found = [(skip.path.name, skip.reason) for skip in report.skipped]
    assert found == [("bad\\xff.md", "its name is not UTF-8 text; rename it")]


def test_a_source_whose_name_is_no_text(tmp_path: Path) -> None:
    bad = Path(os.fsdecode(os.fsencode(tmp_path) + b"/bad\xff.md"))
    _touch(bad)
    with pytest.raises(BadFile, match=r"bad\\xff\.md: its name is not UTF-8 text"):
        discover(bad, ListReport())
