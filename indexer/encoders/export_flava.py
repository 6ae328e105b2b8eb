"""Exports FLAVA's contrastive towers. Runs in the export subprocess only."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from indexer.encoders.export_transformers import Family, export_pair
from indexer.encoders.facts import ModelFacts
from indexer.encoders.transformers_model import TorchPair

if TYPE_CHECKING:
    from torch import Tensor


def export_flava(model: str, folder: Path) -> ModelFacts:
    """Vectors are what transformers' `FlavaForPreTraining.forward` gives its
    `global_contrastive_head`: `image_projection` and `text_projection` of `FlavaModel` on the
    first (CLS) state of each tower, at unit length. `FlavaModel.get_image_features` and
    `get_text_features` give the same, for every position, of which the first one counts.

    Texts are cut at 77 tokens, the length of the paired texts it was trained with. Published
    weights: facebook/flava-full, English. Raises MissingModel or BadConfig.
    """
    family = Family(
        encoder="flava",
        kind="flava",
        module="FlavaModel",
        context=77,
        languages=("en",),
        image=_image,
        text=_text,
    )
    return export_pair(family, model, folder)


def _image(pair: TorchPair, image: Tensor) -> Tensor:
    states = pair.image_model(pixel_values=image).last_hidden_state
    made: Tensor = pair.image_projection(states[:, 0])
    return made


def _text(pair: TorchPair, ids: Tensor, mask: Tensor) -> Tensor:
    states = pair.text_model(input_ids=ids, attention_mask=mask).last_hidden_state
    made: Tensor = pair.text_projection(states[:, 0])
    return made
