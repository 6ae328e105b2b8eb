"""What is known about an exported model: the content of its `model.json`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

EXPORT_VERSION = 1
"""Raised whenever the exporter changes what a vector is; part of key and fingerprint."""

FACTS_NAME = "model.json"
TOKENIZER_NAME = "tokenizer.json"


@dataclass(frozen=True, slots=True)
class TokenFacts:
    """How texts become token ids.

    `max_tokens` counts the special tokens too. `clean` names the cleaning done before
    tokenisation (see `tokens.py`). `end_id` replaces the last kept token of a text that is
    too long, where the model wants that; `drop_id` is an id that becomes 0 wherever it
    stands. `fixed` means: always pad to `max_tokens`. `inputs` are the names the ONNX
    graph takes.
    """

    max_tokens: int
    pad_id: int
    inputs: tuple[str, ...]
    pad_left: bool = False
    clean: str = "none"
    fixed: bool = False
    end_id: int | None = None
    drop_id: int | None = None


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """How an RGB image becomes the input of an image tower.

    `size` is (height, width) in pixels; `mean` and `std` are per channel on values in
    [0, 1]; `resize_mode` is shortest, longest or squash, as open_clip calls them, or
    shortest_floor, whose crop sits where transformers puts it, or patches (see
    rerankers/pixels.py).
    """

    size: tuple[int, int]
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    interpolation: str = "bicubic"
    resize_mode: str = "shortest"
    fill: int = 0


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """One exported model. `files` maps each file of the folder to its size in bytes."""

    encoder: str
    model: str
    dim: int
    fingerprint: str
    tokens: TokenFacts
    image: ImageFacts | None = None
    query_prompt: str = ""
    passage_prompt: str = ""
    languages: tuple[str, ...] = ()
    licence: str = ""
    version: int = EXPORT_VERSION
    files: Mapping[str, int] = field(default_factory=dict)


_ADAPTER = TypeAdapter(ModelFacts)


def write_facts(folder: Path, facts: ModelFacts) -> None:
    (folder / FACTS_NAME).write_bytes(_ADAPTER.dump_json(facts, indent=1))


def read_facts(folder: Path) -> ModelFacts | None:
    """The facts of a whole export, or None where it is absent, damaged or of another version.

    Compares sizes only: a start must not read every weight again.
    """
    try:
        facts = _ADAPTER.validate_json((folder / FACTS_NAME).read_bytes())
        whole = all((folder / name).stat().st_size == size for name, size in facts.files.items())
    except (OSError, ValidationError):
        return None
    return facts if whole and facts.version == EXPORT_VERSION else None
