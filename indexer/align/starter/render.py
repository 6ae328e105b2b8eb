"""Screens as image files: HTML drawn by the system's Chromium, many screens a picture."""

from __future__ import annotations

import hashlib
import io
import os
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image

from indexer.align.starter.screen_style import SHEET
from indexer.align.starter.screens import Draft, draw_screen
from indexer.errors import BadConfig

if TYPE_CHECKING:
    from playwright.sync_api import Page

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
]
SHEET_WIDTH = 1440  # CSS pixels of one picture; the widest screen
SHEET_HEIGHT = 3600
LONGER_SIDE = 320


@dataclass(frozen=True)
class Screen:
    """A rendered screen: an image file whose longer side is 320 pixels, and what it shows."""

    image: Path
    says: str


@dataclass(frozen=True)
class _Placed:
    draft: Draft
    image: Path
    left: int
    top: int


def render_screens(texts: Sequence[str], count: int, seed: int, folder: Path) -> list[Screen]:
    """Render `count` random screens of software into `folder`; those already there are kept.

    The same texts, seed and number give the same screen, so a series can be resumed or lengthened.

    Args:
        texts: sentences to use as messages, titles and entries; may be empty.
        count: how many screens.
        seed: of the series.
        folder: created when missing. Files are named by what they contain.

    Returns:
        The screens in their order in the series.

    Raises:
        BadConfig: no Chromium on this machine, or it cannot start.
    """
    folder.mkdir(parents=True, exist_ok=True)
    screens: list[Screen] = []
    missing: dict[Path, Draft] = {}
    for number in range(count):
        draft = draw_screen(texts, seed, number)
        image = folder / f"{_name(draft)}.jpg"
        if not image.exists():
            missing[image] = draft
        screens.append(Screen(image, draft.says))
    if missing:
        with _open_page() as page:
            for sheet in _arranged(missing):
                _render(page, sheet)
    return screens


def _name(draft: Draft) -> str:
    content = f"{SHEET}{draft.html}{LONGER_SIDE}"
    return hashlib.sha256(content.encode()).hexdigest()[:20]


@contextmanager
def _open_page() -> Iterator[Page]:
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        raise BadConfig(
            f"none of the browsers {', '.join(BROWSERS)} is installed; rendering screens needs one "
            "(Debian's package chromium)"
        )
    try:
        from playwright.sync_api import Error, sync_playwright
    except ImportError as error:
        raise BadConfig("rendering screens needs the package playwright; install it") from error
    with sync_playwright() as playwright:
        try:
            opened = playwright.chromium.launch(executable_path=browser, args=FLAGS)
        except Error as error:
            raise BadConfig(f"{browser} does not start: {error.message}") from error
        try:
            yield opened.new_page(
                viewport={"width": SHEET_WIDTH, "height": SHEET_HEIGHT}, offline=True
            )
        finally:
            opened.close()


def _arranged(drafts: dict[Path, Draft]) -> Iterable[list[_Placed]]:
    """Drafts side by side in rows, rows below each other, as many as fit one picture."""
    sheet: list[_Placed] = []
    left = top = row = 0
    for image, draft in drafts.items():
        if left + draft.width > SHEET_WIDTH:
            left, top, row = 0, top + row, 0
        if top + draft.height > SHEET_HEIGHT:
            yield sheet
            sheet, left, top, row = [], 0, 0, 0
        sheet.append(_Placed(draft, image, left, top))
        left, row = left + draft.width, max(row, draft.height)
    yield sheet


def _render(page: Page, sheet: list[_Placed]) -> None:
    boxes = "".join(
        f'<div style="position:absolute;left:{one.left}px;top:{one.top}px">{one.draft.html}</div>'
        for one in sheet
    )
    page.set_content(f"<!doctype html><meta charset=utf-8><style>{SHEET}</style>{boxes}")
    height = max(one.top + one.draft.height for one in sheet)
    shot = page.screenshot(
        type="jpeg",
        quality=95,
        clip={"x": 0, "y": 0, "width": SHEET_WIDTH, "height": height},
    )
    picture = Image.open(io.BytesIO(shot))
    picture.load()
    for one in sheet:
        width, tall = one.draft.width, one.draft.height
        cut = picture.crop((one.left, one.top, one.left + width, one.top + tall))
        scale = min(1.0, LONGER_SIDE / max(width, tall))
        small = cut.resize(
            (round(width * scale), round(tall * scale)), Image.Resampling.LANCZOS, reducing_gap=3.0
        )
        part = one.image.with_suffix(".part")
        small.save(part, "JPEG", quality=90)
        os.replace(part, one.image)
