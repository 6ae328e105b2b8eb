"""Exports an image tower trained in the space of a sentence encoder, the two as one CLIP model.

Such a folder is in open_clip's format, but names the package of its text tower and holds the
image tower's weights alone: the text tower was locked while the other was trained (LiT, arXiv
2111.07991), and its weights are on the machine already. Runs in the export subprocess only.
"""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from indexer.encoders.clip import IMAGE_GRAPH, TEXT_GRAPH, prepare_torchvision
from indexer.encoders.export_text import export_sentence_model
from indexer.encoders.facts import ImageFacts, ModelFacts
from indexer.encoders.graph import fingerprint_of
from indexer.encoders.hub import card
from indexer.encoders.refusal import check_weights
from indexer.encoders.source import PACKAGED
from indexer.encoders.text import GRAPH_NAME
from indexer.errors import BadConfig, MissingModel

if TYPE_CHECKING:
    from torch import nn

CONFIG = "open_clip_config.json"
WEIGHTS = "open_clip_model.safetensors"
VISUAL = "visual."
"""What open_clip calls the image tower among a model's weights."""

VIEWS = "views_cfg"
"""Part of the configuration, for a tower that is used on two views of an image: `side` is that
at which the image is read, and more than the tower's own."""

_NO_TEXT = {"layers": 1, "width": 8, "heads": 1, "vocab_size": 2, "context_length": 2}


def is_joined(folder: Path) -> bool:
    """Whether a folder leaves its text tower to the installed sentence encoder."""
    try:
        text = json.loads((folder / CONFIG).read_bytes())["model_cfg"]["text_cfg"]
        return bool(text["hf_model_name"] == PACKAGED)
    except (OSError, ValueError, KeyError, TypeError):
        return False


def export_joined(model: str, source: Path, folder: Path) -> ModelFacts:
    """Both towers as graphs in `folder`, from a folder `source` that `is_joined`.

    Raises MissingModel for weights that are not there or not whole, BadConfig for those of
    another architecture or dimension than they should have, or for a part of the configuration
    that is missing.
    """
    from indexer.encoders.export_clip import export_image
    from indexer.encoders.towers import two_view_tower, visual_tower

    visual = load_visual(source)
    config = json.loads((source / CONFIG).read_bytes())
    image = _image_facts(source, config)
    side = config["model_cfg"]["vision_cfg"]["image_size"]
    tower = two_view_tower(visual, side) if VIEWS in config else visual_tower(visual)
    text = export_sentence_model(PACKAGED, folder)
    (folder / GRAPH_NAME).rename(folder / TEXT_GRAPH)
    dim = export_image(model, tower, image, folder / IMAGE_GRAPH)
    if dim != text.dim:
        raise BadConfig(
            f"{model}: its image tower makes vectors of {dim}, {PACKAGED} of {text.dim}; "
            "use a tower that was trained with it"
        )
    own = fingerprint_of(visual, "", [config["model_cfg"], asdict(image)])
    _, licence = card(source)
    return replace(
        text,
        encoder="open_clip",
        model=model,
        fingerprint=sha256(f"{own} {text.fingerprint}".encode()).hexdigest(),
        image=image,
        licence=licence,
    )


def make_visual(model_cfg: dict[str, Any]) -> nn.Module:
    """open_clip's image tower of a `model_cfg`, with random weights."""
    prepare_torchvision()
    from open_clip import CLIP

    clip = CLIP(model_cfg["embed_dim"], dict(model_cfg["vision_cfg"]), dict(_NO_TEXT))
    visual: nn.Module = clip.visual
    return visual


def load_visual(folder: Path) -> nn.Module:
    """The image tower of a folder, float32, in evaluation mode: (n, 3, h, w) → (n, dim), not
    normalised. Raises as `export_joined`."""
    path = folder / WEIGHTS
    if not path.is_file():
        raise MissingModel(f"{path}: no such file; copy the folder again")
    check_weights(path)
    from safetensors.torch import load_file

    config = json.loads((folder / CONFIG).read_bytes())
    weights = {name.removeprefix(VISUAL): value for name, value in load_file(path).items()}
    visual = make_visual(config["model_cfg"])
    try:
        visual.load_state_dict(weights)
    except RuntimeError as error:
        raise BadConfig(f"{path}: weights of another architecture than {CONFIG} says") from error
    return visual.float().eval()


def _image_facts(source: Path, config: dict[str, Any]) -> ImageFacts:
    try:
        made = config["preprocess_cfg"]
        own = int(config["model_cfg"]["vision_cfg"]["image_size"])
        side = int(config[VIEWS]["side"]) if VIEWS in config else own
        if side < own:
            raise ValueError(f"side {side} of {VIEWS} is less than {own}")
        return ImageFacts(
            size=(side, side),
            mean=tuple(made["mean"]),
            std=tuple(made["std"]),
            interpolation=str(made["interpolation"]),
            resize_mode=str(made["resize_mode"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise BadConfig(f"{source / CONFIG}: no whole configuration ({error!r})") from error
