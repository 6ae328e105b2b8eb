"""Image-text matching by BLIP."""

from __future__ import annotations

from search.rerank.image_text import ImageTextReranker


class BlipReranker(ImageTextReranker):
    """BLIP's matching head: Li et al. 2022, arXiv 2201.12086. Scores are probabilities."""

    name = "blip-itm"
