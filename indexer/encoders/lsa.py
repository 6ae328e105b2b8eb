"""Latent semantic analysis: an encoder without weights, fitted to the texts of one index.

Deerwester et al., "Indexing by Latent Semantic Analysis" (JASIS 41(6), 1990): words that stand
in the same texts point the same way, which a truncated singular value decomposition of the
table of texts and words finds. It needs no network and knows no language; lsa_fit.py fits it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from safetensors import SafetensorError
from safetensors.numpy import load, save

from indexer.errors import BadConfig, BadQuery
from indexer.records import Modality, Vectors
from indexer.store.analysis import tokens
from indexer.store.durable import sha256_bytes
from indexer.store.han import HAN

LSA = "lsa"
"""The encoder, its only model, and the space of the chunks that the text encoder cannot read."""

_BETWEEN = "\n"


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """What was learnt from texts.

    `directions`, float32 (len(words), dim), says where each word points, and how much it says.
    `fitted` is the number of texts that there were.
    """

    words: tuple[str, ...]
    directions: NDArray[np.float32]
    fitted: int

    def to_bytes(self) -> bytes:
        """As safetensors, directions in half precision."""
        joined = _BETWEEN.join(self.words).encode()
        return save(
            {
                "words": np.frombuffer(joined, np.uint8),
                "directions": np.ascontiguousarray(self.directions, np.float16),
                "fitted": np.array([self.fitted], np.int64),
            }
        )

    @classmethod
    def from_bytes(cls, data: bytes) -> Fit:
        """Raises ValueError where `data` is not a fit."""
        try:
            found = load(data)
            joined = found["words"].tobytes().decode()
            directions = found["directions"].astype(np.float32)
            fitted = int(found["fitted"][0])
        except (SafetensorError, KeyError, IndexError) as error:
            raise ValueError(f"not a fit of lsa: {error}") from error
        words = tuple(joined.split(_BETWEEN)) if joined else ()
        if directions.ndim != 2 or len(directions) != len(words):
            raise ValueError(f"not a fit of lsa: {len(words)} words, {directions.shape} directions")
        return cls(words, directions, fitted)


class LsaEncoder:
    """Texts → unit vectors by a fit. A text without any word of the fit has a vector of zeros.

    `fingerprint` is the SHA-256 (hex) of the fit as it is stored: vectors of two fits never
    compare.
    """

    name = LSA
    model = LSA
    modalities = frozenset({Modality.TEXT})
    languages = frozenset[str]()

    def __init__(self, data: bytes) -> None:
        """`data` is `Fit.to_bytes()`. Raises ValueError where it is not."""
        fit = Fit.from_bytes(data)
        self.fingerprint = sha256_bytes(data)
        self.dim = int(fit.directions.shape[1])
        self._directions = fit.directions
        self._rows = {word: row for row, word in enumerate(fit.words)}

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """Questions → float32 (n, dim), unit length or zeros."""
        return self.encode_texts(texts)

    def encode_texts(self, texts: Sequence[str]) -> Vectors:
        """Passages → float32 (n, dim), unit length or zeros."""
        vectors = np.zeros((len(texts), self.dim), np.float32)
        for vector, text in zip(vectors, texts, strict=True):
            counts = Counter(word for word in terms(text) if word in self._rows)
            if counts:
                rows = [self._rows[word] for word in counts]
                vector[:] = local_weights(list(counts.values())) @ self._directions[rows]
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        found: Vectors = vectors / np.maximum(lengths, np.float32(1e-12))
        return found

    def encode_images(self, images: Sequence[Image.Image]) -> Vectors:
        """Always raises BadQuery: it reads text only."""
        raise BadQuery("lsa encodes text only; images need a CLIP model")


def unfitted(model: str, cache: Path, threads: int) -> NoReturn:
    """What ENCODERS makes of lsa without an index. Raises BadConfig."""
    raise BadConfig("models.text = lsa: is fitted to each index; name an index, or another model")


def terms(text: str) -> list[str]:
    """What counts as a word: those of the words lane, and each character of a Chinese word.

    Characters bring 断网 and 网络 together where too few texts have both (words and characters
    together do best: Nie et al., "On the Use of Words and N-grams for Chinese Information
    Retrieval", IRAL 2000).
    """
    words = tokens(text)
    return words + [one for word in words if len(word) > 1 and HAN.fullmatch(word) for one in word]


def local_weights(counts: Sequence[int]) -> NDArray[np.float32]:
    """1 + log(times a word stands in a text), float32 (n,)."""
    weights: NDArray[np.float32] = 1 + np.log(np.asarray(counts, np.float32))
    return weights
