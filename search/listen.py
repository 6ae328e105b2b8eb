"""From a spoken question to its words."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace

from indexer.cache import Cache, content_key
from indexer.config import Settings
from indexer.errors import BadQuery, BadSound
from indexer.readers.speech import Domain, SpeechReader, speech_reader_of
from indexer.records import Heard, StoredChunk
from indexer.sound import decode_sound
from indexer.store.index import Index
from search.query import Query

TURNED_OFF = 'spoken questions are turned off; set models.speech = "pocketsphinx", or type'

NO_WORDS = "no words were heard in the recording; speak nearer to the microphone, or type"

_BATCH = 2000


class Listener:
    """Hears questions about one index, with its words in mind. Safe for several threads."""

    def __init__(self, index: Index, settings: Settings, cache: Cache) -> None:
        self._index = index
        self._settings = settings
        self._cache = cache
        self._lock = threading.Lock()
        self._made: SpeechReader | None = None

    def listen(self, query: Query) -> tuple[Heard, ...]:
        """The readings of the query's recording, likeliest first; none without a recording.

        Raises BadSound where it is none, or where nothing else is asked and no words are heard;
        BadQuery, UnknownName, BadConfig or MissingModel where nothing can hear it.
        """
        if query.voice is None:
            return ()
        if not self._settings.models.speech:
            raise BadQuery(TURNED_OFF)
        heard = self._reader().hear(decode_sound(query.voice, self._settings.limits))
        if not heard and not query.text.strip() and query.image is None:
            raise BadSound(NO_WORDS)
        return heard

    def _reader(self) -> SpeechReader:
        with self._lock:
            if self._made is None:
                domain = Domain(content_of(self._index), self._heads, self._passages)
                self._made = speech_reader_of(domain, self._settings, self._cache)
                assert self._made is not None
            return self._made

    def _heads(self) -> Iterator[str]:
        heads: dict[str, None] = {}
        for chunk in self._chunks():
            heads.update(dict.fromkeys((chunk.title, *chunk.place.heading)))
        return iter(heads)

    def _passages(self) -> Iterator[str]:
        return (chunk.text for chunk in self._chunks() if chunk.text)

    def _chunks(self) -> Iterator[StoredChunk]:
        ids = self._index.ids()
        for start in range(0, len(ids), _BATCH):
            yield from self._index.get(ids[start : start + _BATCH])


def spoken(query: Query, heard: tuple[Heard, ...]) -> Query:
    """The query with the likeliest reading of its recording as if it had been typed."""
    words = [query.text.strip(), *(one.text for one in heard[:1])]
    return replace(query, text="\n".join(filter(None, words))) if heard else query


def content_of(index: Index) -> str:
    """A name (hex) of what an index holds: its segments and what is deleted of them."""
    manifest = index.manifest
    held = [(one.sha256, *manifest.tombstones.get(one.id, ())) for one in manifest.segments]
    return content_key(repr(sorted(held)))
