"""The frames of images that are read: the picture itself, and the middle of a recording."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from PIL import Image

from indexer.readers.cached import CachedReader
from indexer.records import Box, Line

ELSEWHERE = Box(0.0, 0.0, 0.0, 0.0)
"""The box of a line that the picture itself does not show."""


@dataclass(frozen=True, slots=True)
class Frames:
    """An image as it is shown, and where it moves the frame in its middle."""

    shown: Image.Image
    later: Image.Image | None = None


def read_frames(
    reader: CachedReader, frames: Mapping[str, Frames], done: Callable[[], None] = lambda: None
) -> dict[str, tuple[Line, ...]]:
    """Frames by the content key of their image → its lines, by that key.

    Those that only the later frame has come last, ELSEWHERE. `done` is called after each frame
    that had to be read.
    """
    later = {f"{key}/middle": one.later for key, one in frames.items() if one.later is not None}
    keys = [*frames, *later]
    found = reader.read([*((key, one.shown) for key, one in frames.items()), *later.items()], done)
    lines = dict(zip(keys, found, strict=True))
    return {key: _joined(lines[key], lines.get(f"{key}/middle", ())) for key in frames}


def _joined(shown: Sequence[Line], later: Sequence[Line]) -> tuple[Line, ...]:
    known = {line.text for line in shown}
    return (*shown, *(replace(line, box=ELSEWHERE) for line in later if line.text not in known))
