"""What decides which documents a file becomes and which vectors they get."""

from __future__ import annotations

import json
from hashlib import sha256

from indexer.building.batch import Models
from indexer.cache import Cache
from indexer.config import Settings
from indexer.encoders.base import Encoder, Space
from indexer.encoders.cached import CachedEncoder
from indexer.encoders.choose import clip_encoder, text_encoder
from indexer.lanes import CLIP, TEXT
from indexer.readers.base import READERS, Reader
from indexer.readers.cached import CachedReader
from indexer.store.manifest import Manifest

BUILDER = 5
"""Raised whenever the same files would give another index."""


class Recipe:
    """The models of a build, and hashes that tell whether another build had the same.

    `models` covers encoders, reader and this program: segments of another are of no use.
    `files(captions)` covers what makes documents of files as well.
    """

    def __init__(self, settings: Settings, live: Manifest | None, cache: Cache) -> None:
        """A model that the settings leave open is the one that the live generation has.

        Raises MissingModel or BadConfig.
        """
        self.settings = _as_indexed(settings, live)
        text = text_encoder(self.settings)
        clip = clip_encoder(self.settings)
        reader = _reader(self.settings)
        self.encoders = Models(
            text=CachedEncoder(text, cache),
            clip=CachedEncoder(clip, cache) if clip else None,
            reader=CachedReader(reader, cache) if reader else None,
        )
        self.spaces = {TEXT: _space(TEXT, text)} | ({CLIP: _space(CLIP, clip)} if clip else {})
        self.models = _hash(
            {
                "builder": BUILDER,
                "spaces": {name: space.fingerprint for name, space in self.spaces.items()},
                "reader": reader.fingerprint if reader else "",
            }
        )

    def files(self, captions: bool) -> str:
        settings = self.settings
        return _hash(
            {
                "models": self.models,
                "captions": captions,
                "chunking": settings.chunking.model_dump(),
                "tickets": settings.tickets.model_dump(),
                "limits": settings.limits.model_dump(),
            }
        )


def _as_indexed(settings: Settings, live: Manifest | None) -> Settings:
    chosen = settings.models.model_fields_set
    left_open = [name for name in (TEXT, CLIP) if name not in chosen]
    spaces = live.spaces if live else {}
    found = {
        name: f"{spaces[name].encoder}:{spaces[name].model}" for name in left_open if name in spaces
    }
    if live and CLIP in left_open and CLIP not in spaces:
        found[CLIP] = ""
    return settings.model_copy(update={"models": settings.models.model_copy(update=found)})


def _hash(facts: object) -> str:
    return sha256(json.dumps(facts, sort_keys=True, default=str).encode()).hexdigest()


def _reader(settings: Settings) -> Reader | None:
    name = settings.models.reader
    return READERS.get(name)(settings.threads, 1) if name else None


def _space(name: str, encoder: Encoder) -> Space:
    return Space(name, encoder.name, encoder.model, encoder.dim, encoder.fingerprint)
