"""Random screens, their words, their pictures, and the named symbols."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from random import Random

import numpy as np
import pytest
from PIL import Image

from indexer.align.starter import render, symbols
from indexer.align.starter.screen_parts import Board
from indexer.align.starter.screen_style import draw_theme
from indexer.align.starter.screen_text import ENGLISH_LABELS, Topic, draw_topic, family_of
from indexer.align.starter.screen_windows import Sketch
from indexer.align.starter.screen_words import ENGLISH
from indexer.align.starter.screen_words_zh import CHINESE
from indexer.align.starter.screens import KINDS, Draft, describe, draw_screen
from indexer.errors import BadConfig

needs_browser = pytest.mark.skipif(
    not any(map(shutil.which, render.BROWSERS)), reason="install Debian's package chromium"
)
VOID = {"br", "img"}


class Balance(HTMLParser):
    """The tags still open, and whether every end met its own beginning."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.crossed: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        pass  # closed by itself

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.crossed.append(tag)


def board_about(terms: list[str], sentence: str = "", chinese: bool = False) -> Board:
    dice = Random(0)
    topic = Topic("printing", chinese, ENGLISH_LABELS, sentence, dice, terms, [])
    return Board(topic, draw_theme(dice), dice)


def test_every_topic_has_twenty_terms_and_none_twice() -> None:
    assert len(ENGLISH) == 40
    for terms in (terms.split(";") for terms in ENGLISH.values()):
        names = [" ".join(name.split()) for name in terms]
        assert len(names) == len(set(names)) >= 20
    assert len(CHINESE) >= 25
    assert set(CHINESE) <= set(ENGLISH)
    for names in (terms.split() for terms in CHINESE.values()):
        assert len(names) == len(set(names)) >= 20


@pytest.mark.parametrize(
    ("sentence", "topic"),
    [
        ("The printer reports a paper jam in its tray", "printing"),
        ("My card was declined at an ATM, is the PIN wrong?", "cards"),
        ("Microphone is muted and the sample rate wrong", "audio"),
        ("qwertz", ""),
    ],
)
def test_a_sentence_finds_its_topic(sentence: str, topic: str) -> None:
    assert family_of(sentence) == topic


def test_terms_come_once_each_before_any_comes_again() -> None:
    topic = board_about(["Copies", "Duplex", "Margins"]).topic
    assert sorted(topic.terms(3)) == ["Copies", "Duplex", "Margins"]
    assert sorted(topic.terms(3)) == ["Copies", "Duplex", "Margins"]


def test_a_topic_takes_only_sentences_of_its_language() -> None:
    for number in range(200):
        topic = draw_topic(["打印机卡纸怎么办"], Random(number))
        assert topic.sentence in (("", "打印机卡纸怎么办") if topic.chinese else ("",))


def test_a_fitting_topic_takes_only_sentences_about_it() -> None:
    for number in range(200):
        topic = draw_topic(["The printer has a paper jam"], Random(number), ("audio",))
        assert not (topic.name == "audio" and topic.sentence)


def test_a_description_names_kind_title_and_words_without_repeats() -> None:
    board = board_about(["Copies"])
    sketch = Sketch("Settings dialog", "Duplex tab", "", 400, 300)
    words = ["Settings", "Paper size", "Duplex tab", "Copies"]
    said = describe(board, sketch, words)
    assert said == "Settings dialog, Duplex tab: Paper size, Copies"
    assert describe(board, Sketch("Toolbar", "", "", 9, 9), []) == "Toolbar"


def test_a_description_stops_at_sixty_words() -> None:
    board = board_about(["Copies"])
    sketch = Sketch("Table", "Prices", "", 400, 300)
    said = describe(board, sketch, [f"one two{number}" for number in range(50)])
    assert len(said.split()) == 60
    assert said.endswith("one two28")


def test_a_chinese_screen_is_described_by_its_topic_in_english() -> None:
    board = board_about(["卡纸"], chinese=True)
    said = describe(board, Sketch("Error dialog", "打印机", "", 9, 9), ["卡纸", "打印机"])
    assert said == "Error dialog in Chinese about printing, 打印机: 卡纸"


def test_a_draft_depends_on_its_arguments_alone() -> None:
    texts = ["Why was my transfer declined?"]
    assert draw_screen(texts, 4, 7) == draw_screen(texts, 4, 7)
    assert draw_screen(texts, 4, 7) != draw_screen(texts, 4, 8)
    assert draw_screen(texts, 4, 7) != draw_screen(texts, 5, 7)


@pytest.mark.parametrize("draw", [kind for kind, _, _ in KINDS], ids=lambda kind: kind.__name__)
def test_every_kind_closes_what_it_opens(draw: Callable[[Board], Sketch]) -> None:
    for number in range(6):
        dice = Random(number)
        topic = draw_topic([], dice)
        sketch = draw(Board(topic, draw_theme(dice), dice, marks=number % 2 - 1))
        balance = Balance(sketch.html)
        assert (balance.open, balance.crossed) == ([], [])
        assert 260 <= sketch.width <= 1440
        assert 70 <= sketch.height <= 900


def test_texts_are_words_never_markup() -> None:
    drafts = [draw_screen(["<script>\"&'</script> printer"], 1, number) for number in range(150)]
    assert not any("<script" in draft.html for draft in drafts)
    assert sum("&lt;script&gt;" in draft.html for draft in drafts) > 20
    assert sum('<script>"&' in draft.says for draft in drafts) > 20


def test_one_screen_in_eight_is_chinese() -> None:
    says = [draw_screen([], 2, number).says for number in range(800)]
    assert 80 <= sum(" in Chinese about " in said for said in says) <= 120


def flat(colour: str, width: int, height: int) -> Draft:
    html = f'<div style="width:{width}px;height:{height}px;background:{colour}"></div>'
    return Draft(html, width, height, f"all {colour}")


@needs_browser
def test_each_screen_is_cut_from_its_own_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drafts = [
        flat("red", 640, 320),
        flat("lime", 400, 800),
        flat("blue", 1440, 3000),
        flat("white", 200, 100),
    ]
    monkeypatch.setattr(render, "draw_screen", lambda texts, seed, number: drafts[number])
    screens = render.render_screens([], 4, 0, tmp_path / "new")
    assert [screen.says for screen in screens] == ["all red", "all lime", "all blue", "all white"]
    sizes, colours = [], []
    for screen in screens:
        with Image.open(screen.image) as image:
            sizes.append(image.size)
            pixels = np.asarray(image) > 127
            colours.append([pixels[0, 0].tolist(), pixels[-1, -1].tolist()])
    # the longer side becomes 320, what is smaller stays
    assert sizes == [(320, 160), (160, 320), (154, 320), (200, 100)]
    assert colours == [
        [[True, False, False]] * 2,
        [[False, True, False]] * 2,
        [[False, False, True]] * 2,
        [[True, True, True]] * 2,
    ]


@needs_browser
def test_screens_on_disk_are_kept_and_missing_ones_rendered(tmp_path: Path) -> None:
    texts = ["Wi-Fi keeps disconnecting"]
    first = render.render_screens(texts, 3, 9, tmp_path)
    first[0].image.write_bytes(b"kept")
    first[1].image.unlink()
    again = render.render_screens(texts, 5, 9, tmp_path)
    assert again[:3] == first
    assert first[0].image.read_bytes() == b"kept"
    assert sorted(tmp_path.iterdir()) == sorted(screen.image for screen in again)


def test_no_browser_is_one_clear_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BadConfig, match="chromium"):
        render.render_screens([], 1, 0, tmp_path)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("WARNING SIGN", "warning sign icon"),
        ("RIGHTWARDS ARROW", "right arrow icon"),
        ("BLACK UP-POINTING TRIANGLE", "up pointing triangle icon"),
        ("DINGBAT NEGATIVE CIRCLED SANS-SERIF DIGIT SIX", "negative circled digit six icon"),
    ],
)
def test_unicode_names_become_readable(name: str, said: str) -> None:
    assert symbols.readable(name) == said


def test_symbols_are_those_of_the_font_with_their_names() -> None:
    names = symbols.symbol_names()
    assert names["⚙"] == "gear, settings icon"
    assert names["☃"] == "snowman icon"
    assert names["→"] == "right arrow icon"
    assert "A" not in names
    assert "🖨" not in names  # DejaVu Sans has no printer
    assert len(names) > 700


def test_a_symbol_is_drawn_in_two_colours_that_differ() -> None:
    once = symbols.draw_symbols(1, 5)
    drawn = [next(once) for _ in range(40)]
    again = symbols.draw_symbols(1, 5)
    for symbol in drawn:
        assert symbol.image.size == (160, 160)
        assert symbol.image.tobytes() == next(again).image.tobytes()
        low, high = symbol.image.convert("L").getextrema()
        assert isinstance(low, int)
        assert isinstance(high, int)
        assert high - low > 80


def test_each_symbol_comes_as_often_as_asked() -> None:
    names = [symbol.name for symbol in symbols.draw_symbols(2, 0)]
    assert len(names) == 2 * len(symbols.symbol_names())
    assert names.count("snowman icon") == 2
