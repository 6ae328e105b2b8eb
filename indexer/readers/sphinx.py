"""English speech by PocketSphinx, whose language model is made of the texts of the index."""

from __future__ import annotations

import threading
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import version
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pocketsphinx
from numpy.typing import NDArray

from indexer.cache import Cache, content_key
from indexer.config import Settings
from indexer.readers.phrases import OPENINGS, phrases
from indexer.readers.pronounce import Pronouncer
from indexer.readers.speech import CACHED, Domain
from indexer.readers.trigrams import END, Trigrams
from indexer.records import Heard, Span
from indexer.sound import RATE, Sound

_REVISION = 1
"""Raised by a change here that makes another language model of the same texts."""

_HEADS, _OPENINGS = 5.0, 3.0
"""What a title or heading, and the beginning of a question, count for beside a sentence."""

_WORDS = 20_000
"""Most words of a language model: the commonest of the index."""

_UNSEEN = 1e-7
"""Probability of a word that the general model lacks."""

_READINGS = 5
_TRIED = 100
"""Paths through the lattice that are looked at for so many readings that differ in words.

Of 50 StackFAQ questions, spoken, the text lane finds .60 first and .80 among five by five
readings, .54 and .72 by the best, .58 and .78 by ten.
"""

_PAUSE = 0.3
_LOUDNESS = 0.05
_NOISE = 0.001
"""Seconds of quiet around a recording, its root mean square, and that of the noise under it.

Features of perfect silence are no numbers that the model has met, and the first frames go to
its estimate of the channel: without this the first words of clean recordings are lost.
"""

_NAME = "index"


class SphinxReader:
    """One decoder, used by one thread at a time.

    Its vocabulary is that of the index. The acoustic model, the pronouncing dictionary and the
    probabilities of words by themselves are those that come with the package. Source:
    Huggins-Daines et al., "Pocketsphinx: A Free, Real-Time Continuous Speech Recognition System
    for Hand-Held Devices" (ICASSP 2006).
    """

    def __init__(self, model: str, domain: Domain, settings: Settings, cache: Cache) -> None:
        """`model` is empty: there is one."""
        self._domain = domain
        self._cache = cache
        self._lock = threading.Lock()
        self._decoder: pocketsphinx.Decoder | None = None

    def hear(self, sound: Sound) -> tuple[Heard, ...]:
        """See SpeechReader."""
        samples = prepared_samples(sound)
        if samples is None:
            return ()
        with self._lock:
            decoder = self._ready()
            decoder.start_utt()
            decoder.process_raw(samples.tobytes(), full_utt=True)
            decoder.end_utt()
            return _readings(decoder)

    def _ready(self) -> pocketsphinx.Decoder:
        if self._decoder is None:
            pocketsphinx.set_loglevel("FATAL")
            known = _dictionary()
            decoder = pocketsphinx.Decoder(lm=None)
            arpa = self._language_model(known)
            pronounce = Pronouncer(known)
            for word in _words_of(arpa):
                if word not in known:
                    decoder.add_word(word, pronounce(word), False)
            with TemporaryDirectory() as folder:
                path = Path(folder) / "index.arpa"
                path.write_text(arpa)
                model = pocketsphinx.NGramModel(decoder.config, decoder.get_logmath(), str(path))
            decoder.add_lm(_NAME, model)
            decoder.activate_search(_NAME)
            self._decoder = decoder
        return self._decoder

    def _language_model(self, known: Mapping[str, str]) -> str:
        """That of the domain, from the cache or made now."""
        kind = f"{CACHED}pocketsphinx {version('pocketsphinx')}/{_REVISION}"
        key = content_key(self._domain.key)
        if packed := self._cache.get(kind, [key]).get(key):
            return zlib.decompress(packed).decode()
        arpa = _model_of(self._domain, known).to_arpa()
        self._cache.put(kind, {key: zlib.compress(arpa.encode(), 1)})
        return arpa


def _model_of(domain: Domain, known: Mapping[str, str]) -> Trigrams:
    said = [
        (words, weight)
        for texts, weight in (
            (OPENINGS, _OPENINGS),
            (domain.heads(), _HEADS),
            (domain.passages(), 1.0),
        )
        for text in texts
        for words in phrases(text, known)
    ]
    counts = Counter(word for words, _ in said for word in words)
    pronounce = Pronouncer(known)
    common = [word for word, _ in counts.most_common(_WORDS) if pronounce(word)]
    general = _general([*common, END])
    return Trigrams([([w for w in words if w in general], n) for words, n in said], general)


def _general(words: Sequence[str]) -> dict[str, float]:
    """The probability of each word in general English, for these to add up to 1."""
    config, base = pocketsphinx.Config(), pocketsphinx.LogMath()
    path = pocketsphinx.get_model_path("en-us/en-us.lm.bin")
    stock = pocketsphinx.NGramModel(config, base, path)
    found = {word: max(base.exp(stock.prob([word])), _UNSEEN) for word in words}
    total = sum(found.values())
    return {word: probability / total for word, probability in found.items()}


def _dictionary() -> dict[str, str]:
    """Word → phones: of several ways to say it, the first."""
    path = Path(pocketsphinx.get_model_path("en-us/cmudict-en-us.dict"))
    entries = (line.partition(" ") for line in path.read_text("utf-8").splitlines())
    return {word: phones for word, _, phones in entries if not word.endswith(")")}


def _words_of(arpa: str) -> Iterator[str]:
    """The words of the first section of a language model."""
    section = arpa.partition("\\1-grams:\n")[2].partition("\n\n")[0]
    words = (line.split("\t")[1] for line in section.splitlines())
    return (word for word in words if not word.startswith("<"))


def prepared_samples(sound: Sound) -> NDArray[np.int16] | None:
    """The recording at one loudness between pauses, over a faint noise; None of silence."""
    loudness = float(np.sqrt(np.mean(np.square(sound, dtype=np.float64))))
    if loudness < 1e-5:
        return None
    pause = np.zeros(int(_PAUSE * RATE), np.float32)
    level = np.concatenate([pause, sound * np.float32(_LOUDNESS / loudness), pause])
    noise = np.random.default_rng(0).normal(0, _NOISE, len(level))
    return np.asarray(np.clip(level + noise, -1, 1) * 32767, np.int16)


def _readings(decoder: pocketsphinx.Decoder) -> tuple[Heard, ...]:
    """The best path, and others through the lattice of its words that say something else.

    They count alike: the scores of paths hardly differ. An other has one span, as sure as the
    best is on the whole.
    """
    best = Heard(tuple(_spans(decoder)))
    if not best.spans:
        return ()
    others: dict[str, None] = {}
    for path in islice(decoder.nbest(), _TRIED):
        if path is None or len(others) == _READINGS - 1:
            break
        if path.hypstr and path.hypstr != best.text:
            others[path.hypstr] = None
    weight = 1 / (1 + len(others))
    start, end = best.spans[0].start, best.spans[-1].end
    alike = (Heard((Span(text, start, end, best.confidence),), weight) for text in others)
    return (Heard(best.spans, weight), *alike)


def _spans(decoder: pocketsphinx.Decoder) -> Iterator[Span]:
    """The words of the best path, fillers and marks left out, with their posteriors."""
    frames = decoder.config["frate"]
    for found in decoder.seg():
        word = found.word.partition("(")[0]
        if word and word[0] not in "<[":
            start = max(0.0, found.start_frame / frames - _PAUSE)
            end = max(0.0, (found.end_frame + 1) / frames - _PAUSE)
            yield Span(word, start, end, min(1.0, max(0.0, found.prob)))
