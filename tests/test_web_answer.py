"""How the page shows the parts of an answer, in a real browser."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.api_fake import EVIL
from tests.web_visit import (  # noqa: F401 (pytest finds fixtures among a module's names)
    Visitor,
    address_fixture,
    browser_fixture,
    engine_fixture,
    needs_browser,
    visitor_fixture,
)

pytestmark = needs_browser


def test_each_part_of_an_answer_has_its_form(visitor: Visitor) -> None:
    page = visitor.open("/?q=parts")
    expect(page.locator("p.said")).to_have_text(f"{EVIL}\u00a01 A red lamp shows it.\u00a012")
    expect(page.locator("ol.said > li")).to_have_text(["Open it.", "Save."])
    expect(page.locator("ol.said")).to_have_attribute("start", "2")
    expect(page.locator(".answer .more").first).to_have_text("3 more steps on the page\u00a01")
    expect(page.locator(".answer th")).to_have_text(["Code", "Meaning"])
    expect(page.locator(".answer td")).to_have_text(["E1", EVIL, "E2", ""])
    expect(page.locator(".note")).to_have_text("Sources differ: 1 says 3 s, 2 says 4 s.")
    expect(page.locator(".note button.cite")).to_have_count(2)


def test_text_in_a_part_is_never_markup(visitor: Visitor) -> None:
    page = visitor.open("/?q=parts")
    expect(page.locator(".answer td").nth(1)).to_have_text(EVIL)
    assert page.evaluate("window.pwned") is None
    assert page.locator(".answer img").count() == 0


def test_parts_are_named_in_the_language_of_the_page(visitor: Visitor) -> None:
    page = visitor.open("/?q=parts", locale="zh-CN")
    expect(page.locator(".answer .more").first).to_have_text("页面上还有 3 步\u00a01")


def test_the_last_of_many_columns_is_in_sight_on_a_phone(visitor: Visitor) -> None:
    page = visitor.open("/?q=wide", width=390)
    remedy = page.locator(".answer td").nth(3)
    expect(remedy).to_have_attribute("data-name", "Remedy")
    box = remedy.bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390
    assert (
        page.evaluate("(e => e.scrollWidth - e.clientWidth)(document.querySelector('.wide'))") == 0
    )
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
