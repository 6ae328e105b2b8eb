"""Chromium as a drawing machine: HTML in, picture or PDF out."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from PIL import Image
from playwright.sync_api import Browser, Error, sync_playwright

from examples.generate.requirements import CHROMIUM

_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--font-render-hinting=none",
)


@dataclass(frozen=True, slots=True)
class Size:
    """Width and height in CSS pixels, and how many picture pixels make one of them."""

    width: int
    height: int
    scale: float = 1.0


class Painter:
    """Renders HTML in one running browser."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser

    def picture(self, html: str, size: Size) -> Image.Image:
        """The page as an RGB image of `size.width * size.scale` by the same of the height."""
        try:
            data = self._screenshot(html, size)
        except Error:
            # On a busy machine Chromium now and then fails to capture; a second try works.
            data = self._screenshot(html, size)
        return Image.open(io.BytesIO(data)).convert("RGB")

    def _screenshot(self, html: str, size: Size) -> bytes:
        page = self._browser.new_page(
            viewport={"width": size.width, "height": size.height}, device_scale_factor=size.scale
        )
        try:
            page.set_content(html, wait_until="load")
            return page.screenshot(type="png")
        finally:
            page.close()

    def pdf(self, html: str) -> bytes:
        """The page as a tagged PDF with an outline; its size is the one the CSS names."""
        page = self._browser.new_page()
        page.set_content(html, wait_until="load")
        data = page.pdf(prefer_css_page_size=True, print_background=True, tagged=True, outline=True)
        page.close()
        return data


@contextmanager
def painter() -> Iterator[Painter]:
    """A browser that runs for the length of a `with` block."""
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=list(_FLAGS))
        yield Painter(browser)
        browser.close()
