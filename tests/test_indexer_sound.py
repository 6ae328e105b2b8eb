from __future__ import annotations

import io
import struct

import av
import numpy as np
import pytest

from indexer.config import Limits
from indexer.errors import BadSound
from indexer.sound import RATE, decode_sound
from tests.recordings import wav


def encoded(container: str, codec: str, seconds: float = 2.0, rate: int = 48_000) -> bytes:
    """A tone of 440 Hz in any format that PyAV writes."""
    out = io.BytesIO()
    times = np.arange(int(seconds * rate)) / rate
    tone = (np.sin(2 * np.pi * 440 * times) * 0.25).astype(np.float32)[None]
    with av.open(out, "w", format=container) as file:
        stream = file.add_stream(codec, rate=rate)
        assert isinstance(stream, av.AudioStream)
        stream.layout = "mono"
        frame = av.AudioFrame.from_ndarray(tone, format="fltp", layout="mono")
        frame.sample_rate = rate
        size = stream.codec_context.frame_size or 1024
        change = av.AudioResampler(stream.codec_context.format, "mono", rate, frame_size=size)
        for part in (*change.resample(frame), *change.resample(None)):
            part.pts = None
            file.mux(stream.encode(part))
        file.mux(stream.encode(None))
    return out.getvalue()


@pytest.mark.parametrize(
    ("container", "codec"),
    [
        ("mp3", "libmp3lame"),
        ("ogg", "libopus"),
        ("webm", "libopus"),
        ("flac", "flac"),
        ("ipod", "aac"),
        ("adts", "aac"),
    ],
)
def test_every_format_is_heard_at_one_rate(container: str, codec: str) -> None:
    sound = decode_sound(encoded(container, codec), Limits())
    assert sound.dtype == np.float32
    assert len(sound) / RATE == pytest.approx(2.0, abs=0.05)
    middle = sound[RATE // 2 : RATE * 3 // 2]
    assert np.sqrt(np.mean(middle**2)) == pytest.approx(0.25 / np.sqrt(2), rel=0.05)
    assert np.argmax(np.abs(np.fft.rfft(middle))) == pytest.approx(440, abs=2)


def test_wav_is_resampled_and_its_channels_are_mixed() -> None:
    sound = decode_sound(wav(1.5, rate=44_100, channels=2), Limits())
    assert sound.shape == (1.5 * RATE,)
    assert np.argmax(np.abs(np.fft.rfft(sound[:RATE]))) == pytest.approx(440, abs=1)


def hertz(rate: int) -> bytes:
    """Two seconds of sound that say they were sampled at another rate."""
    data = bytearray(wav(2.0, rate=16_000))
    data[24:28] = struct.pack("<I", rate)
    return bytes(data)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "empty file, not a recording"),
        (b"why does it leak?\n" * 50, "no recording, or half of one"),
        (b"#EXTM3U\n#EXTINF:1,\nfile:///secret.wav\n#EXT-X-ENDLIST\n", "no recording, or half"),
        (b"ffconcat version 1.0\nfile 'secret.wav'\n", "no recording, or half of one"),
        (wav(2.0)[:40], "no recording, or half of one"),
        (wav(4.0)[: len(wav(4.0)) // 2], r"cut off after 2\.0 of 4\.0 seconds; send all of it"),
        (encoded("webm", "libopus")[:10_000], "cut off after 1.0 of 2.0 seconds"),
        (encoded("ipod", "aac")[:10_000], "no recording, or half of one"),
        (wav(0), "holds no sound"),
        (wav(61.0, rate=8_000), "longer than 60 seconds; ask in fewer words"),
        (hertz(1), "longer than 60 seconds"),
    ],
)
def test_what_cannot_be_heard_is_refused_with_a_reason(data: bytes, message: str) -> None:
    with pytest.raises(BadSound, match=message):
        decode_sound(data, Limits())


def test_a_film_without_sound_is_refused() -> None:
    out = io.BytesIO()
    with av.open(out, "w", format="matroska") as file:
        stream = file.add_stream("mpeg4", rate=10)
        assert isinstance(stream, av.VideoStream)
        stream.width = stream.height = 32
        stream.pix_fmt = "yuv420p"
        black = av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8), format="rgb24")
        file.mux(stream.encode(black.reformat(format="yuv420p")))
        file.mux(stream.encode(None))
    with pytest.raises(BadSound, match="no sound is in it"):
        decode_sound(out.getvalue(), Limits())


def test_a_large_recording_is_refused_before_it_is_opened() -> None:
    with pytest.raises(BadSound, match=r"1,001 bytes; recordings of up to 1,000 are heard"):
        decode_sound(b"x" * 1001, Limits(sound_bytes=1000))


def test_the_size_of_a_stream_is_not_taken_for_a_promise() -> None:
    data = bytearray(wav(1.0))
    data[4:8] = data[40:44] = b"\xff\xff\xff\xff"
    assert len(decode_sound(bytes(data), Limits())) == RATE
