"""What decides which documents a file becomes and which vectors they get."""

from __future__ import annotations

import json
from hashlib import sha256

from indexer.building.batch import Models
from indexer.cache import Cache
from indexer.config import Settings
from indexer.encoders.base import Encoder, Space
from indexer.encoders.cached import CachedEncoder
from indexer.encoders.choose import clip_encoder, is_lsa, text_encoder
from indexer.encoders.lsa import LSA
from indexer.errors import BadConfig
from indexer.lanes import CLIP, TEXT
from indexer.readers.base import READERS, Reader
from indexer.readers.cached import CachedReader
from indexer.regions.cached import CachedFeatures
from indexer.store.manifest import Manifest

BUILDER = 7
"""Raised whenever the same files would give another index."""


class Recipe:
    """The models of a build, and hashes that tell whether another build had the same.

    `spaces` are those of encoders that need no index; the fitted one comes from building.
    `models` covers encoders, reader and this program: segments of another are of no use.
    `files(captions)` covers what makes documents of files as well.
    """

    def __init__(self, settings: Settings, live: Manifest | None, cache: Cache) -> None:
        """A model that the settings leave open is the one that the live generation has.

        Raises MissingModel or BadConfig.
        """
        self.settings = _as_indexed(settings, live)
        own = is_lsa(self.settings.models.text)
        text = None if own else text_encoder(self.settings)
        clip = clip_encoder(self.settings)
        reader = _reader(self.settings)
        fallback = _fallback(self.settings)
        self.encoders = Models(
            text=CachedEncoder(text, cache) if text else None,
            clip=CachedEncoder(clip, cache) if clip else None,
            reader=CachedReader(reader, cache) if reader else None,
            regions=CachedFeatures(cache, self.settings.threads),
            fitted=TEXT if own else LSA if fallback and text and text.languages else "",
        )
        encoders = {TEXT: text, CLIP: clip}
        self.spaces = {name: _space(name, one) for name, one in encoders.items() if one}
        fingerprints = {name: space.fingerprint for name, space in self.spaces.items()}
        facts = {
            "builder": BUILDER,
            "spaces": fingerprints | ({TEXT: LSA} if own else {}),
            "reader": reader.fingerprint if reader else "",
        }
        if text and text.languages and not fallback:
            facts["fallback"] = ""
        self.models = _hash(facts)

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


def _fallback(settings: Settings) -> bool:
    """Whether chunks beyond the text encoder's languages are encoded. Raises BadConfig."""
    name = settings.models.fallback
    if name and not is_lsa(name):
        raise BadConfig(f"models.fallback = {name}: unknown; write lsa, or nothing for none")
    return bool(name)


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
