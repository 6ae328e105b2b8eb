"""The contract of readers that hear, and its registry."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

from indexer.cache import Cache
from indexer.config import Settings
from indexer.records import Heard
from indexer.registry import Registry
from indexer.sound import Sound

CACHED = "speech/"
"""How the kind of everything begins in the cache that was made of a domain: it has its words."""


@dataclass(frozen=True, slots=True)
class Domain:
    """What will be spoken of: the texts of an index.

    `key` names them, so that what is made of them can be cached. `heads` gives titles and
    headings, each once; `passages` what stands under them.
    """

    key: str
    heads: Callable[[], Iterable[str]]
    passages: Callable[[], Iterable[str]]


class SpeechReader(Protocol):
    """Finds words in recordings. Safe to call from several threads at once."""

    def hear(self, sound: Sound) -> tuple[Heard, ...]:
        """A recording → its readings, likeliest first; none where no words were heard."""
        ...


SpeechMaker = Callable[[str, Domain, Settings, Cache], SpeechReader]
"""(model, domain, settings, cache) → reader. Loads nothing before it is used.

Raises BadConfig or MissingModel."""

SPEECH_READERS: Registry[SpeechMaker] = Registry("speech reader")
SPEECH_READERS.register("pocketsphinx", "indexer.readers.sphinx:SphinxReader")
SPEECH_READERS.register("whisper", "indexer.readers.whisper:WhisperReader")


def speech_reader_of(domain: Domain, settings: Settings, cache: Cache) -> SpeechReader | None:
    """The reader that the settings name as `NAME` or `NAME:MODEL`, None where they name none.

    Raises UnknownName, BadConfig or MissingModel.
    """
    if not settings.models.speech:
        return None
    name, _, model = settings.models.speech.partition(":")
    return SPEECH_READERS.get(name)(model, domain, settings, cache)
