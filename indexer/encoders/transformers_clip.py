"""Chinese-CLIP and FLAVA: models of transformers with an image and a text tower."""

from __future__ import annotations

from pathlib import Path

from indexer.encoders.clip import ClipEncoder
from indexer.encoders.source import HUB_PREFIX, LOCAL_PREFIX, hub_name, local_folder
from indexer.errors import BadConfig


class TransformersClip(ClipEncoder):
    """Texts and images → unit vectors of one space, from a model in transformers' format.

    `model` is `local-dir:PATH` or `hf-hub:ORG/NAME`. Raises MissingModel or BadConfig where
    the model cannot be had.
    """

    @classmethod
    def source(cls, model: str) -> Path | None:
        """The model's folder, None for one from the hub. Raises BadConfig or MissingModel."""
        if model.startswith(LOCAL_PREFIX):
            return local_folder(model)
        if not model.startswith(HUB_PREFIX):
            raise BadConfig(
                f"model '{cls.name}:{model}': write {cls.name}:{LOCAL_PREFIX}PATH "
                f"or {cls.name}:{HUB_PREFIX}ORG/NAME"
            )
        hub_name(model)
        return None


class ChineseClipEncoder(TransformersClip):
    """Chinese-CLIP: Yang et al. 2022, arXiv 2211.01335."""

    name = "chinese-clip"


class FlavaEncoder(TransformersClip):
    """FLAVA's contrastive space: Singh et al. 2022, arXiv 2112.04482."""

    name = "flava"
