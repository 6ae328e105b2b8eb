"""Questions spoken by a synthesiser, over the lines that customers use."""

from __future__ import annotations

import io
import wave
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import chain, cycle, zip_longest
from random import Random

import numpy as np
from numpy.typing import NDArray

from search.synthesize.corpus import Corpus
from search.synthesize.draft import Draft
from search.synthesize.looks import Looks
from search.synthesize.speaker import Speaker
from search.synthesize.words import headings, subjects

Samples = NDArray[np.int16]
Line = Callable[[Samples, int, np.random.Generator], Samples]

VOICES = ("en-us", "en-us+f3", "en-gb-x-rp", "en-us+m3", "en-gb-scotland+f2", "en-us+f4")
PACES = (140, 160, 180)
"""Words a minute."""

_SNR_DB = 15.0
_TELEPHONE_HZ = (300.0, 3400.0)
"""The band of a telephone (ITU-T G.712)."""


def _clean(samples: Samples, rate: int, random: np.random.Generator) -> Samples:
    return samples


def _noisy(samples: Samples, rate: int, random: np.random.Generator) -> Samples:
    """White noise 15 dB below the speech."""
    level = np.sqrt(np.mean(samples.astype(np.float64) ** 2)) * 10 ** (-_SNR_DB / 20)
    return _cut(samples + random.normal(0, level, len(samples)))


def _telephone(samples: Samples, rate: int, random: np.random.Generator) -> Samples:
    """Nothing outside the band of a telephone."""
    spectrum = np.fft.rfft(samples)
    hertz = np.fft.rfftfreq(len(samples), 1 / rate)
    low, high = _TELEPHONE_HZ
    spectrum[(hertz < low) | (hertz > high)] = 0
    return _cut(np.fft.irfft(spectrum, len(samples)))


LINES: tuple[Line, ...] = (_clean, _noisy, _telephone)


def spoken(corpus: Corpus, seed: str, looks: Looks) -> Iterator[Draft]:
    """Headings asked and subjects of tickets, in English, in changing voices, paces and lines.

    None where no synthesiser is on this machine.
    """
    try:
        speaker = Speaker()
    except OSError:
        return
    drawn = zip_longest(headings(corpus, seed), subjects(corpus, seed))
    english = (one for one in chain.from_iterable(drawn) if one and one.language == "en")
    manners = zip(cycle(VOICES), cycle(PACES), cycle((*LINES, *LINES[1:])), strict=False)
    for draft, (voice, pace, line) in zip(english, manners, strict=False):
        noise = np.random.default_rng(Random(f"{seed} {draft.text}").getrandbits(32))
        samples = line(speaker.speak(draft.text, voice, pace), speaker.rate, noise)
        yield replace(draft, voice=wav_of(samples, speaker.rate), suffix=".wav")


def wav_of(samples: Samples, rate: int) -> bytes:
    """16-bit mono PCM."""
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples.astype("<i2").tobytes())
    return out.getvalue()


def _cut(samples: NDArray[np.float64]) -> Samples:
    return samples.clip(-32768, 32767).astype(np.int16)
