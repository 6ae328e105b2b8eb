"""Exports Chinese-CLIP. Runs in the export subprocess only."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from indexer.encoders.export_transformers import Family, export_pair
from indexer.encoders.facts import ModelFacts
from indexer.encoders.transformers_model import TorchPair

if TYPE_CHECKING:
    from torch import Tensor


def export_chinese_clip(model: str, folder: Path) -> ModelFacts:
    """Vectors are those of transformers' `ChineseCLIPModel.get_image_features` and
    `get_text_features`, at unit length.

    Texts are cut at 52 tokens, the context that the model was trained with and that
    `cn_clip.clip.tokenize` uses; its position table is longer because it is that of BERT.
    Published weights: OFA-Sys/chinese-clip-* (github.com/OFA-Sys/Chinese-CLIP). Raises
    MissingModel or BadConfig.
    """
    family = Family(
        encoder="chinese-clip",
        kind="chinese_clip",
        module="ChineseCLIPModel",
        context=52,
        languages=("zh",),
        image=_image,
        text=_text,
    )
    return export_pair(family, model, folder)


def _image(pair: TorchPair, image: Tensor) -> Tensor:
    made: Tensor = pair.visual_projection(pair.vision_model(pixel_values=image).pooler_output)
    return made


def _text(pair: TorchPair, ids: Tensor, mask: Tensor) -> Tensor:
    states = pair.text_model(input_ids=ids, attention_mask=mask).last_hidden_state
    made: Tensor = pair.text_projection(states[:, 0])
    return made
