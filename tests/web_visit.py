"""A browser on the page, over the fake engine on a loopback port."""

from __future__ import annotations

import base64
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlsplit

import pytest
import uvicorn
from fastapi import FastAPI
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, sync_playwright

from api import serve as serving
from tests.api_fake import FakeEngine, fake_app

BROWSER = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    "--use-fake-device-for-media-stream",  # a microphone that beeps
]

HIT = "[data-document]"

needs_browser = pytest.mark.skipif(BROWSER is None, reason="install Debian's package chromium")


@pytest.fixture(name="engine", scope="module")
def engine_fixture(tmp_path_factory: pytest.TempPathFactory) -> FakeEngine:
    return FakeEngine(tmp_path_factory.mktemp("thumbs"))


@contextmanager
def serving_app(app: FastAPI) -> Iterator[str]:
    """The address at which `app` answers meanwhile, on a free loopback port."""
    with serving.bind("127.0.0.1", 0) as listener:
        server = uvicorn.Server(uvicorn.Config(app, log_level="critical"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        thread.join()


@pytest.fixture(name="address", scope="module")
def address_fixture(engine: FakeEngine) -> Iterator[str]:
    with serving_app(fake_app(engine)) as address:
        yield address


@pytest.fixture(name="browser", scope="module")
def browser_fixture() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=BROWSER, args=FLAGS)
        yield opened
        opened.close()


@dataclass
class Visit:
    """A page and what it did that nobody should have to see."""

    page: Page
    complaints: list[str] = field(default_factory=list)
    hosts: set[str] = field(default_factory=set)

    def watch(self) -> None:
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", self._request)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(message.text)

    def _request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme not in {"data", "blob"}:
            self.hosts.add(parts.hostname or request.url)


class Visitor:
    """Opens pages, and at the end holds them to: no complaint, no request to elsewhere."""

    def __init__(self, browser: Browser, address: str) -> None:
        self._browser = browser
        self._address = address
        self._visits: list[Visit] = []
        self.expected: list[str] = []

    def open(
        self,
        path: str = "/",
        *,
        width: int = 1100,
        scheme: Literal["light", "dark"] = "light",
        locale: str = "en-US",
    ) -> Page:
        context = self._browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme=scheme,
            locale=locale,
            reduced_motion="reduce",
            permissions=["clipboard-read", "clipboard-write", "microphone"],
        )
        context.set_default_timeout(10_000)
        visit = Visit(context.new_page())
        visit.watch()
        self._visits.append(visit)
        visit.page.goto(self._address + path)
        return visit.page

    def check(self) -> None:
        for visit in self._visits:
            visit.page.context.close()
            unexpected = [
                text
                for text in visit.complaints
                if not any(known in text for known in self.expected)
            ]
            assert unexpected == []
            assert visit.hosts == {"127.0.0.1"}


def paste_png(page: Page, data: bytes) -> None:
    """Put a PNG file on the clipboard and press Ctrl+V, with nothing focused."""
    page.evaluate(
        """async (data) => {
            const bytes = Uint8Array.from(atob(data), (c) => c.charCodeAt(0));
            const blob = new Blob([bytes], {type: "image/png"});
            await navigator.clipboard.write([new ClipboardItem({"image/png": blob})]);
            document.activeElement.blur();
        }""",
        base64.b64encode(data).decode(),
    )
    page.keyboard.press("Control+V")


@pytest.fixture(name="visitor")
def visitor_fixture(browser: Browser, address: str, engine: FakeEngine) -> Iterator[Visitor]:
    engine.queries.clear()
    engine.release.clear()
    visiting = Visitor(browser, address)
    yield visiting
    engine.release.set()
    visiting.check()


def ask(page: Page, text: str) -> None:
    page.fill("#text", text)
    page.press("#text", "Enter")
