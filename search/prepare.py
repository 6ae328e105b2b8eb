"""From a question to what each lane searches for."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from time import perf_counter
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from indexer.adapter import Adapter
from indexer.cache import content_key
from indexer.config import Limits
from indexer.encoders.base import Encoder
from indexer.encoders.lsa import LSA
from indexer.images import decode, middle_frame
from indexer.lanes import CLIP, LANES, TEXT, WORDS
from indexer.language import detect_language, understood
from indexer.readers.cached import CachedReader
from indexer.readers.frames import Frames, read_frames
from indexer.records import Heard, Line, Modality, Vectors
from indexer.store.centres import unit
from search.about import NO_CLIP
from search.query import Query
from search.ticket_text import readings

Vector = NDArray[np.float32]

NO_TEXT = "no text was found in the image"

NO_WORD = "no passage has a word of the question"

NO_WEIGHT = "its weight in the settings is 0"

ONLY_TEXT = "all chunks are text, which the text lane ranks"


class Stopwatch:
    """Milliseconds spent in each named stage."""

    def __init__(self) -> None:
        self.took_ms: dict[str, float] = {}
        self._last = perf_counter()

    def lap(self, stage: str) -> None:
        """Book the time since the last lap on `stage`."""
        now = perf_counter()
        self.took_ms[stage] = self.took_ms.get(stage, 0.0) + (now - self._last) * 1000
        self._last = now


@dataclass(frozen=True, slots=True)
class Looked:
    """The image of a question: decoded, what is read in it, and its unit vector (dim,) of the
    shared space. Nothing of it depends on the words asked with it."""

    image: Image.Image | None = None
    lines: tuple[Line, ...] = ()
    vector: Vector | None = None


@dataclass(frozen=True, slots=True)
class Prepared:
    """A question, ready for the lanes.

    `words` is all its text, `typed` what of it was not read in its image. `vector` is that of
    the text lane (dim,), of unit length unless an adapter scales it; where the text encoder does
    not understand it, `fallback` (dim,) is that of the space fitted to what it does not
    understand. `parts` are unit vectors (dim,) of the shared space, one for each modality of the
    query; `off` is the reason for each lane that cannot take part. `image` is the query's, decoded.
    """

    words: str
    lines: tuple[Line, ...]
    image: Image.Image | None = None
    vector: Vector | None = None
    fallback: Vector | None = None
    parts: Mapping[Modality, Vector] = field(default_factory=dict)
    off: Mapping[str, str] = field(default_factory=dict)
    typed: str = ""


class Preparer:
    """Reads the image of a question and encodes its parts.

    `modalities` are those of the chunks that are searched.
    """

    def __init__(
        self,
        encoders: Mapping[str, Encoder],
        reader: CachedReader | None,
        limits: Limits,
        adapters: Mapping[str, Adapter] = MappingProxyType({}),
        modalities: Collection[Modality] = frozenset(Modality),
    ) -> None:
        self._encoders = encoders
        self._reader = reader
        self._limits = limits
        self._adapters = adapters
        self._only_text = set(modalities) == {Modality.TEXT}

    def warm_up(self) -> None:
        """Create the sessions that a first question in words would wait for."""
        for encoder in self._encoders.values():
            encoder.encode_queries(["warm up"])

    def look(
        self, query: Query, watch: Stopwatch, weights: Mapping[str, float] = MappingProxyType({})
    ) -> Looked:
        """Decode and read the query's image, if any. Raises BadImage where it is none."""
        if query.image is None:
            return Looked()
        image = decode(query.image, self._limits)
        watch.lap("decode")
        lines = self._read(query.image, image)
        watch.lap("read")
        encoder = self._encoders.get(CLIP)
        vector: Vector | None = None
        if encoder is not None and weights.get(CLIP, 1.0) != 0:
            vector = encoder.encode_images([image])[0]
            watch.lap("encode")
        return Looked(image, lines, vector)

    def prepare(
        self,
        query: Query,
        looked: Looked,
        weights: Mapping[str, float] = MappingProxyType({}),
        heard: Sequence[Heard] = (),
    ) -> Prepared:
        """`looked` is what `look` makes of the query. A lane of weight 0 takes no part.

        Where the query ends with the first of several readings of a recording, all `heard` are
        encoded, and the mean of their vectors counts.
        """
        read = "\n".join(line.text for line in looked.lines)
        texts = [text for text in (query.text.strip(), read) if text]
        off: dict[str, str] = {}
        idle = {lane for lane in LANES if weights.get(lane, 1.0) == 0}
        vector = NO_WEIGHT if TEXT in idle else self._text(query, texts, heard)
        fallback = None if TEXT in idle else self._fallback(texts)
        if isinstance(vector, str) and fallback is None:
            off[TEXT] = vector
        parts = NO_WEIGHT if CLIP in idle else self._parts(query, looked, TEXT not in off)
        if isinstance(parts, str):
            off[CLIP] = parts
        if WORDS in idle:
            off[WORDS] = NO_WEIGHT
        elif not texts:
            off[WORDS] = NO_TEXT
        return Prepared(
            words="\n".join(texts),
            lines=looked.lines,
            image=looked.image,
            vector=None if isinstance(vector, str) else vector,
            fallback=fallback,
            parts={} if isinstance(parts, str) else parts,
            off=off,
            typed=query.text.strip(),
        )

    def _read(self, data: bytes, image: Image.Image) -> tuple[Line, ...]:
        """The lines of an image; of a screen recording those of its first and middle frames."""
        if self._reader is None:
            return ()
        key = content_key(data)
        frames = {key: Frames(image, middle_frame(data, self._limits))}
        return read_frames(self._reader, frames)[key]

    def _text(self, query: Query, texts: list[str], heard: Sequence[Heard]) -> Vector | str:
        """One vector for the question and the text read in its image, or why there is none."""
        encoder = self._encoders[TEXT]
        if not texts:
            return NO_TEXT
        words = "\n".join(texts)
        if not understood(words, encoder.languages):
            known = ", ".join(sorted(encoder.languages))
            language = detect_language(words)
            return f"{encoder.model} understands {known}, and the question is in {language}"
        typed = readings(query.text) if query.text.strip() else []
        others = [query.text.removesuffix(heard[0].text) + one.text for one in heard[1:]]
        vectors = encoder.encode_queries([*others, *typed, *texts[bool(typed) :]])
        if not vectors.any():
            return NO_WORD
        if others:
            several = len(others) + len(typed)
            vectors = np.concatenate([_mean(vectors[:several])[None], vectors[several:]])
            typed = typed[:1]
        adapter = self._adapters.get(TEXT)
        if adapter is None or not typed:
            return _mean(vectors)
        # The question comes first; text read in an image is none, and nothing was learnt for it.
        own = len(typed)
        vectors = np.concatenate([adapter.apply(vectors[:own]), vectors[own:]])
        return _mean(vectors) * np.float32(adapter.scale if len(vectors) == own else 1.0)

    def _fallback(self, texts: list[str]) -> Vector | None:
        """One vector for what the text encoder does not understand, where something does."""
        encoder = self._encoders.get(LSA)
        words = "\n".join(texts)
        if encoder is None or not words or understood(words, self._encoders[TEXT].languages):
            return None
        vectors = encoder.encode_queries(texts)
        return _mean(vectors) if vectors.any() else None

    def _parts(self, query: Query, looked: Looked, ranked: bool) -> dict[Modality, Vector] | str:
        """The parts of the query in the shared space, or why there are none.

        `ranked` says whether the text lane takes part.
        """
        encoder = self._encoders.get(CLIP)
        if encoder is None:
            return NO_CLIP
        if self._only_text and looked.image is None and ranked:
            return ONLY_TEXT
        parts: dict[Modality, Vector] = {}
        if looked.vector is not None:
            parts[Modality.IMAGE] = looked.vector
        if query.text.strip():
            parts[Modality.TEXT] = encoder.encode_queries([query.text.strip()])[0]
        return parts


def _mean(vectors: Vectors) -> Vector:
    """The unit vector between several (n, dim)."""
    total: Vector = vectors.mean(axis=0)
    return unit(total)
