"""Fitting a space anew to what an index holds by now, and all its vectors with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np

from indexer.encoders.base import Space
from indexer.encoders.lsa import LSA, LsaEncoder
from indexer.errors import IndexDamaged
from indexer.lanes import TEXT, passage
from indexer.store.fits import fitted_space, fitted_texts
from indexer.store.manifest import Manifest, SegmentInfo, damaged, read_segment_info
from indexer.store.sealed import Segment
from indexer.store.segment import SegmentWriter
from indexer.store.vectors import Rows

GROWTH = 1.5
"""Texts beyond this multiple of those fitted to have words that the fit knows nothing of."""

_BATCH = 500
"""Documents read at once."""

_DROPPED = -1


@dataclass(frozen=True, slots=True)
class Fitted:
    """A space with the vectors of its chunks; `data` is its fit where that is a new one."""

    space: Space
    data: bytes = b""


def is_outgrown(root: Path, manifest: Manifest) -> bool:
    """Whether a generation has so many texts more than its fit that one anew is due."""
    space = fitted_space(manifest.spaces.values())
    if space is None:
        return False
    try:
        infos = [read_segment_info(root, ref) for ref in manifest.segments]
        return sum(fittable(space.name, info) for info in infos) > GROWTH * fitted_texts(
            root, space
        )
    except IndexDamaged:
        return False  # verifying says so, and repairing fits anew


def fittable(space: str, info: SegmentInfo) -> int:
    """How many chunks of a segment a fitted space is for: all, or those without a text vector."""
    understood = info.spaces.get(TEXT) if space != TEXT else None
    return info.chunks - (understood.count if understood else 0)


def concerned(root: Path, manifest: Manifest, space: str) -> set[str]:
    """The segments with chunks that a fitted space is for. Raises IndexDamaged."""
    infos = [read_segment_info(root, ref) for ref in manifest.segments]
    return {info.id for info in infos if fittable(space, info) or space in info.spaces}


def encode(
    space: str,
    encoder: LsaEncoder | None,
    rows: Sequence[int],
    texts: Sequence[str],
    writer: SegmentWriter,
) -> Fitted:
    """Give chunks their vectors in a fitted space; without an encoder it is fitted to `texts`.

    A text without a word that the fit knows gets none.
    """
    data = b""
    if encoder is None:
        from indexer.encoders.lsa_fit import fit  # two seconds that a change without it saves

        data = fit(texts).to_bytes()
        encoder = LsaEncoder(data)
    vectors = encoder.encode_texts(texts)
    known = np.flatnonzero(vectors.any(axis=1))
    if len(known):
        writer.add_vectors(space, np.asarray(rows, np.int64)[known], vectors[known])
    return Fitted(Space(space, LSA, LSA, encoder.dim, encoder.fingerprint), data)


def encode_anew(
    root: Path,
    space: str,
    sources: Sequence[Segment],
    rows: Mapping[str, Rows],
    writer: SegmentWriter,
) -> Fitted | None:
    """Fit a space to the chunks copied from `sources`, and give them their vectors.

    `rows` maps the id of each to the new row of each row, negative for dropped ones. None where
    no chunk is left that the space is for. Raises IndexDamaged.
    """
    found: dict[int, str] = {}
    for source in sources:
        moved = rows[source.info.id]
        has_text = source.spaces[TEXT].rows if space != TEXT and TEXT in source.spaces else ()
        wanted = set(np.setdiff1d(np.flatnonzero(moved != _DROPPED), has_text).tolist())
        for row, text in _passages(root, source, wanted):
            found[int(moved[row])] = text
    if not found:
        return None
    return encode(space, None, list(found), list(found.values()), writer)


def _passages(root: Path, source: Segment, wanted: Set[int]) -> list[tuple[int, str]]:
    """What the encoder sees of these rows of a segment."""
    found: list[tuple[int, str]] = []
    for first in range(0, source.info.documents, _BATCH):
        last = min(first + _BATCH, source.info.documents)
        if wanted.isdisjoint(range(source.rows_of(first).start, source.rows_of(last - 1).stop)):
            continue
        try:
            documents = source.catalog.read(first, last)
        except duckdb.Error as error:
            raise damaged(root, source.catalog.path, "cannot be read") from error
        for document in documents:
            places = source.rows_of(document.number)
            found += [
                (row, passage(document.document.title, chunk))
                for row, (chunk, _) in zip(places, document.chunks, strict=True)
                if row in wanted
            ]
    return found
