"""Exports ViLT's retrieval head. Runs in the export subprocess only."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from indexer.encoders.export_transformers import BICUBIC
from indexer.encoders.facts import ImageFacts, ModelFacts
from indexer.encoders.transformers_model import LoadedPair
from indexer.errors import BadConfig
from indexer.rerankers.export_image_text import Family, TorchMatcher, export_matcher
from indexer.rerankers.pixels import PATCHES, in_patches

if TYPE_CHECKING:
    from torch import Tensor

LONGEST = 1333 / 800
"""The longer side to the shorter, at most."""


def export_vilt(model: str, folder: Path) -> ModelFacts:
    """The logit of `ViltForImageAndTextRetrieval`: one transformer over the words and the
    patches of the image (arXiv 2102.03334). Texts are cut at its 40 positions. Published
    weights: dandelin/vilt-b32-finetuned-coco, English. Raises MissingModel or BadConfig.
    """
    family = Family(
        reranker="vilt",
        kind="vilt",
        module="ViltForImageAndTextRetrieval",
        context=40,
        frame=_frame,
        pixels=in_patches,
        score=_score,
        axes={2: "height", 3: "width"},
    )
    return export_matcher(family, model, folder)


def _frame(named: str, loaded: LoadedPair) -> ImageFacts:
    """The folder's image processor as facts. Raises BadConfig where it does anything else."""
    made = loaded.processor
    side = int(dict(made.size or {}).get("shortest_edge") or 0)
    plain = (
        *(made.do_resize, made.do_rescale, made.do_normalize, side),
        *(made.size_divisor == 32, made.resample == BICUBIC),
        np.isclose(made.rescale_factor, 1 / 255),
    )
    if not all(plain):
        raise BadConfig(
            f"{named}: its image processor resizes to {made.size} in steps of "
            f"{made.size_divisor}; known: bicubic to the shortest edge in steps of 32"
        )
    size = (side, int(LONGEST * side))
    return ImageFacts(
        size=size, mean=tuple(made.image_mean), std=tuple(made.image_std), resize_mode=PATCHES
    )


def _score(matcher: TorchMatcher, ids: Tensor, pixels: Tensor) -> Tensor:
    """As `ViltModel`, for one image without padding.

    transformers picks the patches that are image in a random order, which no graph can hold;
    here all are, so they enter as they lie.
    """
    import torch
    from torch import nn

    inner = matcher.vilt
    made = inner.embeddings
    patches = made.patch_embeddings.projection(pixels)
    grid = made.config.image_size // made.config.patch_size
    places = made.position_embeddings[:, 1:].transpose(1, 2).reshape(1, -1, grid, grid)
    places = nn.functional.interpolate(
        places, size=patches.shape[2:], mode="bilinear", align_corners=True
    )
    image = (patches + places).flatten(2).transpose(1, 2)
    first = made.cls_token + made.position_embeddings[:, :1]
    kinds = made.token_type_embeddings.weight
    words = made.text_embeddings(input_ids=ids) + kinds[0]
    states = torch.cat([words, torch.cat([first, image], dim=1) + kinds[1]], dim=1)
    states = inner.layernorm(inner.encoder(states).last_hidden_state)
    logit: Tensor = matcher.rank_output(inner.pooler(states))[:, 0]
    return logit
