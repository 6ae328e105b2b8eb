"""Recordings made by formula."""

from __future__ import annotations

import io
import wave

import numpy as np


def wav(seconds: float, rate: int = 16_000, channels: int = 1, loudness: float = 0.25) -> bytes:
    """A tone of 440 Hz as 16-bit PCM; `loudness` is its peak."""
    times = np.arange(int(seconds * rate)) / rate
    tone = (np.sin(2 * np.pi * 440 * times) * loudness * 32767).astype("<i2")
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(np.repeat(tone, channels).tobytes())
    return out.getvalue()
