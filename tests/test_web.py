"""What the page shows, in a real browser."""

from __future__ import annotations

from typing import Literal

import pytest
from playwright.sync_api import Page, expect

from tests.api_fake import EVIL
from tests.web_visit import (  # noqa: F401 (pytest finds fixtures among a module's names)
    HIT,
    Visitor,
    address_fixture,
    ask,
    browser_fixture,
    engine_fixture,
    needs_browser,
    visitor_fixture,
)

pytestmark = needs_browser


def shares(page: Page, selector: str) -> dict[str, float]:
    """Where a box lies on its image, in fractions, as the browser laid it out."""
    measured: dict[str, float] = page.eval_on_selector(
        selector,
        """box => {
            const image = box.parentElement.querySelector("img").getBoundingClientRect();
            const own = box.getBoundingClientRect();
            const x = (value) => (value - image.left) / image.width;
            const y = (value) => (value - image.top) / image.height;
            return {x0: x(own.left), y0: y(own.top), x1: x(own.right), y1: y(own.bottom)};
        }""",
    )
    return measured


def test_question_gives_answer_hits_and_boxes(visitor: Visitor) -> None:
    page = visitor.open()
    expect(page.locator("#text")).to_be_focused()
    ask(page, "save failed, disk full")
    expect(page.locator(".said")).to_have_text("Free the disk 1. A red lamp shows it 2.")
    expect(page.locator("[data-document] h3")).to_have_text([EVIL, "Pump manual", "磁盘已满"])
    expect(page.locator(HIT).first.locator(".kind")).to_have_text("Manual")
    expect(page.locator(HIT).first.locator(".trail")).to_have_text("DisksFull disk")
    expect(page.locator(HIT).nth(1).locator(".trail")).to_have_text("Page 14")
    expect(page.locator(HIT).first.locator(".lane")).to_have_text(["text #2", "words #1"])
    expect(page.locator(HIT).first.locator("mark")).to_have_text(["save", "failed", "disk", "save"])
    expect(page.locator(".timing")).to_contain_text("3 results in 25 ms")
    expect(page.locator(".timing")).to_contain_text("clip is off: no model")
    assert page.title() == "save failed, disk full · Triptych"


def test_boxes_lie_where_the_engine_said(visitor: Visitor) -> None:
    page = visitor.open("/?q=disk")
    images = page.locator("[data-document] img")
    expect(images.first).to_have_js_property("naturalWidth", 320)
    expect(images.nth(1)).to_have_js_property("naturalWidth", 200)
    line = shares(page, "[data-document] .box.line")
    assert line == pytest.approx({"x0": 0.25, "y0": 0.5, "x1": 0.75, "y1": 0.625}, abs=0.004)
    passage = shares(page, "[data-document] .box.place")
    assert passage == pytest.approx({"x0": 0.125, "y0": 0.25, "x1": 0.875, "y1": 0.5}, abs=0.004)


def test_server_text_is_never_markup(visitor: Visitor) -> None:
    page = visitor.open("/?q=disk")
    expect(page.locator("[data-document] h3").first).to_have_text(EVIL)
    assert page.evaluate("window.pwned") is None
    assert page.locator("h3 img, b img, .source img").count() == 0


def test_citation_leads_to_its_hit(visitor: Visitor) -> None:
    page = visitor.open("/?q=disk")
    page.get_by_role("button", name="Source 2: Pump manual").first.click()
    hit = page.locator('[data-document="pump.pdf"]')
    expect(hit).to_be_focused()
    expect(hit).to_have_class("hit lit")
    expect(hit.locator(".cite")).to_have_text("2")


def test_lightbox_opens_and_closes_by_keyboard(visitor: Visitor) -> None:
    page = visitor.open("/?q=disk")
    thumb = page.locator(".thumb").first
    thumb.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#lightbox")).to_be_visible()
    expect(page.locator("#lightlines li")).to_have_text("Save failed")
    expect(page.locator("#lightplace")).to_have_text("Disks › Full disk › guide/full.png")
    expect(page.locator("#frame img")).to_have_js_property("naturalWidth", 320)
    line = shares(page, "#frame .box.line")
    assert line == pytest.approx({"x0": 0.25, "y0": 0.5, "x1": 0.75, "y1": 0.625}, abs=0.004)
    page.keyboard.press("Escape")
    expect(page.locator("#lightbox")).to_be_hidden()
    expect(thumb).to_be_focused()


def test_long_passage_starts_at_what_was_asked(visitor: Visitor) -> None:
    page = visitor.open()
    begun: list[str] = page.evaluate(
        """async () => {
            const {bestStart, terms} = await import("/static/dom.js");
            const filler = "Nothing of use stands here. ".repeat(20);
            const text = filler + "Error E04 means a full tank. Empty it.\\n" + filler;
            const chinese = "这里没有内容。".repeat(20) + "错误代码四表示水箱已满。";
            return [
                text.slice(bestStart(text, terms("what is error E04"), 40)).slice(0, 9),
                chinese.slice(bestStart(chinese, terms("错误代码"), 12)),
                text.slice(bestStart(text, terms("unrelated"), 60)).slice(0, 7),
            ];
        }"""
    )
    assert begun == ["Error E04", "错误代码四表示水箱已满。", "Nothing"]


def test_nothing_found_is_said(visitor: Visitor) -> None:
    page = visitor.open("/?q=unsure")
    expect(page.locator(".unsure h2")).to_have_text("Nothing found that answers this")
    expect(page.locator(HIT)).to_have_count(3)
    ask(page, "none")
    expect(page.locator(".empty h2")).to_have_text("No matches")
    expect(page.get_by_role("status")).to_have_text("0 results")


def test_chinese_by_browser_and_by_toggle(visitor: Visitor) -> None:
    page = visitor.open("/?q=磁盘", locale="zh-CN")
    expect(page.locator("#go")).to_contain_text("搜索")
    expect(page.locator("[data-document] .kind")).to_have_text(["手册", "手册", "工单"])
    expect(page.locator(HIT).nth(2).locator("mark")).to_have_text("磁盘")
    assert page.evaluate("document.documentElement.lang") == "zh-CN"
    page.get_by_role("button", name="Show in English").click()
    expect(page.locator("#go")).to_contain_text("Search")
    expect(page.locator("[data-document] .kind").first).to_have_text("Manual")
    page.reload()
    expect(page.locator("#go")).to_contain_text("Search")


def luminance(page: Page, selector: str, style: str) -> float:
    colour: list[float] = page.eval_on_selector(
        selector,
        "(node, style) => getComputedStyle(node)[style].match(/[\\d.]+/g).map(Number)",
        style,
    )
    red, green, blue = (
        c / 3294.6 if c <= 10 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in colour[:3]
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_light_and_dark_are_readable(visitor: Visitor, scheme: Literal["light", "dark"]) -> None:
    page = visitor.open("/?q=disk", scheme=scheme)
    expect(page.locator(HIT)).to_have_count(3)
    paper = luminance(page, "body", "backgroundColor")
    assert (paper < 0.05) is (scheme == "dark")
    for selector in ("body", ".passage", ".trail", ".path", ".lane", ".timing", ".chip"):
        ink = luminance(page, selector, "color")
        contrast = (max(ink, paper) + 0.05) / (min(ink, paper) + 0.05)
        assert contrast >= 4.5, selector


@pytest.mark.parametrize("path", ["/", "/?q=disk", "/?q=unsure", "/docs"])
@pytest.mark.parametrize("width", [390, 320, 768])
def test_no_sideways_scrolling(visitor: Visitor, path: str, width: int) -> None:
    page = visitor.open(path, width=width)
    page.wait_for_load_state("networkidle")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
