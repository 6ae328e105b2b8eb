"""All models that open_clip knows, read from its own configuration.

open_clip imports torch, so it is asked in a process of its own: this module is also the
program that runs there (`python -m indexer.encoders.catalogue`).
"""

from __future__ import annotations

import json
import subprocess
import sys
import warnings
from dataclasses import asdict, dataclass
from typing import Any

from indexer.encoders.clip import prepare_torchvision
from indexer.encoders.exported import environment
from indexer.errors import MissingModel

CONTEXT = 77
IMAGE_SIZE = 224
"""open_clip's own defaults (CLIPTextCfg, CLIPVisionCfg), where a configuration names none."""


@dataclass(frozen=True, slots=True)
class Listed:
    """One architecture with one set of weights.

    `name` is what settings take: MODEL/PRETRAINED, or MODEL@FILE for an architecture without
    published weights. `context` is in tokens, `image` is (height, width) in pixels, `hub` the
    name of the weights on the hub, empty where they lie elsewhere.
    """

    name: str
    dim: int
    context: int
    image: tuple[int, int]
    hub: str


def catalogue() -> list[Listed]:
    """Every model, sorted by name. Takes as long as importing torch. Raises MissingModel."""
    command = [sys.executable, "-P", "-m", "indexer.encoders.catalogue"]
    run = subprocess.run(command, capture_output=True, text=True, env=environment(), check=False)
    if run.returncode:
        lines = run.stderr.split("\n")
        why = next((line.strip() for line in reversed(lines) if line.strip()), "no reason given")
        raise MissingModel(f"open_clip cannot be asked for its models: {why}")
    rows = json.loads(run.stdout.splitlines()[-1])
    return [Listed(**row | {"image": tuple(row["image"])}) for row in rows]


def _read() -> list[Listed]:
    prepare_torchvision()
    import open_clip

    found = []
    for architecture in open_clip.list_models():
        config = open_clip.get_model_config(architecture)
        tags = open_clip.list_pretrained_tags_by_model(architecture)
        for tag in tags:
            weights = open_clip.get_pretrained_cfg(architecture, tag)
            hub = "/".join(str(weights.get("hf_hub") or "").split("/")[:2])
            found.append(_listed(f"{architecture}/{tag}", config, hub))
        if not tags:
            found.append(_listed(f"{architecture}@FILE", config, ""))
    return sorted(found, key=lambda item: item.name.lower())


def _listed(name: str, config: dict[str, Any], hub: str) -> Listed:
    size = config["vision_cfg"].get("image_size", IMAGE_SIZE)
    height, width = (size, size) if isinstance(size, int) else size
    context = config["text_cfg"].get("context_length", CONTEXT)
    return Listed(name, int(config["embed_dim"]), int(context), (int(height), int(width)), hub)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    sys.stdout.write("\n" + json.dumps([asdict(item) for item in _read()]) + "\n")
