"""Comparing an index with what it has to hold, in every lane."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from benchmarks.kill.models import markers_in
from benchmarks.kill.truth import State
from indexer.encoders.base import Encoder
from indexer.errors import TriptychError
from indexer.lanes import CLIP, TEXT, passage, shared_space_text
from indexer.records import Chunk, Modality, StoredChunk
from indexer.store.index import Index
from indexer.store.verify import verify

SAMPLED = 40
"""Documents and deleted markers that are looked for by vector each time."""

_K = 10


@dataclass(frozen=True, slots=True)
class Failure:
    """`kind` is one of KINDS; `what` a sentence."""

    kind: str
    what: str


KINDS = (
    "does not open",
    "verify faults",
    "lost documents",
    "resurrected documents",
    "not found in a lane",
    "deleted, and found in a lane",
    "operation failed",
    "work repeated beyond a batch",
    "failed reader requests",
    "mixed reader answers",
)


def markers_of(chunk: StoredChunk) -> frozenset[str]:
    """The markers of a chunk, its title's included."""
    lines = [line.text for line in chunk.lines]
    return markers_in(
        "\n".join([chunk.title, *chunk.place.heading, chunk.text, chunk.context, *lines])
    )


def observe(index: Index) -> State:
    """What an index holds: the markers of every live document."""
    found: dict[tuple[str, str], frozenset[str]] = defaultdict(frozenset)
    for document in index.documents():
        found[document.source, document.path] = frozenset()
    for chunk in index.get(index.ids()):
        found[chunk.source, chunk.document] |= markers_of(chunk)
    return dict(found)


def compare(found: State, allowed: Sequence[State]) -> Iterator[Failure]:
    """Nothing where the documents are exactly those of one allowed state."""
    if any(found == state for state in allowed):
        return

    def differences(state: State) -> int:
        return sum(found.get(key) != state.get(key) for key in found.keys() | state.keys())

    nearest = min(allowed, key=differences)
    for key in sorted(found.keys() | nearest.keys()):
        has, wants = found.get(key), nearest.get(key)
        if has is None:
            yield Failure("lost documents", f"{key} is gone")
        elif wants is None:
            yield Failure("resurrected documents", f"{key} is there")
        elif has != wants:
            text = f"{key} has {sorted(has - wants)} and lacks {sorted(wants - has)}"
            yield Failure("lost documents" if wants - has else "resurrected documents", text)


class Inspector:
    """Looks into one index again and again. `encoder` is that of its text space."""

    def __init__(self, root: Path, encoder: Encoder, by_marker: bool, rng: Random) -> None:
        self._root = root
        self._encoder = encoder
        self._by_marker = by_marker
        self._rng = rng

    def inspect(
        self, allowed: Sequence[State], retired: Iterable[str]
    ) -> tuple[State | None, list[Failure]]:
        """What the index holds, and all that is wrong with it.

        It has to be one of the `allowed` states, and none of the `retired` markers beyond
        those may be found.
        """
        failures = list(self._faults())
        try:
            with Index.open(self._root) as index:
                found = observe(index)
                failures += compare(found, allowed)
                live = frozenset().union(*found.values())
                failures += self._lanes(index, found)
                failures += self._dead(index, sorted(set(retired) - live))
                return found, failures
        except (TriptychError, OSError) as error:
            return None, [*failures, Failure("does not open", f"{type(error).__name__}: {error}")]

    def _faults(self) -> Iterator[Failure]:
        try:
            for fault in verify(self._root):
                yield Failure("verify faults", f"{fault.path}: {fault.reason}")
        except TriptychError as error:
            yield Failure("verify faults", str(error))

    def _lanes(self, index: Index, found: State) -> Iterator[Failure]:
        """Every document by its words, some by their vectors."""
        for key, markers in found.items():
            for marker in sorted(markers)[:1]:
                ids = [scored.id for scored in index.words(marker, _K, None)]
                if key not in {(hit.source, hit.document) for hit in index.get(ids)}:
                    yield Failure("not found in a lane", f"words: {marker} of {key}")
        ids = index.ids()
        for chunk in index.get(self._rng.sample(ids, min(SAMPLED, len(ids)))):
            yield from self._vectors(index, chunk)

    def _vectors(self, index: Index, chunk: StoredChunk) -> Iterator[Failure]:
        """The text or picture of a chunk has to lead to its document in every space."""
        said = Chunk(chunk.modality, chunk.place, chunk.text)
        if chunk.modality is Modality.IMAGE:
            texts = {CLIP: " ".join(line.text for line in chunk.lines)}
        else:
            texts = {
                TEXT: passage(chunk.title, said),
                CLIP: shared_space_text(chunk.title, said),
            }
        for space, text in texts.items():
            if space in index.spaces:
                [vector] = self._encoder.encode_texts([text])
                [hit] = index.get([scored.id for scored in index.nearest(space, vector, 1, None)])
                if (hit.source, hit.document) != (chunk.source, chunk.document):
                    what = f"{space}: chunk {chunk.id} of {chunk.document}"
                    yield Failure("not found in a lane", what)

    def _dead(self, index: Index, retired: Sequence[str]) -> Iterator[Failure]:
        for marker in retired:
            if index.words(marker, _K, None):
                yield Failure("deleted, and found in a lane", f"words: {marker}")
        if not self._by_marker:
            return
        for marker in self._rng.sample(retired, min(SAMPLED, len(retired))):
            for space in (TEXT, CLIP):
                if any(marker in markers_of(hit) for hit in self._near(index, space, marker)):
                    yield Failure("deleted, and found in a lane", f"{space}: {marker}")

    def _near(self, index: Index, space: str, marker: str) -> list[StoredChunk]:
        [vector] = self._encoder.encode_queries([marker])
        return index.get([scored.id for scored in index.nearest(space, vector, _K, None)])
