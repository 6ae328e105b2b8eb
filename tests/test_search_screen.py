"""Lines of a screen: what each tells, and which chunks have the most telling one."""

from __future__ import annotations

from math import log
from pathlib import Path

import pytest

from indexer.lanes import word_fields
from indexer.records import Box, Chunk, Document, Kind, Line, Modality, Picture, Place
from indexer.store.base import Shown
from indexer.store.generations import Change, commit
from indexer.store.index import ChunkRow, Index, Origin, SegmentWriter
from search.screen import Screen

MENU = "File Edit View"
DIALOG = "Calibrate compass"


def build(root: Path) -> None:
    """Six pages: a passage each, and an image whose menu all have; two name a dialog."""
    with SegmentWriter(root) as writer:
        for number in range(6):
            name = f"page{number}"
            said = "Calibrate the compass first." if number == 1 else f"About {name}."
            read = [MENU, DIALOG] if number == 4 else [MENU]
            lines = tuple(Line(text, Box(0, 0, 1, 1), 0.9) for text in read)
            chunks = [
                Chunk(Modality.TEXT, Place(), said),
                Chunk(Modality.IMAGE, Place(), lines=lines, picture=Picture(f"{name}.png", b"x")),
            ]
            document = Document(f"{name}.md", name, Kind.MANUAL, (), "h", "en")
            rows = [ChunkRow(chunk, "", word_fields(name, chunk)) for chunk in chunks]
            writer.add(Origin("src", f"{name}.md", "k"), document, rows)
        commit(root, Change("index", {}, {}, b"ledger", added=[writer.seal()]))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    build(tmp_path / "index")
    return tmp_path / "index"


def weight(count: int) -> float:
    return log(1 + (6 - count + 0.5) / (count + 0.5))


def test_the_store_says_where_all_words_of_a_line_stand(root: Path) -> None:
    with Index.open(root) as index:
        menu, dialog, none, empty = index.shown([MENU, DIALOG, "Calibrate gyro", "—"], None)
    assert (menu.images, menu.chunks) == (6, (1, 3, 5, 7, 9, 11))
    assert menu.rarity == pytest.approx(weight(6) / weight(1))
    assert (dialog.images, dialog.chunks) == (1, (2, 9))
    assert dialog.rarity == pytest.approx(weight(2) / weight(1))
    assert none == empty == Shown(0)


def test_only_selected_chunks_are_named_and_all_are_counted(root: Path) -> None:
    with Index.open(root) as index:
        selection = index.select((), frozenset({"page4.png"}))
        (dialog,) = index.shown([DIALOG], selection)
    assert (dialog.images, dialog.chunks) == (1, (2,))
    assert dialog.rarity == pytest.approx(weight(2) / weight(1))


def test_the_rarest_line_decides_and_the_others_where_it_ties(root: Path) -> None:
    with Index.open(root) as index:
        found = Screen.of([MENU, MENU, DIALOG], index, None).ranked(3)
    rare, common = weight(2) / weight(1), weight(6) / weight(1)
    assert [one.id for one in found] == [9, 2, 1]
    assert [one.score for one in found] == pytest.approx(
        [rare + 0.001 * (rare + common), rare + 0.001 * rare, common + 0.001 * common]
    )


def test_a_line_of_many_images_counts_for_less() -> None:
    shown = {"Save": Shown(12), "Tuning": Shown(3), "Never seen": Shown(0)}
    assert Screen(shown).weights() == {"Save": 0.5, "Tuning": 1.0, "Never seen": 1.0}


def test_words_of_a_faint_part_count_less_unless_another_part_has_them(root: Path) -> None:
    with Index.open(root) as index:
        text = "about page3 compass"
        plain = {one.id: one.score for one in index.words(text, 9, None)}
        faint = index.words(text, 9, None, {"page3 compass": 0.5, "compass": 1.0})
    assert {one.id: one.score for one in faint}[2] == pytest.approx(plain[2])
    assert {one.id: one.score for one in faint}[7] == pytest.approx(plain[7] / 2)
