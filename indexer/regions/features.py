"""The local features of one image, small enough to keep for every image of a company."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

PLANES = 3
"""Bit planes of a code; each holds one bit of the 64 numbers of a descriptor."""

EDGE = 65535
"""A place of 1.0, the far edge of the image, as it is stored."""

_BYTES = 2 * 2 + PLANES * 8

Codes = NDArray[np.uint64]
"""Descriptors: uint64 (n, PLANES). Numbers of 0 to 3 in unary, so that the Hamming distance of
two codes is the sum of absolute differences of their numbers."""


@dataclass(frozen=True, slots=True)
class Features:
    """Where the features of an image lie, uint16 (n, 2) as x and y in [0, EDGE], and their codes.

    `aspect` is the width of the image by its height.
    """

    points: NDArray[np.uint16]
    codes: Codes
    aspect: float

    def __len__(self) -> int:
        return len(self.points)

    def places(self) -> NDArray[np.float32]:
        """x and y as fractions of width and height, float32 (n, 2)."""
        return self.points.astype(np.float32) / np.float32(EDGE)

    def to_bytes(self) -> bytes:
        aspect = np.array([self.aspect], "<f4").tobytes()
        return aspect + self.points.astype("<u2").tobytes() + self.codes.astype("<u8").tobytes()

    @classmethod
    def from_bytes(cls, data: bytes) -> Features:
        """Raises ValueError for bytes that are not those of `to_bytes`."""
        count, rest = divmod(len(data) - 4, _BYTES)
        if rest or count < 0:
            raise ValueError(f"{len(data)} bytes are not features of {_BYTES} bytes each")
        (aspect,) = np.frombuffer(data, "<f4", 1)
        points = np.frombuffer(data, "<u2", count * 2, offset=4).reshape(count, 2)
        codes = np.frombuffer(data, "<u8", offset=4 + count * 4).reshape(count, PLANES)
        return cls(points, codes, float(aspect))
