"""What the page takes: typing, pasting, dropping, filters, addresses, and how it fails."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect

from tests.api_fake import HEARD, FakeEngine, png
from tests.web_visit import (  # noqa: F401 (pytest finds fixtures among a module's names)
    HIT,
    Visitor,
    address_fixture,
    ask,
    browser_fixture,
    engine_fixture,
    needs_browser,
    paste_png,
    visitor_fixture,
)

pytestmark = needs_browser


WEBM = b"\x1a\x45\xdf\xa3"
"""How a WebM file begins (RFC 9559)."""

DROP = """data => {
    const bytes = Uint8Array.from(atob(data.bytes), (c) => c.charCodeAt(0));
    const transfer = new DataTransfer();
    transfer.items.add(new File([bytes], data.name, {type: data.type}));
    for (const type of data.events) {
        const init = {bubbles: true, cancelable: true};
        const event = type === "paste"
            ? new ClipboardEvent(type, {...init, clipboardData: transfer})
            : new DragEvent(type, {...init, dataTransfer: transfer});
        document.body.dispatchEvent(event);
    }
}"""


def give_file(page: Page, events: list[str], data: bytes, name: str, kind: str) -> None:
    encoded = base64.b64encode(data).decode()
    argument: dict[str, Any] = {"bytes": encoded, "name": name, "type": kind, "events": events}
    page.evaluate(DROP, argument)


def test_pasted_screenshot(visitor: Visitor, engine: FakeEngine) -> None:
    page = visitor.open()
    paste_png(page, png(64, 48, "red"))
    expect(page.locator("#shotname")).to_have_text("Pasted image")
    expect(page.locator("#preview")).to_have_js_property("naturalWidth", 64)
    expect(page.locator("#text")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".read summary")).to_contain_text("Read from your screenshot (1 line)")
    expect(page.locator(".read li")).to_be_hidden()
    page.click(".read summary")
    expect(page.locator(".read li")).to_have_text("Save failed")
    assert engine.queries[0].text == ""
    assert (engine.queries[0].image or b"").startswith(b"\x89PNG")


def test_paste_event_with_a_file(visitor: Visitor, engine: FakeEngine) -> None:
    page = visitor.open()
    give_file(page, ["paste"], png(), "shot.png", "image/png")
    ask(page, "what is this")
    expect(page.locator(HIT)).to_have_count(3)
    assert engine.queries[0].image == png()
    assert engine.queries[0].text == "what is this"


def test_dropped_file_and_its_removal(visitor: Visitor, engine: FakeEngine) -> None:
    page = visitor.open()
    give_file(page, ["dragenter"], png(), "drop.png", "image/png")
    expect(page.locator("#dropzone")).to_be_visible()
    give_file(page, ["drop"], png(), "drop.png", "image/png")
    expect(page.locator("#dropzone")).to_be_hidden()
    expect(page.locator("#shotname")).to_have_text("drop.png")
    page.get_by_role("button", name="Remove the image").click()
    expect(page.locator("#shot")).to_be_hidden()
    ask(page, "disk")
    expect(page.locator(HIT)).to_have_count(3)
    assert engine.queries[0].image is None


def test_chosen_file(visitor: Visitor, engine: FakeEngine, tmp_path: Path) -> None:
    (tmp_path / "chosen.png").write_bytes(png())
    page = visitor.open()
    page.set_input_files("#file", tmp_path / "chosen.png")
    expect(page.locator("#shotname")).to_have_text("chosen.png")
    page.click("#go")
    expect(page.locator(HIT)).to_have_count(3)
    assert engine.queries[0].image == png()


def test_dropped_recording_and_what_was_heard(visitor: Visitor, engine: FakeEngine) -> None:
    page = visitor.open()
    give_file(page, ["drop"], b"sound", "note.ogg", "audio/ogg")
    expect(page.locator("#notename")).to_have_text("note.ogg")
    page.click("#go")
    expect(page.locator(".heard q")).to_have_text(HEARD)
    assert (engine.queries[0].text, engine.queries[0].voice) == ("", b"sound")
    page.get_by_role("button", name="Edit").click()
    expect(page.locator("#text")).to_have_value(HEARD)
    expect(page.locator("#note")).to_be_hidden()
    with page.expect_response("**/v1/answer"):
        page.press("#text", "Enter")
    expect(page.locator(".heard")).to_have_count(0)
    assert (engine.queries[1].text, engine.queries[1].voice) == (HEARD, None)


def test_recording_beside_an_image_and_its_removal(visitor: Visitor, engine: FakeEngine) -> None:
    page = visitor.open()
    give_file(page, ["drop"], b"sound", "note.m4a", "audio/mp4")
    give_file(page, ["drop"], png(), "drop.png", "image/png")
    page.click("#go")
    expect(page.locator(HIT)).to_have_count(3)
    assert (engine.queries[0].voice, engine.queries[0].image) == (b"sound", png())
    page.get_by_role("button", name="Remove the recording").click()
    with page.expect_response("**/v1/answer"):
        page.click("#go")
    expect(page.locator(".heard")).to_have_count(0)
    assert (engine.queries[1].voice, engine.queries[1].image) == (None, png())


def test_spoken_into_the_microphone(visitor: Visitor, engine: FakeEngine) -> None:
    page = visitor.open()
    page.get_by_role("button", name="Speak").click()
    expect(page.locator("#speak")).to_have_text("Stop 0:00")
    page.click("#speak")
    expect(page.locator(".heard q")).to_have_text(HEARD)
    expect(page.locator("#speak")).to_have_text("Speak")
    expect(page.locator("#notename")).to_contain_text("Recording, 0:0")
    assert (engine.queries[0].voice or b"").startswith(WEBM)


def test_escape_drops_what_is_being_recorded(visitor: Visitor, engine: FakeEngine) -> None:
    page = visitor.open()
    page.click("#speak")
    expect(page.locator("#speak")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("Escape")
    expect(page.locator("#speak")).to_have_attribute("aria-pressed", "false")
    expect(page.locator("#note")).to_be_hidden()
    assert engine.queries == []


def test_microphone_that_is_not_allowed(visitor: Visitor) -> None:
    page = visitor.open()
    page.evaluate(
        """() => { navigator.mediaDevices.getUserMedia = () =>
            Promise.reject(new DOMException("", "NotAllowedError")); }"""
    )
    page.click("#speak")
    expect(page.get_by_role("alert")).to_contain_text("does not allow this page the microphone")


def test_file_that_is_no_image(visitor: Visitor) -> None:
    page = visitor.open()
    give_file(page, ["drop"], b"text", "notes.txt", "text/plain")
    expect(page.get_by_role("alert")).to_contain_text(
        "notes.txt is neither an image nor a recording."
    )


def test_errors_show_their_reason(visitor: Visitor) -> None:
    visitor.expected = ["status of 422", "status of 500"]
    page = visitor.open()
    ask(page, "x" * 201)
    expect(page.get_by_role("alert")).to_contain_text(
        "the question has 201 characters; up to 200 are allowed"
    )
    ask(page, "boom")
    expect(page.get_by_role("alert")).to_contain_text("the request failed inside the service")
    page.fill("#text", "disk")
    page.get_by_role("button", name="Try again").click()
    expect(page.locator(HIT)).to_have_count(3)


def test_service_that_does_not_answer(visitor: Visitor) -> None:
    visitor.expected = ["Failed to load resource"]
    page = visitor.open()
    page.route("**/v1/answer", lambda route: route.abort())
    ask(page, "disk")
    expect(page.get_by_role("alert")).to_contain_text("The service does not answer.")


def test_skeleton_while_waiting_and_a_newer_question_wins(
    visitor: Visitor, engine: FakeEngine
) -> None:
    page = visitor.open()
    ask(page, "wait")
    expect(page.locator(".skeleton")).to_be_visible()
    expect(page.locator("#results")).to_have_attribute("aria-busy", "true")
    expect(page.get_by_role("status")).to_have_text("Searching…")
    ask(page, "disk")
    expect(page.locator(HIT)).to_have_count(3)
    engine.release.set()
    page.wait_for_timeout(200)
    assert page.title() == "disk · Triptych"
    expect(page.locator(".skeleton")).to_have_count(0)


def test_empty_question_asks_nothing(visitor: Visitor, engine: FakeEngine) -> None:
    page = visitor.open()
    page.press("#text", "Enter")
    status = page.get_by_role("status")
    expect(status).to_have_text("Type or speak a question, or add an image first.")
    assert engine.queries == []


def test_address_holds_the_question_and_filters(visitor: Visitor, engine: FakeEngine) -> None:
    page = visitor.open()
    expect(page.locator(".chip")).to_have_text(["Manuals1,000", "Tickets234", "Pump900"])
    ask(page, "a&b 磁盘")
    page.get_by_role("button", name="Tickets").click()
    expect(page.get_by_role("button", name="Remove the filter Tickets")).to_be_focused()
    assert page.url.endswith("/?q=a%26b+%E7%A3%81%E7%9B%98&filter=kind%3Dticket")
    page.reload()
    expect(page.locator("#text")).to_have_value("a&b 磁盘")
    expect(page.locator(".chip.on")).to_have_text("Tickets×")
    expect(page.locator(HIT)).to_have_count(3)
    assert [(f.key, f.value) for f in engine.queries[-1].filters] == [("kind", "ticket")]
    page.get_by_role("button", name="Remove the filter Tickets").click()
    expect(page.locator(".chip.on")).to_have_count(0)
    page.go_back()
    expect(page.locator(".chip.on")).to_have_text("Tickets×")


def test_slash_focuses_and_shift_enter_breaks_the_line(visitor: Visitor) -> None:
    page = visitor.open("/?q=disk")
    expect(page.locator(HIT)).to_have_count(3)
    page.locator(".thumb").first.focus()
    page.keyboard.press("/")
    expect(page.locator("#text")).to_be_focused()
    page.keyboard.press("End")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("full")
    expect(page.locator("#text")).to_have_value("disk\nfull")


def test_enter_that_ends_a_composition_does_not_ask(visitor: Visitor, engine: FakeEngine) -> None:
    page = visitor.open()
    page.fill("#text", "cipan")
    page.evaluate(
        """document.querySelector("#text").dispatchEvent(
            new KeyboardEvent("keydown", {key: "Enter", isComposing: true, bubbles: true}))"""
    )
    page.wait_for_timeout(100)
    assert engine.queries == []
