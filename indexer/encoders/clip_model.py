"""Loads open_clip models with torch. Runs in the export subprocess only."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from indexer.encoders.clip import CHECKPOINTS, ClipReference, prepare_torchvision
from indexer.encoders.hub import give_up_early
from indexer.encoders.refusal import check_weights, explain
from indexer.encoders.source import HUB_PREFIX, LOCAL_PREFIX, near
from indexer.errors import BadConfig, MissingModel

CONFIG_NAME = "open_clip_config.json"
PARTS = ("embed_dim", "vision_cfg", "text_cfg")
PREPROCESSING = ("mean", "std", "interpolation", "resize_mode")

Config = dict[str, Any]
TorchClip = Any
"""A CLIP, CustomTextCLIP or CoCa module of open_clip, which has no types."""

ClipTokenizer = Any
"""A tokenizer of open_clip, or the transformers tokenizer inside one."""


@dataclass(frozen=True, slots=True)
class LoadedClip:
    """A torch model, its tokenizer, and the architecture as plain values."""

    module: TorchClip
    tokenizer: ClipTokenizer
    config: Config
    context: int


def load_clip(model: str, reference: ClipReference) -> LoadedClip:
    """Weights are read as safetensors or with weights_only. Raises BadConfig, MissingModel."""
    options = _checked(model, reference)
    prepare_torchvision()
    import open_clip

    hub = reference.hub
    name, pretrained = reference.architecture, reference.pretrained
    if reference.hub:
        name = HUB_PREFIX + reference.hub
    elif name:
        options, hub = _known(model, reference)
        pretrained = pretrained or str(reference.source)
    else:
        name = f"{LOCAL_PREFIX}{reference.source}"
    if hub:
        give_up_early(hub)
    try:
        module = open_clip.create_model(
            name,
            pretrained or None,
            device="cpu",
            require_pretrained=True,
            pretrained_text=False,
            weights_only=True,
            **options,
        )
        config = open_clip.get_model_config(name)
        _refuse_code(model, config)
        tokenizer = open_clip.get_tokenizer(name)
    except Exception as error:
        raise _lacks_text_tower(model, reference, error) or explain(model, error, hub) from error
    context = int(config["text_cfg"].get("context_length", tokenizer.context_length))
    settings = _settings(config) | ({"quick_gelu": True} if "force_quick_gelu" in options else {})
    return LoadedClip(module.float().eval(), tokenizer, settings, context)


def _checked(model: str, reference: ClipReference) -> Config:
    """Refuse damaged files before torch is imported; options for a folder in open_clip's format."""
    if reference.source is None:
        return {}
    if reference.source.is_dir():
        return _local(model, reference.source)
    check_weights(reference.source)
    return {}


def _known(model: str, reference: ClipReference) -> tuple[Config, str]:
    """(options, hub name of the weights) for an architecture and a tag or checkpoint."""
    import open_clip

    name = reference.architecture
    config = open_clip.get_model_config(name)
    if config is None:
        known = near(name, open_clip.list_models())
        raise BadConfig(f"{model}: open_clip knows no model {name!r}; near: {known}")
    tags = open_clip.list_pretrained_tags_by_model(name)
    if reference.source is not None:
        return {"force_preprocess_cfg": _shared_preprocessing(name, tags)}, ""
    if reference.pretrained not in tags:
        known = near(reference.pretrained, tags) or "none"
        raise BadConfig(f"{model}: no weights {reference.pretrained!r} for {name}; near: {known}")
    facts = open_clip.get_pretrained_cfg(name, reference.pretrained)
    quick = bool(facts.get("quick_gelu"))
    if config.get("quick_gelu") and not quick:
        better = name.removesuffix("-quickgelu")
        raise BadConfig(f"{model}: trained without QuickGELU; use {better}/{reference.pretrained}")
    hub = str(facts.get("hf_hub") or "").strip("/")
    return ({"force_quick_gelu": True} if quick else {}), hub


def _shared_preprocessing(name: str, tags: list[str]) -> Config:
    """What all published weights of an architecture agree on, for a bare checkpoint file."""
    import open_clip

    known = [open_clip.get_pretrained_cfg(name, tag) for tag in tags]
    found = [{key: facts.get(key) for key in PREPROCESSING} for facts in known]
    same = bool(found) and all(item == found[0] for item in found)
    return {key: value for key, value in found[0].items() if value} if same else {}


def _local(model: str, folder: Path) -> Config:
    """Check a folder in open_clip's format; options for what it keeps in itself."""
    path = folder / CONFIG_NAME
    if not path.is_file():
        raise MissingModel(
            f"{model}: {path} is missing; the folder is not in open_clip's format "
            "(Chinese-CLIP and FLAVA: chinese-clip:local-dir:PATH, flava:local-dir:PATH)"
        )
    try:
        config = json.loads(path.read_text("utf-8"))["model_cfg"]
        missing = [part for part in PARTS if part not in config]
        text = dict(config["text_cfg"])
    except (ValueError, KeyError, TypeError) as error:
        raise BadConfig(f"{path}: not an open_clip configuration ({error})") from error
    if missing:
        raise BadConfig(f"{path}: model_cfg lacks {', '.join(missing)}")
    _refuse_code(model, config)
    weights = [item for item in folder.iterdir() if item.suffix in CHECKPOINTS]
    if not weights:
        raise MissingModel(f"{model}: no weights in {folder}; expected open_clip_model.safetensors")
    for item in weights:
        check_weights(item)
    inner = text.get("hf_model_name")
    if inner and (folder / inner / "config.json").is_file():
        text |= {"hf_model_name": str(folder / inner), "hf_model_pretrained": False}
        return {"text_cfg": text}
    return {}


def _lacks_text_tower(
    model: str, reference: ClipReference, error: Exception
) -> MissingModel | None:
    """A folder in open_clip's format may leave the configuration of its text tower to the hub."""
    folder = reference.source
    if not isinstance(error, OSError) or folder is None or not folder.is_dir():
        return None
    text = json.loads((folder / CONFIG_NAME).read_text("utf-8"))["model_cfg"]["text_cfg"]
    inner = text.get("hf_model_name")
    if not inner or (folder / inner / "config.json").is_file():
        return None
    return MissingModel(
        f"{model}: its text tower is a {inner}, whose configuration is not on this machine; with "
        f"a network run: hf download {inner} config.json --local-dir {folder / inner}"
    )


def _refuse_code(model: str, config: Config) -> None:
    if "trust_remote_code" in config["text_cfg"].get("tokenizer_kwargs", {}):
        raise BadConfig(f"{model}: its tokenizer asks for trust_remote_code, which is not given")


def _settings(config: Config) -> Config:
    """The architecture without names of places, which say nothing about vectors."""
    kept = {key: value for key, value in config.items() if key not in ("vision_cfg", "text_cfg")}
    dropped = ("hf_model_name", "hf_tokenizer_name", "hf_model_pretrained", "timm_model_pretrained")
    for part in ("vision_cfg", "text_cfg"):
        kept[part] = {key: value for key, value in config[part].items() if key not in dropped}
    return kept
