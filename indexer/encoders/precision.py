"""How a model reference says that its matrices are to be 8-bit: `MODEL+int8`.

The suffix is part of the reference, so that an index names it and opens with it.
"""

from __future__ import annotations

INT8 = "+int8"


def is_int8(model: str) -> bool:
    """Whether a reference asks for 8-bit matrices."""
    return model.endswith(INT8)


def in_float(model: str) -> str:
    """The reference of the same model in float32."""
    return model.removesuffix(INT8)
