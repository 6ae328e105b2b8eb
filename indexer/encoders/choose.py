"""Which encoder the settings ask for, and which one an index was made with."""

from __future__ import annotations

import os
from pathlib import Path

from indexer.config import Settings
from indexer.encoders.base import ENCODERS, Encoder, Space
from indexer.encoders.known import full_name
from indexer.encoders.lsa import LSA
from indexer.errors import IndexMismatch
from indexer.store.fits import open_fit

TEXT_ENCODER = "sentence-transformers"
CLIP_ENCODER = "open_clip"


def text_encoder(settings: Settings) -> Encoder:
    """The sentence encoder. Raises MissingModel or BadConfig."""
    return _make(TEXT_ENCODER, settings.models.text, settings)


def clip_encoder(settings: Settings) -> Encoder | None:
    """The encoder of the shared space, None where no weights are given."""
    if not settings.models.clip:
        return None
    return _make(CLIP_ENCODER, settings.models.clip, settings)


def is_lsa(model: str) -> bool:
    """Whether a model reference means the encoder that is fitted to each index."""
    return canonical(model)[0] == LSA


def encoder_of(space: Space, settings: Settings, root: Path) -> Encoder:
    """The encoder that made `space` of the index at `root`.

    Raises IndexMismatch when the weights of that name are others by now, naming both, and
    IndexDamaged for a fit that is not as it was.
    """
    if space.encoder == LSA:
        return open_fit(root, space)
    encoder = _make(space.encoder, space.model, settings)
    if encoder.fingerprint != space.fingerprint or encoder.dim != space.dim:
        raise IndexMismatch(
            f"the index's {space.name} space was made with {space.model} "
            f"(fingerprint {space.fingerprint[:12]}, {space.dim} dimensions), but {encoder.model} "
            f"on this machine is {encoder.fingerprint[:12]}, {encoder.dim} dimensions; "
            "bring the model back, or rebuild with: triptych index SOURCE --into DIR"
        )
    return encoder


def canonical(model: str) -> tuple[str, str]:
    """A model reference as (encoder, model), its path absolute wherever it names one.

    The encoder is empty unless the reference carries one, as in `fake:demo`. An index keeps
    the absolute path, so that it opens from any working folder.
    """
    if model == LSA:
        return LSA, LSA
    prefix, colon, rest = model.partition(":")
    if colon and prefix in ENCODERS.names():
        return prefix, _absolute(rest)
    return "", _absolute(model)


def _absolute(model: str) -> str:
    prefix, _, path = model.partition(":")
    if path and prefix == "local-dir":
        return f"local-dir:{Path(path).expanduser().resolve()}"
    architecture, at, path = model.partition("@")
    return f"{architecture}@{Path(path).expanduser().resolve()}" if at else full_name(model)


def _make(name: str, model: str, settings: Settings) -> Encoder:
    named, model = canonical(model)
    if settings.offline:
        os.environ["HF_HUB_OFFLINE"] = "1"  # the hub library's own switch; exports inherit it
    return ENCODERS.get(named or name)(model, settings.cache, settings.threads)
