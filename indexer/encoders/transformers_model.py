"""Loads two-tower models of transformers with torch. Runs in the export subprocess only."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from indexer.encoders.clip import prepare_torchvision
from indexer.encoders.refusal import check_weights, explain
from indexer.errors import BadConfig, MissingModel

CONFIG_NAME = "config.json"
PROCESSORS = ("preprocessor_config.json", "processor_config.json")
TOKENIZERS = ("tokenizer.json", "vocab.txt")
PARTS = (*PROCESSORS, "tokenizer.json", "tokenizer_config.json")
WEIGHTS = ("*.safetensors", "*.bin")
PLACES = ("_name_or_path", "transformers_version", "dtype", "torch_dtype", "architectures")
"""What a configuration says that says nothing about vectors."""


TorchPair = Any
"""A module of transformers with an image tower and a text tower; it has no useful types."""


@dataclass(frozen=True, slots=True)
class LoadedPair:
    """A torch model with two towers, its tokenizer and image processor, its architecture.

    `settings` is what the configuration says about vectors.
    """

    module: TorchPair
    tokenizer: Any
    processor: Any
    settings: dict[str, Any]


def load_pair(named: str, folder: Path, kind: str, module: str) -> LoadedPair:
    """The model of class `module` in `folder`, whose config.json must say `kind`.

    `named` stands for it in errors. Weights are read as safetensors or with weights_only, no
    code of the folder runs. Raises BadConfig or MissingModel, before torch is imported where
    the files alone show the fault.
    """
    _check(named, folder, kind)
    prepare_torchvision()
    import transformers

    library: Any = transformers
    library.logging.set_verbosity_error()
    try:
        loaded, found = getattr(library, module).from_pretrained(
            str(folder),
            local_files_only=True,
            weights_only=True,
            ignore_mismatched_sizes=True,
            output_loading_info=True,
        )
        tokenizer = library.AutoTokenizer.from_pretrained(
            str(folder), local_files_only=True, trust_remote_code=False
        )
        processor = library.AutoImageProcessor.from_pretrained(
            str(folder), local_files_only=True, trust_remote_code=False
        )
    except Exception as error:
        raise explain(named, error) from error
    check_loaded(named, found)
    settings = _without_places(loaded.config.to_diff_dict())
    return LoadedPair(loaded.float().eval(), tokenizer, processor, settings)


def check_loaded(named: str, found: dict[str, Any]) -> None:
    """transformers fills what it did not find with random numbers and goes on."""
    missing = [f"{name} is missing" for name in sorted(found["missing_keys"])]
    others = [
        f"{name} has the shape {tuple(has)}, not {tuple(wanted)}"
        for name, has, wanted in sorted(found["mismatched_keys"])
    ]
    faults = others or missing
    if faults:
        raise BadConfig(
            f"{named}: the weights belong to another architecture: {faults[0]}"
            + (f", and {len(faults) - 1} more" if faults[1:] else "")
        )


def _check(named: str, folder: Path, kind: str) -> None:
    path = folder / CONFIG_NAME
    if not path.is_file():
        raise MissingModel(f"{named}: {path} is missing; the folder is not in transformers' format")
    config = _json(path)
    found = config.get("model_type") if isinstance(config, dict) else None
    if found != kind:
        raise BadConfig(f"{named}: {path} describes another architecture, {found!r}, not {kind!r}")
    weights = sorted(item for pattern in WEIGHTS for item in folder.glob(pattern))
    if not weights:
        raise MissingModel(f"{named}: no weights in {folder}; expected model.safetensors")
    for item in weights:
        check_weights(item)
    for names in (PROCESSORS, TOKENIZERS):
        if not any((folder / name).is_file() for name in names):
            raise MissingModel(f"{named}: {folder / names[0]} is missing; copy it from the model")
    for name in PARTS:
        if (folder / name).is_file():
            _json(folder / name)


def _json(path: Path) -> object:
    try:
        found: object = json.loads(path.read_text("utf-8"))
    except ValueError as error:
        raise BadConfig(f"{path}: not valid JSON ({error}); copy it again") from error
    return found


def _without_places(settings: dict[str, Any]) -> dict[str, Any]:
    return {
        key: _without_places(value) if isinstance(value, dict) else value
        for key, value in settings.items()
        if key not in PLACES
    }
