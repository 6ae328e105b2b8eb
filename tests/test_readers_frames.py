"""What is read in a picture, and in the middle of a recording."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from PIL import Image

from indexer.building.build import build
from indexer.building.progress import Silent
from indexer.cache import Cache
from indexer.config import Settings
from indexer.readers.cached import CachedReader
from indexer.readers.frames import ELSEWHERE, Frames, read_frames
from indexer.records import Box, Line
from indexer.store.index import Index
from search.matching import matched_lines
from tests.fakes import FakeReader

TOP = Box(0.0, 0.0, 1.0, 0.5)
SAYS = {
    (255, 0, 0): ("Open Settings", "red"),
    (0, 128, 0): ("Open Settings", "green"),
    (0, 0, 255): ("blue",),
}


class ColourReader:
    """Reads what SAYS has for the colour of an image."""

    fingerprint = "colour-reader"

    def __init__(self) -> None:
        self.read_images = 0

    def read(self, images: Iterable[Image.Image]) -> Iterator[tuple[Line, ...]]:
        for image in images:
            self.read_images += 1
            red, green, blue = image.getpixel((0, 0))  # type: ignore[misc]
            yield tuple(Line(text, TOP, 0.9) for text in SAYS[red, green, blue])


def test_a_later_frame_adds_what_only_it_says_and_shows_it_nowhere(tmp_path: Path) -> None:
    reader, cache = ColourReader(), Cache(tmp_path)
    red, green = (Image.new("RGB", (8, 8), colour) for colour in ("red", "green"))
    frames = {"one": Frames(red, green), "two": Frames(red)}
    steps: list[None] = []
    for _ in range(2):  # the second time from the cache
        lines = read_frames(CachedReader(reader, cache), frames, lambda: steps.append(None))
        assert [(line.text, line.box) for line in lines["one"]] == [
            ("Open Settings", TOP),
            ("red", TOP),
            ("green", ELSEWHERE),
        ]
        assert [line.text for line in lines["two"]] == ["Open Settings", "red"]
    assert reader.read_images == len(steps) == 3


def test_the_middle_of_an_indexed_recording_is_found_and_not_marked(
    tmp_path: Path, fake_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FakeReader, "read", lambda self, images: ColourReader().read(images))
    source = tmp_path / "manual"
    source.mkdir()
    out = io.BytesIO()
    frames = [Image.new("RGB", (24, 24), color) for color in ("red", "green", "blue")]
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:])
    (source / "steps.gif").write_bytes(out.getvalue())
    build([source], tmp_path / "ix", fake_settings, True, Silent())
    with Index.open(tmp_path / "ix") as index:
        (found,) = index.words("green", 5, None)
        (chunk,) = index.get([found.id])
        assert index.words("blue", 5, None) == []
    assert [line.text for line in chunk.lines] == ["Open Settings", "red", "green"]
    words = {"green": 1.0, "red": 1.0}
    assert [line.text for line in matched_lines(chunk.lines, words)] == ["red"]
