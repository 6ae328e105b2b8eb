"""The one place where recordings are decoded, after their size was checked."""

from __future__ import annotations

import io
from collections.abc import Iterator

import av
import numpy as np
from av.error import FFmpegError
from numpy.typing import NDArray

from indexer.config import Limits
from indexer.errors import BadSound

RATE = 16_000
"""Samples a second of everything that is heard here."""

Sound = NDArray[np.float32]
"""A mono recording: float32 (samples,), RATE a second, in [-1, 1]."""

FORMATS = "wav,mp3,mov,mp4,m4a,3gp,ogg,webm,matroska,flac,amr,aac,aiff,caf,asf"
"""Containers by FFmpeg's names. Playlists, which name other files, are not among them."""

_HEARD = "wav, mp3, m4a, ogg, webm, flac and amr are heard"

_MISSING = 0.2
"""Share of the length that its header promises by which a whole recording may be shorter."""

_UNKNOWN = 0x7FFF0000
"""From here on the size in the header of a WAV file is that of a stream, which knows none."""


def decode_sound(data: bytes, limits: Limits) -> Sound:
    """Encoded recording → its sound, all channels mixed.

    Length is counted frame by frame before anything is resampled, so that a small file which
    promises hours fills no memory. Raises BadSound, saying what is wrong with the bytes.
    """
    if not data:
        raise BadSound("empty file, not a recording")
    if len(data) > limits.sound_bytes:
        raise BadSound(f"{len(data):,} bytes; recordings of up to {limits.sound_bytes:,} are heard")
    try:
        options = {"format_whitelist": FORMATS, "protocol_whitelist": ""}
        with av.open(io.BytesIO(data), "r", options=options, metadata_errors="ignore") as container:
            if not container.streams.audio:
                raise BadSound("no sound is in it; send a recording with an audio track")
            promised = (container.duration or 0) / av.time_base
            parts = list(_resampled(container, limits.sound_seconds))
    except (FFmpegError, ValueError, EOFError) as error:
        head = data[:8].hex(" ")
        raise BadSound(f"no recording, or half of one: {_HEARD}; it begins {head}") from error
    sound = np.concatenate([np.zeros(0, np.float32), *parts])
    if not len(sound):
        raise BadSound("the recording holds no sound; record it again")
    seconds = len(sound) / RATE
    promised = max(promised, seconds * _whole(data) / len(data))
    if seconds < (1 - _MISSING) * promised and promised <= limits.sound_seconds:
        raise BadSound(f"cut off after {seconds:.1f} of {promised:.1f} seconds; send all of it")
    return sound.clip(-1.0, 1.0).astype(np.float32)


def _resampled(container: av.container.InputContainer, longest: float) -> Iterator[Sound]:
    resampler = av.AudioResampler(format="flt", layout="mono", rate=RATE)
    seconds = 0.0
    for frame in container.decode(audio=0):
        seconds += frame.samples / frame.sample_rate
        if seconds > longest:
            raise BadSound(f"longer than {longest:g} seconds; ask in fewer words")
        yield from (part.to_ndarray()[0] for part in resampler.resample(frame))
    yield from (part.to_ndarray()[0] for part in resampler.resample(None))


def _whole(data: bytes) -> int:
    """The bytes that a WAV file says it has; FFmpeg takes what is there for all of it."""
    size = int.from_bytes(data[4:8], "little") if data[:4] == b"RIFF" else 0
    return size + 8 if size < _UNKNOWN else 0
