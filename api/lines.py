"""Lists that a user writes: a text or the path of an image on each line."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from indexer.cache import content_key
from indexer.config import Limits
from indexer.errors import BadFile, BadImage
from indexer.images import decode
from indexer.records import Modality


@dataclass(frozen=True, slots=True)
class Lines:
    """The lines of a list file: texts, or paths relative to the working folder."""

    path: Path
    lines: tuple[str, ...]
    modality: Modality

    @classmethod
    def read(cls, path: Path, modality: Modality) -> Lines:
        """Raises BadFile: not readable, not UTF-8, without lines, or with an empty one.

        Of images, every path is looked for. A failure names the number of its line.
        """
        try:
            data = path.read_bytes()
        except OSError as error:
            raise BadFile(path, error.strerror or str(error)) from error
        found = data.removeprefix(b"\xef\xbb\xbf").removesuffix(b"\n").split(b"\n")
        if found == [b""]:
            raise BadFile(path, "no lines; write one text or path on each")
        lines = cls(path, tuple(_decoded(path, i, line) for i, line in enumerate(found)), modality)
        if modality is Modality.IMAGE:
            lines._check_files()
        return lines

    def _check_files(self) -> None:
        for i, line in enumerate(self.lines):
            if not Path(line).is_file():
                raise BadFile(_place(self.path, i), f"{line}: no such file")

    def image(self, i: int, limits: Limits) -> tuple[str, Image.Image]:
        """The content key and the decoded image of line `i`. Raises BadFile."""
        path = Path(self.lines[i])
        try:
            if path.stat().st_size > limits.image_bytes:
                raise BadImage(f"larger than {limits.image_bytes:,} bytes")
            data = path.read_bytes()
            return content_key(data), decode(data, limits)
        except OSError as error:
            raise BadFile(_place(self.path, i), f"{path}: {error.strerror}") from error
        except BadImage as error:
            raise BadFile(_place(self.path, i), f"{path}: {error}") from error


def _decoded(path: Path, i: int, line: bytes) -> str:
    try:
        text = line.decode().removesuffix("\r")
    except UnicodeDecodeError as error:
        raise BadFile(_place(path, i), "not UTF-8") from error
    if not text.strip():
        raise BadFile(_place(path, i), "empty; write one text or path on each line")
    return text


def _place(path: Path, i: int) -> str:
    return f"{path}, line {i + 1}"
