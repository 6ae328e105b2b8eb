"""Files of texts or of paths → a .npy file of their vectors."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from api.lines import Lines
from indexer.building.progress import Progress
from indexer.cache import Cache
from indexer.config import Limits, Settings
from indexer.encoders.base import Encoder
from indexer.encoders.cached import CachedEncoder
from indexer.encoders.choose import clip_encoder, encoder_of, text_encoder
from indexer.errors import BadConfig, BadQuery
from indexer.lanes import CLIP, TEXT
from indexer.records import Modality, Vectors
from indexer.store.durable import scrap_path, sync
from indexer.store.manifest import read_current, read_manifest

TEXTS_AT_ONCE = 256
IMAGES_AT_ONCE = 16
"""At most 200 MB of pixels."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """The name of a space, clip or text, and its encoder."""

    space: str
    encoder: Encoder


@dataclass(frozen=True, slots=True)
class Embedded:
    """What was written: `rows` vectors of length `dim`, of the encoder behind `fingerprint`."""

    rows: int
    dim: int
    space: str
    model: str
    fingerprint: str


def choose(modality: Modality, space: str, index: Path | None, settings: Settings) -> Chosen:
    """The encoder for a list: of the models of `index`, else of the settings.

    `space` is clip, text, or empty: clip for images, and for texts where there is a CLIP
    model. Raises BadQuery, BadConfig, MissingModel or IndexMismatch.
    """
    if space not in {"", CLIP, TEXT}:
        raise BadQuery(f"--space {space}: no such space; write clip or text")
    if space == TEXT and modality is Modality.IMAGE:
        raise BadQuery("--space text: its model encodes text only; images need --space clip")
    if index is not None:
        return _of_index(modality, space, index, settings)
    clip = settings.models.clip or modality is Modality.IMAGE
    name = space or (CLIP if clip else TEXT)
    encoder = text_encoder(settings) if name == TEXT else clip_encoder(settings)
    if encoder is None:
        raise BadConfig("no CLIP model is chosen; give one with --clip or set models.clip")
    return Chosen(name, encoder)


def _of_index(modality: Modality, space: str, index: Path, settings: Settings) -> Chosen:
    spaces = read_manifest(index, read_current(index)).spaces
    name = space or (CLIP if CLIP in spaces or modality is Modality.IMAGE else TEXT)
    if name not in spaces:
        raise BadConfig(
            f"{index}: has no {name} space; make it with: "
            f"triptych rebuild --index {index} --clip WEIGHTS"
        )
    return Chosen(name, encoder_of(spaces[name], settings, index))


def embed(
    lines: Lines, chosen: Chosen, out: Path, settings: Settings, progress: Progress
) -> Embedded:
    """Write the vectors of `lines` to `out`: NumPy format, float32 (lines, dim), unit length.

    Texts are encoded as passages. What a build has encoded comes from the cache, and the
    other way round. Memory is bounded; `out` appears whole or not at all. Raises BadFile
    naming the line at fault, BadQuery where `out` is no place for a file, or OSError.
    """
    _check_out(out)
    encoder = chosen.encoder
    shape = len(lines.lines), encoder.dim
    with closing(Cache(settings.cache)) as cache:
        batches = _encoded(lines, CachedEncoder(encoder, cache), settings.limits, progress)
        _write(out, shape, batches)
    return Embedded(*shape, chosen.space, encoder.model, encoder.fingerprint)


def _encoded(
    lines: Lines, encoder: CachedEncoder, limits: Limits, progress: Progress
) -> Iterator[Vectors]:
    """Vectors in the order of the lines, float32 (n, dim) at a time."""
    images = lines.modality is Modality.IMAGE
    size = IMAGES_AT_ONCE if images else TEXTS_AT_ONCE
    progress.stage("images" if images else "texts", len(lines.lines))
    for start in range(0, len(lines.lines), size):
        part: Sequence[int] = range(start, min(start + size, len(lines.lines)))
        if images:
            yield encoder.images([lines.image(i, limits) for i in part])
        else:
            yield encoder.texts([lines.lines[i] for i in part])
        progress.step(len(part))


def _write(out: Path, shape: tuple[int, int], batches: Iterator[Vectors]) -> None:
    """Batch by batch through a file: a memory map on a full disk ends the process instead."""
    header = {"descr": "<f4", "fortran_order": False, "shape": shape}
    scrap = scrap_path(out)
    try:
        with scrap.open("wb") as file:
            np.lib.format.write_array_header_1_0(file, header)
            for vectors in batches:
                file.write(vectors.astype("<f4").tobytes())
            file.flush()
            os.fsync(file.fileno())
        scrap.replace(out)
    finally:
        scrap.unlink(missing_ok=True)
    sync(out.parent)


def _check_out(out: Path) -> None:
    """Before hours of work. Raises BadQuery."""
    if out.is_dir():
        raise BadQuery(f"--out {out}: a folder; name a file")
    if not out.parent.is_dir():
        raise BadQuery(f"--out {out}: no such folder: {out.parent}")
