"""Exports BLIP's image-text matching. Runs in the export subprocess only."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from indexer.encoders.export_transformers import image_facts
from indexer.encoders.facts import ModelFacts
from indexer.rerankers.export_image_text import Family, TorchMatcher, export_matcher
from indexer.rerankers.pixels import framed

if TYPE_CHECKING:
    from torch import Tensor


def export_blip_itm(model: str, folder: Path) -> ModelFacts:
    """The probability of "they match": the text encoder of `BlipForImageTextRetrieval` attends
    to the patches of the image, and `itm_head` reads its first state; ALBEF's design (arXiv
    2107.07651) in BLIP's training (arXiv 2201.12086). Texts are cut at 35 tokens, the length
    it was trained with. Published weights: Salesforce/blip-itm-base-coco, English. Raises
    MissingModel or BadConfig.
    """
    family = Family(
        reranker="blip-itm",
        kind="blip",
        module="BlipForImageTextRetrieval",
        context=35,
        frame=image_facts,
        pixels=framed,
        score=_score,
        axes={},
    )
    return export_matcher(family, model, folder)


def _score(matcher: TorchMatcher, ids: Tensor, pixels: Tensor) -> Tensor:
    logits = matcher(input_ids=ids, pixel_values=pixels, use_itm_head=True).itm_score
    chance: Tensor = logits.softmax(dim=-1)[:, 1]
    return chance
