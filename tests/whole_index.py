"""An index with everything in it, copies of it to damage, and all that it answers."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from indexer.building.build import build
from indexer.building.live import Deletion, LiveWriter, Upload
from indexer.building.progress import Silent
from indexer.config import Models, Settings
from indexer.store.index import Index
from indexer.store.lock import LOCK_NAME
from tests.fakes import AXES, FakeEncoder
from tests.pdf_writer import Sheet, make_pdf

DAMAGES = ("halved", "emptied", "flipped", "removed")

WORDS = ("pump", "valve", "grease", "printed", "guide", "fresh", "ledge", "40x30")

Answers = Mapping[str, Sequence[tuple[object, ...]]]
"""What an index holds, and what each lane finds, by question; without ids, which may change."""


@dataclass(frozen=True, slots=True)
class Whole:
    """An index, the folder with its sources, and the settings that made it."""

    root: Path
    folder: Path
    settings: Settings

    def copy(self, root: Path) -> Path:
        """The index at another place; its files are links, so replace them, never edit."""
        shutil.copytree(self.root, root, copy_function=os.link)
        (root / LOCK_NAME).unlink()
        (root / LOCK_NAME).touch()
        return root


def make_whole(folder: Path) -> Whole:
    """Pages with pictures, a PDF, tickets, uploads, deletions, two segments, four generations.

    An upload was replaced, another one and a ticket were deleted.
    """
    source = _make_source(folder / "source")
    whole = opened(folder)
    build([source], whole.root, whole.settings, True, Silent())
    writer = LiveWriter(whole.root, whole.settings)
    try:
        writer.change([_upload(folder, "faq/pump.md", "old text of the pump")], [])
        fresh = _upload(folder, "faq/pump.md", "fresh text of the pump, and grease")
        plain = _upload(folder, "note.txt", "a ledge for the blue valve")
        writer.change([fresh, plain, _upload(folder, "gone.md", "goes again")], [])
        writer.change([], [Deletion("gone.md"), Deletion("tickets.csv#T2")])
    finally:
        writer.close()
    return whole


def opened(folder: Path) -> Whole:
    """What `make_whole` made in a folder."""
    models = Models(text="fake:demo", clip="fake:demo", reader="fake")
    settings = Settings(cache=folder / "cache", workers=2, models=models)
    return Whole(folder / "ix", folder, settings)


def answers(root: Path) -> Answers:
    """Open the live generation and ask it everything."""
    with Index.open(root) as index:
        chunks = {chunk.id: chunk for chunk in index.get(index.ids())}
        named = {
            id: (chunk.source, chunk.document, chunk.text, chunk.asset or "")
            for id, chunk in chunks.items()
        }
        found: dict[str, Sequence[tuple[object, ...]]] = {
            "documents": sorted((d.source, d.path, d.file, d.key) for d in index.documents()),
            "chunks": sorted(
                (*named[id], chunk.context, str(chunk.lines), chunk.thumb)
                for id, chunk in chunks.items()
            ),
            "counts": sorted((key, str(value)) for key, value in index.counts().items()),
        }
        for word in WORDS:
            found[word] = sorted(named[hit.id] for hit in index.words(word, 100, None))
        for space in ("text", "clip"):
            for axis, vector in zip(AXES, np.eye(FakeEncoder.dim, dtype=np.float32), strict=False):
                hits = index.nearest(space, vector, 100, None)
                found[f"{space} {axis}"] = sorted(
                    (*named[hit.id], round(hit.score, 5)) for hit in hits
                )
        return found


def damage(path: Path, how: str, place: float = 0.5) -> None:
    """Replace a file by a damaged one; `place` is where in it a byte is flipped."""
    data = bytearray(path.read_bytes())
    path.unlink()
    if how == "removed":
        return
    if how == "flipped":
        data[int(len(data) * place)] ^= 1
    kept = {"halved": data[: len(data) // 2], "emptied": bytearray(), "flipped": data}
    path.write_bytes(kept[how])


def files(root: Path) -> list[str]:
    """Every file of an index but the writer's lock, which says nothing."""
    found = (path for path in root.rglob("*") if path.is_file())
    return sorted(path.relative_to(root).as_posix() for path in found if path.name != LOCK_NAME)


def _make_source(source: Path) -> Path:
    (source / "images").mkdir(parents=True)
    Image.new("RGB", (40, 30), (255, 0, 0)).save(source / "images" / "panel.png")
    Image.new("RGB", (64, 48), (0, 0, 255)).save(source / "lamp.png")
    (source / "pump.md").write_text(
        "# Pump\n\nThe pump moves water.\n\n![The red panel](images/panel.png)\n"
    )
    (source / "valve.md").write_text("# Valve\n\nTurn the valve to close it.\n")
    (source / "tickets.csv").write_text(
        "id,subject,description\nT1,Noise,The pump is loud.\nT2,Stuck,The valve does not turn.\n"
    )
    sheet = Sheet().text(72, 700, "The guide has a printed page about the red screen.")
    (source / "guide.pdf").write_bytes(make_pdf([sheet]))
    return source


def _upload(folder: Path, id: str, text: str) -> Upload:
    path = folder / f"upload-{Path(id).name}"
    path.write_text(f"{text}.\n")
    return Upload(id, path, Path(id).suffix)
