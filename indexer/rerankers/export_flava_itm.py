"""Exports FLAVA's image-text matching. Runs in the export subprocess only."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from indexer.encoders.export_transformers import image_facts
from indexer.encoders.facts import ModelFacts
from indexer.rerankers.export_image_text import Family, TorchMatcher, export_matcher
from indexer.rerankers.pixels import framed

if TYPE_CHECKING:
    from torch import Tensor


def export_flava_itm(model: str, folder: Path) -> ModelFacts:
    """The probability of "they match": `itm_head` of `FlavaForPreTraining` on what its
    multimodal encoder makes of image and text, neither masked (arXiv 2112.04482). Texts are
    cut at 77 tokens, the length it was trained with. Published weights: facebook/flava-full,
    English. Raises MissingModel or BadConfig.
    """
    family = Family(
        reranker="flava-itm",
        kind="flava",
        module="FlavaForPreTraining",
        context=77,
        frame=image_facts,
        pixels=framed,
        score=_score,
        axes={},
    )
    return export_matcher(family, model, folder)


def _score(matcher: TorchMatcher, ids: Tensor, pixels: Tensor) -> Tensor:
    states = matcher.flava(input_ids=ids, pixel_values=pixels).multimodal_embeddings
    chance: Tensor = matcher.itm_head(states).softmax(dim=-1)[:, 1]
    return chance
