"""Figures of manuals with the words around them, and the titles written on screens."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from indexer.align.starter.figures import MOST_CHARS, Figure, figure_items, read_figures
from indexer.align.starter.items import Domain
from indexer.align.starter.texts import read_texts
from indexer.config import Settings
from indexer.errors import BadFile

PAGE = """# Pump

The pump moves water.

## Start

Open the valve.

![The red panel](images/red_panel-2.png)

The panel shows the state.

![Never there](images/broken.png)

![](lamp.png)
"""


@pytest.fixture
def figures(tmp_path: Path) -> Path:
    """A page with a captioned image, one that is broken and one without a caption, a second
    page that shows the first image again, and an image that no page shows."""
    (tmp_path / "images").mkdir()
    for name in ("images/red_panel-2.png", "lamp.png", "spare.png"):
        Image.new("RGB", (40, 30), (255, 0, 0)).save(tmp_path / name)
    (tmp_path / "images" / "broken.png").write_text("no image")
    (tmp_path / "pump.md").write_text(PAGE)
    (tmp_path / "valve.md").write_text("# Valve\n\n![A valve?](images/red_panel-2.png)\n")
    return tmp_path


def read(folder: Path, settings: Settings) -> dict[str, Figure]:
    found = list(read_figures(folder, settings))
    named = {figure.asset: figure for figure in found}
    assert len(named) == len(found)
    return named


def test_figures_get_the_words_of_the_page_that_shows_them(
    figures: Path, fake_settings: Settings
) -> None:
    found = read(figures, fake_settings)
    assert set(found) == {"images/red_panel-2.png", "lamp.png", "spare.png"}
    around = "Open the valve.\n\nThe panel shows the state."
    assert found["images/red_panel-2.png"].wordings == (
        "The red panel. Pump. Start. red panel 2",
        "The red panel",
        "Pump. Start. The red panel",
        f"Pump. Start. {around}",
    )
    assert found["images/red_panel-2.png"].image.getpixel((0, 0)) == (255, 0, 0)


def test_a_figure_without_words_of_its_own_is_named_by_its_file(
    figures: Path, fake_settings: Settings
) -> None:
    found = read(figures, fake_settings)
    assert found["lamp.png"].wordings[:3] == (
        "lamp. Pump. Start. lamp",
        "lamp",
        "Pump. Start. lamp",
    )
    assert found["spare.png"].wordings[:3] == ("spare. spare. spare", "spare", "spare. spare")


def test_long_wordings_are_cut(tmp_path: Path, fake_settings: Settings) -> None:
    Image.new("RGB", (40, 30)).save(tmp_path / "a.png")
    (tmp_path / "page.md").write_text(f"# Pump\n\n{'water ' * 200}\n\n![Panel](a.png)\n")
    wordings = read(tmp_path, fake_settings)["a.png"].wordings
    assert max(map(len, wordings)) == MOST_CHARS
    assert wordings[:2] == ("Panel. Pump. a", "Panel")


def test_figures_become_items(figures: Path, fake_settings: Settings) -> None:
    items = list(figure_items(figures, fake_settings))
    assert {item.domain for item in items} == {Domain.FIGURE}
    assert len({item.wordings[0] for item in items}) == len(items) == 3


def test_a_folder_that_is_not_there_is_named(tmp_path: Path, fake_settings: Settings) -> None:
    with pytest.raises(BadFile, match="nowhere"):
        list(read_figures(tmp_path / "nowhere", fake_settings))
    with pytest.raises(BadFile, match="nowhere"):
        read_texts([tmp_path / "nowhere"], fake_settings)


def test_titles_are_read_once_and_long_ones_left_out(
    tmp_path: Path, fake_settings: Settings
) -> None:
    (tmp_path / "tickets.csv").write_text(
        "id,subject,description\n"
        "1,Pump  is loud,It grinds.\n2,Pump is loud,Again.\n3,Valve stuck,It does not turn.\n"
        f"4,{'long ' * 19},Too long.\n"
    )
    (tmp_path / "notes.md").write_text("# Restart the pump\n\nUnplug it.\n")
    found = read_texts([tmp_path], fake_settings)
    assert sorted(found) == ["Pump is loud", "Restart the pump", "Valve stuck"]
