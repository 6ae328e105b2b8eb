"""From a question to what each lane searches for."""

from __future__ import annotations

from collections.abc import Mapping
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
from indexer.images import decode
from indexer.lanes import CLIP, TEXT, WORDS
from indexer.language import detect_language, understood
from indexer.readers.cached import CachedReader
from indexer.records import Line, Vectors
from search.about import NO_CLIP
from search.query import Query

Vector = NDArray[np.float32]

NO_TEXT = "no text was found in the image"


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
class Prepared:
    """A question, ready for the lanes.

    `words` is all its text; `vectors` has one vector per space that can take part, of unit
    length unless an adapter scales it, and `off` the reason for each lane that cannot.
    """

    words: str
    lines: tuple[Line, ...]
    vectors: Mapping[str, Vector] = field(default_factory=dict)
    off: Mapping[str, str] = field(default_factory=dict)


class Preparer:
    """Reads the image of a question and encodes its parts."""

    def __init__(
        self,
        encoders: Mapping[str, Encoder],
        reader: CachedReader | None,
        limits: Limits,
        adapters: Mapping[str, Adapter] = MappingProxyType({}),
    ) -> None:
        self._encoders = encoders
        self._reader = reader
        self._limits = limits
        self._adapters = adapters

    def warm_up(self) -> None:
        """Create the sessions that a first question in words would wait for."""
        for encoder in self._encoders.values():
            encoder.encode_queries(["warm up"])

    def prepare(self, query: Query, watch: Stopwatch) -> Prepared:
        """Raises BadImage when the query's image is not one."""
        image = decode(query.image, self._limits) if query.image is not None else None
        watch.lap("decode")
        lines = self._read(query, image)
        watch.lap("read")
        read = "\n".join(line.text for line in lines)
        texts = [text for text in (query.text.strip(), read) if text]
        vectors: dict[str, Vector] = {}
        off: dict[str, str] = {}
        for name, encode in ((TEXT, self._text), (CLIP, self._clip)):
            found = encode(query, texts, image)
            if isinstance(found, str):
                off[name] = found
            else:
                vectors[name] = found
        if not texts:
            off[WORDS] = NO_TEXT
        watch.lap("encode")
        return Prepared("\n".join(texts), lines, vectors, off)

    def _read(self, query: Query, image: Image.Image | None) -> tuple[Line, ...]:
        if image is None or query.image is None or self._reader is None:
            return ()
        return self._reader.read([(content_key(query.image), image)])[0]

    def _text(self, query: Query, texts: list[str], image: Image.Image | None) -> Vector | str:
        """One vector for the question and the text read in its image, or why there is none."""
        encoder = self._encoders[TEXT]
        if not texts:
            return NO_TEXT
        words = "\n".join(texts)
        if not understood(words, encoder.languages):
            known = ", ".join(sorted(encoder.languages))
            language = detect_language(words)
            return f"{encoder.model} understands {known}, and the question is in {language}"
        vectors = encoder.encode_queries(texts)
        adapter = self._adapters.get(TEXT)
        if adapter is None or not query.text.strip():
            return _mean(vectors)
        # The question comes first; text read in an image is none, and nothing was learnt for it.
        vectors = np.concatenate([adapter.apply(vectors[:1]), vectors[1:]])
        return _mean(vectors) * np.float32(adapter.scale if len(vectors) == 1 else 1.0)

    def _clip(self, query: Query, texts: list[str], image: Image.Image | None) -> Vector | str:
        encoder = self._encoders.get(CLIP)
        if encoder is None:
            return NO_CLIP
        parts: list[Vectors] = []
        if image is not None:
            parts.append(encoder.encode_images([image]))
        if query.text.strip():
            parts.append(encoder.encode_queries([query.text.strip()]))
        return _mean(np.concatenate(parts))


def _mean(vectors: Vectors) -> Vector:
    """The unit vector between several; early fusion in its simplest form."""
    total: Vector = vectors.mean(axis=0)
    return total / max(float(np.linalg.norm(total)), 1e-12)
