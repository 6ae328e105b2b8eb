"""Judged queries made from an index: wordings, order of drawing, changes of images."""

from __future__ import annotations

from itertools import pairwise
from random import Random

import numpy as np
import pytest
from PIL import Image

from search.synthesize.distort import cut_out, detail, moire, photographed
from search.synthesize.paraphrase import content_words, is_han, paraphrase, without
from search.synthesize.phrasing import clean, question
from search.synthesize.spread import PER_OWNER, spread
from search.synthesize.words import telling


@pytest.mark.parametrize(
    ("heading", "cleaned"),
    [
        ("8.2 E04: vent the water circuit", "E04: vent the water circuit"),
        ("3. Fill in **beans**.", "Fill in beans"),
        ("🆕 Using `wsl.exe` {#wsl}", "Using wsl.exe"),
        ("第3章 除垢：", "除垢"),
        ("2 rows", "rows"),
        (".wsl files", ".wsl files"),
    ],
)
def test_a_heading_loses_number_and_markup(heading: str, cleaned: str) -> None:
    assert clean(heading) == cleaned


@pytest.mark.parametrize(
    ("heading", "about", "asked"),
    [
        ("Change the grind setting", "Brewer", {"how do I {}", "how to {}", "I want to {}"}),
        ("Installing FFmpeg for all users", "", {"help with {}", "problem with {}"}),
        ("E04: no water flows", "", {"what does {} mean", "I get {}", "message {}"}),
        ("What is mirrored networking?", "", {"{}"}),
        ("Satellite does not connect", "", {"{}"}),
    ],
)
def test_a_heading_is_asked_as_one_would_type_it(heading: str, about: str, asked: set[str]) -> None:
    said = {question(heading, about, Random(seed)) for seed in range(30)}
    small = heading[0].lower() + heading[1:] if heading[1].islower() else heading
    expected = {form.format(small.rstrip("?")) for form in asked}
    assert expected <= said
    assert said - expected <= {f"how does {small} work"}


def test_a_short_heading_brings_its_title_along() -> None:
    assert question("Themes", "Windows Terminal", Random(1)).endswith(" in windows terminal")
    assert "in windows" not in question("Use another theme here", "Windows Terminal", Random(1))
    # the title says it already, or is it
    assert question("Pump", "Pump P100", Random(1)) in {
        "what is pump",
        "where do I find pump",
        "pump how does it work",
        "question about pump",
    }


def test_headings_that_name_nothing_are_not_asked() -> None:
    assert question("2.1", "Pump", Random(1)) == ""
    assert question("On it", "Pump", Random(1)) == ""
    assert question("图", "除垢", Random(1)) == ""


def test_shouting_is_lowered_and_names_stay() -> None:
    assert "crash windows with a key stroke" in question(
        "CRASH WINDOWS WITH A KEY STROKE", "", Random(1)
    )
    assert "PsLogList and WSL settings" in question("PsLogList and WSL settings", "", Random(1))


def test_chinese_headings_are_asked_in_chinese() -> None:
    steps = {question("升级路由器固件", "", Random(seed)) for seed in range(20)}
    assert steps == {"怎么升级路由器固件", "如何升级路由器固件", "想要升级路由器固件，怎么做"}
    codes = {question("N12：没有地址", "", Random(seed)) for seed in range(20)}
    assert codes == {"N12：没有地址怎么解决", "显示N12：没有地址", "N12：没有地址是什么原因"}
    assert question("步骤", "咖啡机除垢", Random(1)).startswith("咖啡机除垢 ")
    assert question("您想了解什么？", "路由器", Random(1)) == "您想了解什么"


def test_which_texts_count_as_chinese() -> None:
    assert is_han("Meshline R6 使用说明")
    assert not is_han("the menu 设置 of the router console")


def test_a_paraphrase_keeps_codes_turns_words_and_slips_once() -> None:
    sentence = "If the display shows E04, the pump cannot draw any water from the tank."
    for seed in range(40):
        words = paraphrase(sentence, Random(seed)).split()
        assert "E04" in words
        assert len(words) == 8
        kept = ["display", "shows", "E04", "pump", "cannot", "draw", "water", "tank"]
        slips = [word for word in words if word not in kept]
        assert len(slips) == 1
        assert sorted(slips[0]) in [sorted(word) for word in kept]
        assert slips[0][0] in {"d", "s", "c", "w"}
        places = [kept.index(word) for word in words if word in kept]
        turns = sum(a > b for a, b in pairwise(places))
        assert turns <= 1


def test_the_same_seed_says_the_same() -> None:
    sentence = "Every satellite needs a cable or a good connection to the main router."
    assert paraphrase(sentence, Random("a")) == paraphrase(sentence, Random("a"))
    assert len({paraphrase(sentence, Random(seed)) for seed in range(9)}) > 4


def test_a_chinese_paraphrase_turns_clauses_and_keeps_negations() -> None:
    text = "2. 按住按键十秒，不要断开电源，直到灯环变红。"
    clauses = ("按住按键十秒", "不要断开电源", "直到灯环变红")
    for seed in range(40):
        said = paraphrase(text, Random(seed)).split()
        assert len(said) == 3
        assert sum(map(len, said)) == sum(map(len, clauses)) - 1
        assert any(part.startswith("不要") for part in said)
        assert said[0][0] in "不直"  # never in its old order


def test_what_the_subject_says_is_taken_out_by_stem() -> None:
    assert (
        without("The pumps make loud noises at night", "Pump is loud") == "The make noises at night"
    )
    assert without("水泵声音很大", "水泵") == "水泵声音很大"


def test_small_words_and_punctuation_are_no_content() -> None:
    assert content_words("The (red) light - is // on, E-04!") == ["red", "light", "E-04"]


def test_only_prose_is_telling() -> None:
    assert telling("Open the upper valve before the pump starts to draw water.")
    assert not telling("Open the valve.")
    assert not telling("a=1; b[2]={3:4}; c<<=5 | d(6) && e[7] != f{8} % ((9)); g--; h++")
    assert telling("请先关闭日志里的流量记录再升级固件")


def test_every_stratum_comes_soon_and_no_owner_often() -> None:
    items = [("a", number) for number in range(9)] + [("b", 0), ("c", 0)]
    strata = {"a": "en", "b": "en", "c": "zh"}
    order = spread(items, lambda i: i[0], lambda i: strata[i[0]], Random(0))
    assert {owner for owner, _ in order[:2]} & {"c"}
    assert {owner for owner, _ in order[:3]} == {"a", "b", "c"}
    assert [owner for owner, _ in order[3:]] == ["a"] * (PER_OWNER - 1)
    assert order == spread(items, lambda i: i[0], lambda i: strata[i[0]], Random(0))


def test_a_cut_out_has_its_share_and_shows_something() -> None:
    pixels = np.zeros((100, 200, 3), np.uint8)
    pixels[:, 100:] = np.random.default_rng(0).integers(0, 256, (100, 100, 3))
    image = Image.fromarray(pixels)
    for seed in range(20):
        part = cut_out(image, Random(seed), 0.25)
        assert part.size == (100, 50)
        assert detail(part) > 8
    assert detail(Image.new("RGB", (9, 9), "red")) == 0
    assert cut_out(image, Random(0), 1.0).tobytes() == image.tobytes()


def test_moire_leaves_black_and_bends_white() -> None:
    assert np.asarray(moire(Image.new("RGB", (40, 40)), Random(0))).max() == 0
    grey = np.asarray(moire(Image.new("RGB", (80, 80), (128, 128, 128)), Random(0)))
    # two gratings of at most a tenth each
    assert grey.min() >= 128 * 0.9**2 - 1
    assert grey.max() <= 128 * 1.1**2
    assert not np.array_equal(grey[..., 0], grey[..., 1])


def test_a_photo_has_the_width_asked_for_and_its_margins() -> None:
    image = Image.new("RGB", (400, 300), "white")
    photo = photographed(image, Random(3), 800)
    assert 800 * 1.06 <= photo.width <= 800 * 1.3
    tall = photographed(Image.new("RGB", (100, 900), "white"), Random(3), 200)
    assert 400 * 1.06 <= tall.height <= 400 * 1.3
