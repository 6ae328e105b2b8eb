"""Spoken questions, made by espeak-ng."""

from __future__ import annotations

import io
import subprocess
import wave
from pathlib import Path

import numpy as np

RATE = 16_000


def speak(text: str, path: Path) -> None:
    """Write `text`, spoken in English, as a 16 kHz mono 16-bit WAV file."""
    spoken = subprocess.run(
        ["espeak-ng", "-v", "en-us", "-s", "145", "-p", "42", "--stdout", text],
        check=True,
        capture_output=True,
    ).stdout
    # espeak-ng writes a streaming header whose length cannot be trusted, hence the slice.
    with wave.open(io.BytesIO(spoken)) as sound:
        rate = sound.getframerate()
    samples = np.frombuffer(spoken[44 : len(spoken) // 2 * 2], dtype="<i2").astype(np.float64)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(_resampled(samples, rate).tobytes())


def _resampled(samples: np.ndarray, rate: int) -> np.ndarray:
    """Band-limited resampling to 16 kHz in the frequency domain."""
    count = round(len(samples) * RATE / rate)
    spectrum = np.fft.rfft(samples)[: count // 2 + 1]
    result = np.fft.irfft(spectrum, count) * (count / len(samples))
    return np.clip(np.round(result), -32768, 32767).astype("<i2")
