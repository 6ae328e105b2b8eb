"""A speech synthesiser: eSpeak NG, from the package `espeakng-loader` or from the system.

Its licence is GPL-3, so it is an extra to measure with and nothing depends on it. Its functions
and constants are those of `speak_lib.h`.
"""

from __future__ import annotations

import ctypes
from ctypes.util import find_library
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

MISSING = "no speech synthesiser is here; install one with: pip install 'triptych[speech-bench]'"

_SYNCHRONOUS = 2
_DO_NOT_EXIT = 0x8000
_UTF8 = 1
_SPEED = 1
_CALLBACK = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p
)


class Speaker:
    """Speaks texts. `rate` is that of its samples in Hz. The library has one state a process."""

    def __init__(self) -> None:
        """Raises OSError where no synthesiser is on this machine."""
        library, data = _found()
        self._library: Any = ctypes.CDLL(library)
        self.rate = int(
            self._library.espeak_Initialize(
                _SYNCHRONOUS, 0, data.encode() if data else None, _DO_NOT_EXIT
            )
        )
        if self.rate <= 0:
            raise OSError(f"{library}: eSpeak NG does not start")
        self._parts: list[NDArray[np.int16]] = []
        self._take = _CALLBACK(self._heard)  # kept, because the library holds its address
        self._library.espeak_SetSynthCallback(self._take)

    def speak(self, text: str, voice: str, pace: int) -> NDArray[np.int16]:
        """`text` in a voice such as `en-us+f3`, at `pace` words a minute → int16 (samples,).

        Raises ValueError where the synthesiser has no such voice.
        """
        if self._library.espeak_SetVoiceByName(voice.encode()):
            raise ValueError(f"eSpeak NG has no voice {voice}")
        self._library.espeak_SetParameter(_SPEED, pace, 0)
        self._parts = []
        said = text.encode() + b"\0"
        self._library.espeak_Synth(said, ctypes.c_size_t(len(said)), 0, 0, 0, _UTF8, None, None)
        self._library.espeak_Synchronize()
        return np.concatenate([np.zeros(0, np.int16), *self._parts])

    def _heard(self, samples: Any, count: int, _: int | None) -> int:  # noqa: ANN401
        if count > 0:
            self._parts.append(np.ctypeslib.as_array(samples, (count,)).copy())
        return 0


def _found() -> tuple[str, str]:
    """The library and the folder of its data, the latter empty where the library knows it."""
    if find_spec("espeakng_loader"):
        loader: Any = import_module("espeakng_loader")
        return str(loader.get_library_path()), str(loader.get_data_path())
    library = find_library("espeak-ng")
    if library is None:
        raise OSError(MISSING)
    return library, ""
